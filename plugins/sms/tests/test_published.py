"""What we send and what the stand-in answers, beside the facts of Twilio's published description that both rest on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from clarion.api import Text
from clarion_sms.gateways import Accepted
from clarion_sms.gateways.twilio import STATES, Twilio, _accepted
from clarion_sms.gateways.wire import Reply, Wire

from .companies import ACCOUNT, TOKEN, Company, serve

PATH = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
ACCOUNT_SID = r"AC[0-9a-fA-F]{32}"
PARAMETERS: dict[str, str] = {
    "To": r"\+[1-9][0-9]{6,14}",
    "From": r"\+[1-9][0-9]{6,14}|[0-9]{5,6}",
    "MessagingServiceSid": r"MG[0-9a-fA-F]{32}",
    "Body": r"(?s).{1,1600}",
    "StatusCallback": r"https?://[a-z0-9.:-]+/\S+",  # no underscore in its host
}
ANSWER: dict[str, str] = {
    "sid": r"(SM|MM)[0-9a-fA-F]{32}",
    "status": r"[a-z_]+",
    "num_segments": r"[0-9]+",  # a number, as words; 0 at first where a messaging service sends
    "to": r"\+[1-9][0-9]{6,14}",
    "body": r"(?s).+",
    "date_created": r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} \+0000",
}
STATUSES = {
    *("queued", "sending", "sent", "failed", "delivered", "undelivered", "receiving", "received"),
    *("accepted", "scheduled", "read", "partially_delivered", "canceled"),
}
NOT_OURS = {"receiving", "received", "scheduled", "partially_delivered"}
"""Of texts that come in, that we never plan there, or that have several recipients."""


@pytest.fixture
def company() -> Iterator[Company]:
    with serve(Company("twilio")) as running:
        yield running


@pytest.mark.parametrize("service", ["", "MG" + "0" * 32])
def test_a_request_and_its_answer_are_as_published(make_instance: Callable, company, monkeypatch, service) -> None:
    heard: list[tuple[str, str, bytes | None, Reply]] = []
    ask = Wire.ask

    def listen(self: Wire, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        heard.append((method, url, body, reply := ask(self, method, url, body, headers)))
        return reply

    monkeypatch.setattr(Wire, "ask", listen)
    text = Text(7, "thanks-en", "+12025550123", "Thank you & good night 🌙", "+12025550100", "library")
    with make_instance().context():
        taken = Twilio(ACCOUNT, TOKEN, "https://petitions.example", service=service, api=company.api).send(text)
    ((method, url, body, reply),) = heard
    assert re.fullmatch(ACCOUNT_SID, ACCOUNT)
    assert (method, urlsplit(url).path) == ("POST", PATH.format(AccountSid=ACCOUNT))
    form = parse_qs((body or b"").decode())
    assert set(form) == set(PARAMETERS) - {"From" if service else "MessagingServiceSid"}
    for name, (value,) in form.items():
        assert re.fullmatch(PARAMETERS[name], value), name
    assert form["Body"] == [text.words]
    assert "7" not in urlsplit(form["StatusCallback"][0]).path.split("/"), "the number of a message is not to be typed"
    assert reply.status == 201
    (one,) = company.taken
    for name, wanted in ANSWER.items():
        assert re.fullmatch(wanted, one[name]), name
    assert one["status"] in STATUSES
    assert (taken.reference, taken.code, taken.segments) == (one["sid"], "queued", 1)


def test_each_status_that_is_published_means_something_here() -> None:
    assert set(STATES) | NOT_OURS == STATUSES
    assert not set(STATES) & NOT_OURS


@pytest.mark.parametrize("one", [{}, {"sid": None, "status": None, "num_segments": None}, {"num_segments": "many"}])
def test_an_answer_with_less_in_it_is_still_a_yes(one: dict[str, Any]) -> None:
    assert _accepted(one) == Accepted("", "taken", 0)
