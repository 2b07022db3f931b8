"""Companies that ask to wait, fail, fall silent or are not there: nobody is texted twice and no cap is passed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from clarion.api import Blocked, NotYet, Refused, Retry, Text, Unreachable, Unsure
from clarion_sms import SmsSettings
from clarion_sms.channel import SmsChannel
from clarion_sms.gateways.choosing import gateways
from clarion_sms.numbers import fault
from clarion_sms.turns import AWAY

from .companies import Company, serve, table_of

ANA = "+12024561111"
BASE = "http://127.0.0.1:8000"


@dataclass
class Clock:
    """A clock that goes on while somebody sleeps."""

    now: datetime = datetime(2026, 7, 1, 15, 0, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


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


def channel(company: Company, clock: Clock, tmp_path, **more: object) -> SmsChannel:
    settings = SmsSettings(**table_of(company, **more))
    return SmsChannel(settings, gateways(settings, tmp_path, BASE), clock, clock.sleep)


def text(number: int = 1, words: str = "Readers: news.", to: str = ANA, name: str = "update-en") -> Text:
    return Text(number, name, to, words, "+12024560000", "library")


@pytest.mark.parametrize("how", ["429", "429 date"])
def test_nobody_calls_before_the_time_is_over_that_they_ask_for(inside, company, tmp_path, how: str) -> None:
    """Two channels on one database stand for two worker processes."""
    company.behave = lambda n: how if n == 1 else ""
    clock = Clock(datetime.now(UTC))
    first, second = channel(company, clock, tmp_path), channel(company, clock, tmp_path)
    with pytest.raises(Retry) as told:
        first.send(text())
    assert timedelta(seconds=27) < told.value.wait <= timedelta(seconds=31)
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


@pytest.mark.parametrize("how", ["500", "500 taken", "cut", "cut taken"])
def test_after_an_answer_that_says_nothing_nobody_is_texted_twice(inside, company, tmp_path, how: str) -> None:
    """Twilio can be asked whether it has the text; Vonage cannot, so it stays unsure and a person decides."""
    company.behave = lambda n: how if n == 1 else ""
    one, clock = None, Clock(datetime.now(UTC))
    sending = channel(company, clock, tmp_path)
    try:
        one = sending.send(text())
    except Retry:
        assert (company.kind, how) in {("twilio", "500")}
        one = sending.send(text())
    except Unsure:
        assert company.kind == "vonage" or how == "cut"
    assert len(company.to(ANA)) <= 1
    if company.kind == "twilio" and how != "cut":
        assert one == "queued"
        assert len(company.to(ANA)) == 1


def test_what_the_answers_mean(inside, twilio: Company, tmp_path) -> None:
    sending = channel(twilio, Clock(), tmp_path)
    answers = {"21211": Refused, "21614": Refused, "21610": Refused, "30034": Blocked, "20003": Blocked}
    for code, wanted in answers.items():
        twilio.behave = lambda _, code=code: code
        with pytest.raises(wanted) as told:
            sending.send(text())
        if wanted is Refused:
            assert told.value.no_mailbox
    twilio.behave = lambda _: "21617"
    with pytest.raises(Refused) as told:
        sending.send(text())
    assert not told.value.no_mailbox


def test_the_second_company_takes_over_and_the_first_comes_back(inside, twilio: Company, tmp_path) -> None:
    with serve(Company("vonage")) as other:
        known = table_of(other)
        backup = {f"backup_{name}": known[name] for name in ("url", "password", "signature")}
        clock = Clock(datetime.now(UTC))
        away = Company("twilio", port=1)
        sending = channel(away, clock, tmp_path, **backup)
        for _ in range(3):
            with pytest.raises(Unreachable):
                sending.send(text())
        sending.send(text())
        assert len(other.taken) == 1
        back = channel(twilio, clock, tmp_path, **backup)
        back.send(text(2))
        assert (len(twilio.taken), len(other.taken)) == (0, 2)
        clock.now += AWAY + timedelta(seconds=1)
        back.send(text(3))
        assert (len(twilio.taken), len(other.taken)) == (1, 2)


def test_fifty_failures_within_a_minute_are_too_many(inside, twilio: Company, tmp_path) -> None:
    twilio.behave = lambda _: "500"
    with serve(Company("vonage")) as other:
        known = table_of(other)
        backup = {f"backup_{name}": known[name] for name in ("url", "password", "signature")}
        clock = Clock(datetime.now(UTC))
        sending = channel(twilio, clock, tmp_path, **backup)
        for _ in range(49):
            with pytest.raises(Retry):
                sending.send(text())
        clock.now += timedelta(seconds=61)
        for _ in range(50):
            with pytest.raises(Retry):
                sending.send(text())
        sending.send(text())
        assert len(other.taken) == 1


def test_the_money_of_a_day_stops_all_and_that_of_a_campaign_only_its_own(inside, twilio: Company, tmp_path) -> None:
    clock = Clock()
    more = {"price": 1.0, "dollars_a_day": 5.0, "dollars_a_day_campaign": 3.0}
    sending = channel(twilio, clock, tmp_path, **more)
    for n in range(3):
        sending.send(text(n))
    with pytest.raises(NotYet, match="campaign cap") as told:
        sending.send(text(4))
    assert told.value.at == datetime(2026, 7, 2, tzinfo=UTC)
    other = [Text(n, "update-en", ANA, "Other news.", "+12024560000", "museum") for n in range(3)]
    sending.send(other[0])
    sending.send(other[1])
    with pytest.raises(Blocked, match="day cap"):
        sending.send(other[2])
    assert len(twilio.taken) == 5
    clock.now += timedelta(days=1)
    sending.send(other[2])


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
    with pytest.raises(Refused, match="prefix"):
        sending.send(codes[2])
    sending.send(text(9))
    clock.now += timedelta(hours=1)
    sending.send(codes[3])


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
