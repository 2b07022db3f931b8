"""Programs sign for people who have a phone and no mailbox, where the campaign takes that."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from clarion.delivery.channels import Due, Signer, Text
from clarion.extensions import db
from clarion.rest.schema import SignAnswer
from clarion.signatures.models import Consent, Signature
from clarion.testing import TABLE

from .conftest import Api, problem

NUMBER = "+12025550143"
OPTIONAL = TABLE.replace("[fields]", '[fields]\nemail = "optional"').replace('["email"]', '["email", "sms"]', 1)


class Phones:
    """A channel for texts that says the code and nothing else."""

    def __init__(self) -> None:
        self.codes: list[str] = []

    def compose(self, message: Due, signer: Signer | None) -> Text:
        assert signer is not None
        return Text(message.id, message.kind, signer.person.phone, signer.code)

    def send(self, text: Text) -> str:
        self.codes.append(text.words)
        return "taken"


@pytest.fixture
def phones(api: Api) -> Phones:
    """The library takes signatures without an address, and texts are kept here."""
    recorder = api.instance.app.extensions["clarion.channels"]["sms"] = Phones()
    folder = api.instance.home / "campaigns" / "library"
    (folder / "campaign.toml").write_text(OPTIONAL)
    api.instance.publish(folder)
    return recorder


def given(api: Api) -> list[tuple[str, bool]]:
    with api.instance.context():
        return [(one.channel, one.confirmed_at is not None) for one in db.session.scalars(select(Consent))]


def codes_page(url: str) -> str:
    return "/confirm/" + url.partition("/confirm/")[2]


def test_the_code_is_typed_on_the_page_that_the_answer_names(api: Api, phones: Phones) -> None:
    fields = api.call("/campaigns/library").get_json()["fields"]
    assert {"name": "email", "required": False} in fields
    answer = api.sign(key=api.key(), email="", phone=NUMBER, consent_readers_sms=True, consent_readers_email=True)
    assert answer.status_code == 202, answer.get_data(as_text=True)
    told = SignAnswer.model_validate_json(answer.data)
    assert told.status == "text-sent"
    assert told.confirm_url is not None
    page = api.instance.client.get(codes_page(told.confirm_url)).get_data(as_text=True)
    assert re.findall(r'name="consent" value="(\d+)"( checked)?', page) == [("1", "")], "proposed, and not ticked"
    api.instance.work()
    sent = {"code": phones.codes[0], "boxes": "1", "consent": "1"}
    assert api.instance.client.post(codes_page(told.confirm_url), data=sent).status_code == 200
    assert given(api) == [("sms", True)]
    assert api.instance.count("library") == 1


def test_what_a_program_proposes_is_no_yes_by_the_code_alone(api: Api, phones: Phones) -> None:
    url = api.sign(email="", phone=NUMBER, consent_readers_sms=True).get_json()["confirm_url"]
    api.instance.work()
    assert api.instance.client.post(codes_page(url), data={"code": phones.codes[0]}).status_code == 200
    assert given(api) == [("sms", False)]


def test_known_and_unknown_numbers_are_answered_alike(api: Api, phones: Phones) -> None:
    def answer(phone: str, **headers: str) -> tuple[int, dict[str, Any], int]:
        got = api.sign(email="", phone=phone, headers=headers)
        body = got.get_json()
        return got.status_code, body, len(body.pop("confirm_url"))

    first = answer(NUMBER, **{"Idempotency-Key": "1"})
    assert first == answer(NUMBER) == answer("+12025550144")


def test_a_call_that_is_made_again_leads_to_the_same_code(api: Api, phones: Phones) -> None:
    body = {"key": api.key(), "email": "", "phone": NUMBER, "headers": {"Idempotency-Key": "1"}}
    api.sign(**body)
    url = api.sign(**body).get_json()["confirm_url"]
    api.instance.work()
    assert len(phones.codes) == 1
    assert api.instance.client.post(codes_page(url), data={"code": phones.codes[0]}).status_code == 200


def test_one_of_both_is_needed(api: Api, phones: Phones) -> None:
    told = problem(api.sign(email=""), 422, "fields-invalid")
    assert told.errors == {"email": ["Please write your email address or your phone number."]}
    answer = api.call("/campaigns/library/signatures", api.key(), method="POST", json={"name": "Ana", "phone": NUMBER})
    assert answer.status_code == 202, "it may be left out altogether"
    told = problem(api.sign("garden", email=""), 422, "fields-invalid")
    assert list(told.errors or {}) == ["email"]
    assert problem(api.sign(email=None), 422, "fields-invalid").errors == {"email": ["This is a text."]}


@pytest.mark.parametrize("with_key", [True, False])
def test_osdi_does_the_same(api: Api, phones: Phones, with_key: bool) -> None:
    person = {"given_name": "Ana", "phone_numbers": [{"number": NUMBER, "status": "subscribed"}]}
    told = api.helped(api.key() if with_key else "", person=person).get_json()
    assert told["clarion:status"] == "text-sent"
    api.instance.work()
    path = codes_page(told["clarion:confirm_url"])
    assert api.instance.client.post(path, data={"code": phones.codes[0]}).status_code == 200
    assert given(api) == [("sms", False)] * with_key
    with api.instance.context():
        assert db.session.scalars(select(Signature.source)).one() == "osdi"


def test_who_has_no_address_is_handed_over_with_the_number(api: Api, phones: Phones) -> None:
    """All that hands people to organisations takes an empty address for none."""
    location = api.instance.sign("library", email="", phone=NUMBER, consent_readers_sms="y").headers["Location"]
    api.instance.work()
    api.instance.client.post("/confirm/" + location.partition("r=")[2], data={"code": phones.codes[0]})
    (signer,) = api.call("/campaigns/library/signers", api.key()).get_json()["data"]
    assert (signer["email"], signer["phone"], signer["channels"]) == (None, NUMBER, ["sms"])
    (person,) = api.osdi("/people", api.key()).get_json()["_embedded"]["osdi:people"]
    assert (person["email_addresses"], person["phone_numbers"][0]["number"]) == ([], NUMBER)
    assert api.call("/campaigns/library/signers", api.key("writers")).get_json()["data"] == []
