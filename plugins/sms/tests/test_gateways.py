"""Companies that ask to wait, fail, fall silent or are not there: nobody is texted twice and no cap is passed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from clarion.api import Blocked, NotYet, Refused, Retry, Text, Unsure, has_stopped, stop_number, transaction
from clarion_sms import told, turns
from clarion_sms.numbers import fault

from .companies import Company, serve
from .lines import ANA, Clock, channel, text


@pytest.fixture(params=["twilio", "vonage"])
def company(request: pytest.FixtureRequest) -> Iterator[Company]:
    with serve(Company(request.param)) as running:
        yield running


@pytest.fixture
def twilio() -> Iterator[Company]:
    with serve(Company("twilio")) as running:
        yield running


@pytest.fixture
def inside(make_instance: Callable) -> Iterator[object]:
    instance = make_instance(plugins={"sms": {}})
    with instance.context():
        yield instance


@pytest.mark.parametrize("how", ["429", "429 date"])
def test_nobody_calls_before_the_time_is_over_that_they_ask_for(inside, company, tmp_path, how: str) -> None:
    """Two channels on one database stand for two worker processes."""
    company.behave = lambda n: how if n == 1 else ""
    clock = Clock(datetime.now(UTC))
    first, second = channel(company, clock, tmp_path), channel(company, clock, tmp_path)
    with pytest.raises(Retry) as heard:
        first.send(text())
    assert timedelta(seconds=27) < heard.value.wait <= timedelta(seconds=31)
    for seconds in (1, 10, 15):
        clock.now += timedelta(seconds=seconds)
        for one in (first, second):
            with pytest.raises(NotYet, match="asked to wait"):
                one.send(text())
    assert len(company.handed) == 1
    clock.now += timedelta(seconds=10)
    second.send(text())
    assert len(company.handed) == 2
    assert len(company.taken) == 1


@pytest.mark.parametrize("how", ["", "cut taken"])
def test_a_database_that_is_away_afterwards_sends_nothing_twice(inside, company, tmp_path, monkeypatch, how) -> None:
    """The lane repeats what failed in an unknown way; that the text was taken, or may have been, is known."""
    company.behave, company.slow_list = (lambda n: how if n > 1 else "cut"), True
    sending = channel(company, Clock(datetime.now(UTC)), tmp_path)
    with pytest.raises(Unsure):
        sending.send(text(1))

    def away(*_: object, **__: object) -> None:
        raise OperationalError("", {}, Exception())

    for name in ("worked", "doubted"):
        monkeypatch.setattr(turns, name, away)
    monkeypatch.setattr(told, "knows", away)
    if how:
        with pytest.raises(Unsure):
            sending.send(text(2))
    else:
        assert sending.send(text(2)) in ("queued", "submitted")


def test_who_waited_for_a_turn_looks_once_more_before_calling(inside, company: Company, tmp_path) -> None:
    """Another process was asked to wait while this one slept."""
    company.behave = lambda n: "429" if n == 2 else ""
    clock = Clock(datetime.now(UTC))
    first, second = (channel(company, clock, tmp_path, rate=0.5) for _ in range(2))
    first.send(text(1))
    sleep = second._sleep

    def meanwhile(seconds: float) -> None:
        sleep(seconds)
        clock.now += timedelta(seconds=2)
        second._sleep = sleep
        with pytest.raises(Retry):
            first.send(text(2))

    second._sleep = meanwhile
    with pytest.raises(NotYet, match="asked to wait"):
        second.send(text(3))
    assert len(company.handed) == 2


@pytest.mark.parametrize("how", ["500", "500 taken", "503", "cut", "cut taken"])
@pytest.mark.parametrize("slow", [False, True])
def test_after_an_answer_that_says_nothing_nobody_is_texted_twice(inside, company, tmp_path, how: str, slow) -> None:
    """Twilio can be asked whether it has the text. That it has not proves nothing: its list may be slow."""
    company.behave, company.slow_list = (lambda _: how), slow
    sending = channel(company, Clock(datetime.now(UTC)), tmp_path)
    if company.kind == "twilio" and how.endswith("taken") and not slow:
        assert sending.send(text()) == "queued"
    else:
        with pytest.raises(Unsure):
            sending.send(text())
    assert len(company.handed) == 1


def test_who_has_opted_out_with_their_company_has_stopped_even_if_they_never_signed(inside, company, tmp_path) -> None:
    company.behave = lambda _: {"twilio": "21610", "vonage": "422 1240"}[company.kind]
    with pytest.raises(Refused):
        channel(company, Clock(), tmp_path).send(text())
    assert has_stopped(ANA)


def test_who_names_a_time_to_come_back_has_done_nothing(inside, company: Company, tmp_path) -> None:
    company.behave = lambda _: "503 later"
    with pytest.raises(Retry) as told:
        channel(company, Clock(datetime.now(UTC)), tmp_path).send(text())
    assert told.value.wait == timedelta(seconds=30)


def test_the_money_of_a_day_stops_all_and_that_of_a_campaign_only_its_own(
    inside, twilio: Company, tmp_path, capsys
) -> None:
    clock = Clock()
    more = {"price": 1.0, "dollars_a_day": 5.0, "dollars_a_day_campaign": 3.0}
    sending = channel(twilio, clock, tmp_path, **more)
    for n in range(3):
        sending.send(text(n))
    for n in range(3):
        with pytest.raises(NotYet, match="campaign cap"):
            sending.send(text(4 + n))
    other = [Text(n, "update-en", ANA, "Other news.", "+12024560000", "museum") for n in range(3)]
    sending.send(other[0])
    sending.send(other[1])
    for _ in range(3):
        with pytest.raises(Blocked, match="day cap") as told:
            sending.send(other[2])
    assert clock.now + told.value.wait == datetime(2026, 7, 2, tzinfo=UTC)
    assert len(twilio.taken) == 5
    assert capsys.readouterr().out.count("text cap reached") == 2, "each is told of once"
    clock.now += timedelta(days=1)
    sending.send(other[2])


def test_texts_that_wait_for_a_cap_take_nobodys_turn(inside, twilio: Company, tmp_path) -> None:
    clock = Clock()
    sending = channel(twilio, clock, tmp_path, rate=1.0, price=1.0, dollars_a_day_campaign=1.0)
    sending.send(text(1))
    for n in range(50):
        with pytest.raises(NotYet):
            sending.send(text(2 + n))
    sending.send(Text(99, "update-en", ANA, "Other news.", "+12024560000", "museum"))
    assert sum(clock.slept) <= 1


def test_what_surely_never_left_costs_nothing_and_what_may_have_does(inside, twilio: Company, tmp_path) -> None:
    sending = channel(twilio, Clock(), tmp_path, price=1.0, dollars_a_day=2.0)
    twilio.behave = lambda n: "21211" if n < 5 else ""
    for n in range(4):
        with pytest.raises(Refused):
            sending.send(text(n))
    sending.send(text(5))
    twilio.behave = lambda _: "cut"
    with pytest.raises(Unsure):
        sending.send(text(6, "Readers: other news."))
    with pytest.raises(Blocked):
        sending.send(text(7))


def test_a_text_is_paid_by_its_segments(inside, twilio: Company, tmp_path) -> None:
    sending = channel(twilio, Clock(), tmp_path, price=1.0, dollars_a_day=3.0)
    sending.send(text(1, "a" * 300))
    with pytest.raises(Blocked):
        sending.send(text(2, "á" * 100))


def test_numbers_that_begin_alike_get_few_codes_an_hour(inside, twilio: Company, tmp_path) -> None:
    clock = Clock()
    sending = channel(twilio, clock, tmp_path, prefix_an_hour=2)
    codes = [text(n, to=f"+120245611{n:02d}", name="confirm-en") for n in range(4)]
    sending.send(codes[0])
    sending.send(codes[1])
    with pytest.raises(NotYet, match="prefix"):
        sending.send(codes[2])
    sending.send(text(9))
    clock.now += timedelta(hours=1)
    sending.send(codes[3])


def test_a_stop_counts_while_a_text_waits_for_its_turn(inside, twilio: Company, tmp_path) -> None:
    clock = Clock()
    sending = channel(twilio, clock, tmp_path, rate=1.0)
    for n in (1, 2):
        sending.send(text(n, to="+12024561112"))
    passes = clock.sleep

    def stopped_meanwhile(seconds: float) -> None:
        passes(seconds)
        with transaction() as session:
            stop_number(session, ANA)

    sending._sleep = stopped_meanwhile
    with pytest.raises(Refused, match="stopped"):
        sending.send(text(3))
    assert twilio.to(ANA) == []
    assert len(twilio.handed) == 2


def test_all_workers_together_keep_one_pace(inside, twilio: Company, tmp_path) -> None:
    clock = Clock()
    two = [channel(twilio, clock, tmp_path, rate=2.0) for _ in range(2)]
    for n in range(6):
        two[n % 2].send(text(n))
    assert timedelta(seconds=1) <= clock.now - Clock().now <= timedelta(seconds=3)


def test_a_thousand_numbers_that_are_nobodys_phone_are_not_texted(inside, twilio: Company, tmp_path) -> None:
    sending = channel(twilio, Clock(), tmp_path)
    numbers = [f"+1876{n:07d}" for n in range(2_000_000, 2_000_300)]
    numbers += [f"+1900{n:07d}" for n in range(2_000_000, 2_000_300)]
    numbers += [f"+8821{n:07d}" for n in range(1_000_000, 1_000_200)]
    numbers += [f"+44207{n:07d}" for n in range(1_000_000, 1_000_190)]
    numbers += ["911", "+1911", "112", "+112", "988", "+1988", "999", "+44999", "", "+1202555"]
    assert len(numbers) == 1000
    for number in numbers:
        with pytest.raises(Refused, match="not texted"):
            sending.send(text(to=number))
    assert twilio.handed == []
    assert fault(ANA, ("US",)) == ""
