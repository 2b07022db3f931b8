"""What companies' error codes mean: no number falls silent for what is about us, and no stranger's number stops all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from clarion.api import Blocked, Refused, Retry, Text
from clarion_sms.gateways import OptedOut
from clarion_sms.gateways.twilio import Twilio
from clarion_sms.gateways.vonage import Vonage

from .companies import ACCOUNT, APPLICATION, SIGNATURE, TOKEN, Company, private_key, serve

BASE = "https://petitions.example"
TEXT = Text(7, "thanks-en", "+12025550123", "Thank you.", "+12025550100", "library")


@pytest.fixture(scope="module")
def twilio() -> Iterator[Company]:
    with serve(Company("twilio")) as running:
        yield running


@pytest.fixture(scope="module")
def vonage() -> Iterator[Company]:
    with serve(Company("vonage")) as running:
        yield running


@pytest.fixture
def inside(make_instance) -> Iterator[None]:
    with make_instance().context():
        yield


TWILIO = [
    ("21211", "gone"),  # no such number
    ("21614", "gone"),  # a landline
    ("21635", "gone"),
    ("21610", "stopped"),
    ("30003", "refused"),  # a phone that is off
    ("21408", "refused"),  # a country that is not switched on
    ("403 21408", "refused"),  # a stranger's number must not stop all
    ("21612", "refused"),
    ("21617", "refused"),
    ("21401", "sender"),  # reads as if it were about the number that is texted, and is not
    ("21601", "sender"),
    ("21606", "sender"),
    ("21659", "sender"),
    ("30034", "sender"),  # not registered with the carriers
    ("401 20003", "blocked"),
    ("403 20005", "blocked"),
    ("404 20404", "blocked"),
    ("429 20429", "wait"),
    ("21611", "wait"),  # ten hours' worth of texts wait already
]
VONAGE = [
    ("422 1170", "gone"),
    ("422 1190", "gone"),
    ("422 1240", "stopped"),
    ("422 1330", "refused"),  # unknown: carriers say that of many things
    ("422 1320", "refused"),
    ("422 1120", "sender"),
    ("402 1070", "blocked"),
    ("401 1060", "blocked"),
    ("429 1000", "wait"),
]


@pytest.mark.parametrize(("how", "meaning"), TWILIO)
def test_codes_of_twilio(inside, twilio: Company, how: str, meaning: str) -> None:
    twilio.behave = lambda _: how
    check(Twilio(ACCOUNT, TOKEN, BASE, api=twilio.api), meaning)


@pytest.mark.parametrize(("how", "meaning"), VONAGE)
def test_codes_of_vonage(inside, vonage: Company, how: str, meaning: str) -> None:
    vonage.behave = lambda _: how
    check(Vonage(APPLICATION, private_key(), SIGNATURE, api=vonage.api), meaning)


def test_a_key_that_is_none_stops_all(inside, vonage: Company) -> None:
    with pytest.raises(Blocked):
        Vonage(APPLICATION, "-----BEGIN PRIVATE KEY-----\nAAAA\n", SIGNATURE, api=vonage.api).send(TEXT)


def check(gateway: Twilio | Vonage, meaning: str) -> None:
    with pytest.raises((Refused, Retry)) as found:
        gateway.send(TEXT)
    error = found.value
    assert TEXT.recipient not in error.code
    if isinstance(error, Refused):
        said = "stopped" if isinstance(error, OptedOut) else "gone" if error.no_mailbox else "refused"
    elif isinstance(error, Blocked):
        said = "blocked" if error.sure else "sender"
    else:
        said = "wait" if error.wait else "later"
    assert said == meaning
