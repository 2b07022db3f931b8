"""When a company fails: the second one takes over and the first comes back; where there is none it is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from clarion.api import Blocked, NotYet, Refused, Retry, Unreachable, Unsure
from clarion_sms import SmsSettings
from clarion_sms.channel import SmsChannel
from clarion_sms.gateways.choosing import gateways
from clarion_sms.turns import AWAY, FIRST_REST, MOST_UNSURE

from .companies import ACCOUNT, BACKUP_NUMBER, TOKEN, Company, as_backup, serve, table_of, twilio_post
from .lines import BASE, Clock, channel, text


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC))


@pytest.fixture
def twilio() -> Iterator[Company]:
    with serve(Company("twilio")) as running:
        yield running


@pytest.fixture
def other() -> Iterator[Company]:
    with serve(Company("vonage")) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def inside(request: pytest.FixtureRequest, make_instance) -> Iterator[object]:
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    instance = make_instance(url, plugins={"sms": {}})
    with instance.context():
        yield instance


def test_the_second_takes_over_with_its_own_number_and_the_first_comes_back(
    inside, twilio: Company, other: Company, clock: Clock, tmp_path
) -> None:
    away = channel(Company("twilio", port=1), clock, tmp_path, **as_backup(other))
    for _ in range(3):
        with pytest.raises(Unreachable):
            away.send(text())
    away.send(text())
    assert [one["from"] for one in other.taken] == [BACKUP_NUMBER]
    back = channel(twilio, clock, tmp_path, **as_backup(other))
    back.send(text(2))
    assert (len(twilio.taken), len(other.taken)) == (0, 2)
    clock.now += AWAY + timedelta(seconds=1)
    back.send(text(3))
    back.send(text(4))
    assert [one["from"] for one in twilio.taken] == ["+12024560000"] * 2
    assert len(other.taken) == 2


def test_one_text_tries_for_all_whether_it_is_back(inside, other: Company, clock: Clock, tmp_path) -> None:
    away = channel(Company("twilio", port=1), clock, tmp_path, **as_backup(other))
    for _ in range(3):
        with pytest.raises(Unreachable):
            away.send(text())
    for n in range(3):
        clock.now += AWAY + timedelta(seconds=1)
        with pytest.raises(Unreachable):
            away.send(text())
        away.send(text())
        assert len(other.taken) == n + 1


def test_fifty_failures_within_a_minute_are_too_many(
    inside, twilio: Company, other: Company, clock: Clock, tmp_path
) -> None:
    """Whatever was taken in between; spread over a longer time they are not."""
    twilio.behave = lambda n: "" if n % 3 == 0 else "500"
    sending = channel(twilio, clock, tmp_path, **as_backup(other))

    def fail(count: int) -> None:
        while count:
            try:
                sending.send(text(words=f"Readers: {len(twilio.handed)}"))
            except Unsure:
                count -= 1

    fail(49)
    clock.now += timedelta(seconds=61)
    fail(49)
    assert other.handed == []
    fail(1)
    handed = len(twilio.handed)
    sending.send(text())
    assert (len(twilio.handed), len(other.taken)) == (handed, 1)


def test_who_never_says_whether_it_took_a_text_gets_few(
    inside, twilio: Company, other: Company, clock: Clock, tmp_path
) -> None:
    twilio.behave = lambda _: "cut"
    sending = channel(twilio, clock, tmp_path, **as_backup(other))
    for _ in range(MOST_UNSURE):
        with pytest.raises(Unsure):
            sending.send(text())
    for n in range(20):
        sending.send(text(n))
    assert (len(twilio.handed), len(other.taken)) == (MOST_UNSURE, 20)


def test_without_a_second_it_is_left_alone_for_longer_each_time(
    inside, twilio: Company, clock: Clock, tmp_path
) -> None:
    """An hour of failures must not cost a whole lane of texts of which nobody knows."""
    twilio.behave = lambda _: "500"
    sending, lost = channel(twilio, clock, tmp_path), 0
    began = clock.now
    while clock.now < began + timedelta(hours=1):
        try:
            sending.send(text())
        except Unsure:
            lost += 1
        except NotYet:
            clock.now += timedelta(seconds=15)
    assert MOST_UNSURE + 5 < lost <= MOST_UNSURE + 16
    twilio.behave = lambda _: ""
    clock.now += timedelta(minutes=5)
    for n in range(5):
        sending.send(text(n, "Readers: it works."))
    twilio.behave = lambda _: "500"
    for _ in range(MOST_UNSURE):
        with pytest.raises(Unsure):
            sending.send(text())
    with pytest.raises(NotYet) as told:
        sending.send(text())
    assert told.value.at == clock.now + FIRST_REST


def test_what_it_refuses_is_an_answer(inside, twilio: Company, clock: Clock, tmp_path) -> None:
    twilio.behave = lambda n: "21211" if n % MOST_UNSURE == 0 else "500"
    sending = channel(twilio, clock, tmp_path)
    for n in range(1, 4 * MOST_UNSURE + 1):
        with pytest.raises(Refused if n % MOST_UNSURE == 0 else Unsure):
            sending.send(text())


def test_an_account_that_is_closed_stops_nothing_where_there_is_a_second(
    inside, twilio: Company, other: Company, clock: Clock, tmp_path
) -> None:
    twilio.behave = lambda _: "403 20005"
    with pytest.raises(Blocked):
        channel(twilio, clock, tmp_path).send(text())
    sending = channel(twilio, clock, tmp_path, **as_backup(other))
    with pytest.raises(Retry) as told:
        sending.send(text())
    assert not isinstance(told.value, Blocked)
    sending.send(text())
    assert len(other.taken) == 1


def test_two_accounts_with_one_company(make_instance, twilio: Company, clock: Clock, tmp_path) -> None:
    """Each has its webhooks, its signature and its state."""
    account, token = "AC" + "1" * 32, "u" * 32
    table = table_of(twilio, backup_url=f"twilio://{account}@{BACKUP_NUMBER}", backup_password=token)
    instance = make_instance(plugins={"sms": table})
    told = {"MessageStatus": "sent"}
    for path, right, wrong in (("twilio", TOKEN, token), ("twilio-2", token, TOKEN)):
        for given, status in ((right, 200), (wrong, 401)):
            answer = twilio_post(instance.client, BASE, f"/hooks/sms/{path}/status", told, given)
            assert answer.status_code == status
    settings = SmsSettings(**table)
    with instance.context():
        first, second = gateways(settings, tmp_path, BASE)
        SmsChannel(settings, [first, second], clock, clock.sleep).send(text())
    assert [first.name, second.name] == ["twilio", "twilio-2"]
    assert "/hooks/sms/twilio/status/" in twilio.taken[0]["callback"]
    assert table["url"].startswith(f"twilio://{ACCOUNT}")
