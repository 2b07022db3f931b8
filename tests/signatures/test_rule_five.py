"""What whoever types a stranger's address gets to see: the same as for an address that nobody knows (rule 5)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete, event, select

from clarion.delivery.channels import Due, Signer, Text
from clarion.extensions import db, transaction
from clarion.rest import keys
from clarion.signatures.models import Consent, Signature
from clarion.testing import TABLE, Instance, link

KNOWN, FRESH = "ana@readers.example", "bea@readers.example"


def _confirmed(instance: Instance) -> None:
    instance.work()
    instance.confirm(link(instance.mails()[-1], "confirm"))


def _denied_later(instance: Instance) -> None:
    """Whoever is asked in the mail says that it was somebody else, after the stranger has signed."""
    instance.work()
    path = link(instance.mails()[0], "confirm")
    instance.client.post(path, data={"action": "deny"})


def _erased_later(instance: Instance) -> None:
    with instance.context(), transaction() as session:
        session.execute(delete(Signature))


BEFORE: dict[str, Callable[[Instance], object]] = {"pending": lambda _: None, "confirmed": _confirmed}
MEANWHILE: dict[str, Callable[[Instance], object]] = {
    "nothing": lambda _: None,
    "denied": _denied_later,
    "erased": _erased_later,
}


def journey(
    instance: Instance, email: str, meanwhile: Callable[[Instance], object], **fields: str
) -> list[tuple[int, str, str]]:
    """All that somebody sees who signs in English and then tries what the page after signing offers."""
    location = instance.sign("library", "en", email=email, **fields).headers["Location"]
    reference = location.partition("r=")[2].partition("&")[0]
    meanwhile(instance)
    path = f"/confirm/{reference}"
    answers = [
        instance.client.get(location),
        instance.client.get(path),
        instance.client.post(path, data={"code": "12ab"}),
        instance.client.post(path, data={"resend": "1"}),
        instance.client.get(f"/library/en/thanks?r={reference}&sent=1"),
    ]
    return [
        (answer.status_code, answer.headers.get("Location", "").replace(reference, ""), text.replace(reference, ""))
        for answer in answers
        for text in [answer.get_data(as_text=True)]
    ]


@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize("before", BEFORE)
def test_nothing_tells_whose_address_it_is(either_instance: Instance, before: str, meanwhile: str) -> None:
    either_instance.sign("library", "es", email=KNOWN, consent_writers_email="y")
    BEFORE[before](either_instance)
    known = journey(either_instance, KNOWN, MEANWHILE[meanwhile])
    assert known == journey(either_instance, FRESH, MEANWHILE["nothing"])
    assert [status for status, *_ in known] == [200, 200, 422, 303, 200]
    assert all('lang="en"' in page for status, _, page in known if status != 303)


def _in_force(instance: Instance) -> dict[str, bool]:
    with instance.context():
        rows = db.session.scalars(select(Consent).order_by(Consent.organisation))
        return {row.organisation: row.confirmed_at is not None for row in rows}


def test_what_a_program_proposes_is_ticked_by_the_mailbox_or_not_at_all(either_instance: Instance) -> None:
    with either_instance.context():
        key = keys.add("writers", "a test", ("signatures:write",), 1)[1]
    body = {"name": "Ana", "email": KNOWN, "consent-writers-email": True}
    headers = {"Authorization": f"Bearer {key}"}
    path = "/api/v1/campaigns/library/signatures"
    assert either_instance.client.post(path, json=body, headers=headers).status_code == 202
    either_instance.work()
    either_instance.confirm(link(either_instance.mails()[0], "confirm"))
    assert _in_force(either_instance) == {"writers": False}


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


def _take_numbers(instance: Instance) -> Phones:
    phones = instance.app.extensions["clarion.channels"]["sms"] = Phones()
    folder = instance.home / "campaigns" / "library"
    (folder / "campaign.toml").write_text(TABLE.replace("[fields]", '[fields]\nemail = "optional"'))
    instance.publish(folder)
    return phones


def _counted(instance: Instance, location: str, phones: Phones) -> None:
    instance.work()
    path = "/confirm/" + location.partition("r=")[2]
    assert instance.client.post(path, data={"code": phones.codes[0]}).status_code == 200


@pytest.mark.parametrize("meanwhile", ["nothing", "erased"])
@pytest.mark.parametrize("before", ["pending", "confirmed"])
def test_nothing_tells_whose_number_it_is(either_instance: Instance, before: str, meanwhile: str) -> None:
    phones = _take_numbers(either_instance)
    location = either_instance.sign("library", "es", email="", phone="+1 202 555 0123").headers["Location"]
    if before == "confirmed":
        _counted(either_instance, location, phones)
    known = journey(either_instance, "", MEANWHILE[meanwhile], phone="+1 202 555 0123")
    assert known == journey(either_instance, "", MEANWHILE["nothing"], phone="+1 202 555 0124")
    assert [status for status, *_ in known] == [200, 200, 422, 303, 200]
    assert all("text message" in page for status, _, page in known if status != 303)


@pytest.mark.parametrize("reached_by", ["phone", "address", "address and phone"])
def test_known_and_unknown_cost_as_many_statements(either_instance: Instance, reached_by: str) -> None:
    statements: list[str] = []
    _take_numbers(either_instance)

    def cost(number: int) -> int:
        phone = f"+1 202 555 01{number}" if "phone" in reached_by else ""
        email = f"reader{number}@readers.example" if "address" in reached_by else ""
        statements.clear()
        either_instance.sign("library", email=email, phone=phone)
        # the outbox writes one row more for what does not go out
        return len([words for words in statements if " message " not in words and "signature" in words])

    with either_instance.context():
        event.listen(db.engine, "before_cursor_execute", lambda *known: statements.append(known[2]))
    cost(22)
    first, again = cost(23), cost(23)
    assert first == again == (3 if "phone" in reached_by else 2)
