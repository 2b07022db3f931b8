"""What whoever types a stranger's address gets to see: the same as for an address that nobody knows (rule 5)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import delete, select

from clarion.extensions import db, transaction
from clarion.rest import keys
from clarion.signatures.models import Consent, Signature
from clarion.testing import Instance, link

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


def journey(instance: Instance, email: str, meanwhile: Callable[[Instance], object]) -> list[tuple[int, str, str]]:
    """All that somebody sees who signs in English and then tries what the page after signing offers."""
    location = instance.sign("library", "en", email=email).headers["Location"]
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
