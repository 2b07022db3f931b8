"""The signer's own page: the link opens one record, and what its holder says is done."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update

from clarion.extensions import db, transaction
from clarion.outbox.models import Message
from clarion.sealing import Keyring, open_sealed
from clarion.signatures import counting
from clarion.signatures.models import Consent, CountDelta, CountTotal, Reason, Signature
from clarion.testing import Instance, link

FIELDS = {"name": "Ana López", "email": "ana@readers.example", "postal_code": "20009", "phone": "202-555-0143"}


@pytest.fixture
def me(either_instance: Instance) -> str:
    """The address of a confirmed signer's page."""
    either_instance.sign("library", reason="We read.", consent_readers_email="y", **FIELDS)
    either_instance.work()
    either_instance.confirm(link(either_instance.mails()[0], "confirm"))
    either_instance.work()
    return link(either_instance.mails()[-1], "me")


def _page(instance: Instance, path: str) -> str:
    return instance.client.get(path).get_data(as_text=True)


def test_it_shows_what_is_kept(either_instance: Instance, me: str) -> None:
    page = _page(either_instance, me)
    for kept in ("Ana López", "ana@readers.example", "20009", "+12025550143", "We read.", "Readers may email me"):
        assert kept in page


def test_the_public_pages_open_it_without_the_private_key(either_instance: Instance, me: str) -> None:
    keyring: Keyring = either_instance.app.extensions["clarion.keyring"]
    either_instance.app.extensions["clarion.keyring"] = Keyring(keyring.folder, holds_private=False)
    assert "Ana López" in _page(either_instance, me)


def test_the_confirmation_link_opens_no_record(either_instance: Instance, me: str) -> None:
    token = link(either_instance.mails()[0], "confirm").removeprefix("/confirm/")
    assert either_instance.client.get(f"/me/{token}").status_code == 404
    assert either_instance.client.get(f"/confirm/{me.removeprefix('/me/')}").status_code == 404


def test_corrections_reach_both_copies(either_instance: Instance, me: str) -> None:
    changed = {"action": "save", "name": "Ana María López", "postal_code": "10001", "phone": "", "reason": "We read."}
    assert either_instance.client.post(me, data=changed).status_code == 200
    page = _page(either_instance, me)
    assert "Ana María López" in page
    assert "ana@readers.example" in page
    with either_instance.context():
        keyring: Keyring = either_instance.app.extensions["clarion.keyring"]
        live = either_instance.app.extensions["clarion.live"].get("library")
        signature = db.session.scalars(select(Signature)).one()
        details = open_sealed(keyring.private_key(live.key_id), signature.sealed)
        assert details["name"] == "Ana María López"
        assert details["email"] == "ana@readers.example"
        assert signature.area == "US-100"
        counting.fold()
        areas = dict(db.session.execute(select(CountTotal.area, CountTotal.n)).all())
        assert areas == {"US-200": 0, "US-100": 1}
        assert counting.drift() == {}


def test_a_wrong_correction_changes_nothing(either_instance: Instance, me: str) -> None:
    answer = either_instance.client.post(me, data={"action": "save", "name": "=x", "postal_code": "20009"})
    assert answer.status_code == 422
    assert "starts with a letter" in answer.get_data(as_text=True)
    assert "Ana López" in _page(either_instance, me)


def test_withdrawing_and_coming_back(either_instance: Instance, me: str) -> None:
    assert either_instance.count("library") == 1
    for action, count in (("withdraw", 0), ("withdraw", 0), ("sign-again", 1), ("sign-again", 1)):
        assert either_instance.client.post(me, data={"action": action}).status_code == 200
        assert either_instance.count("library") == count
    with either_instance.context():
        assert counting.drift() == {}


def test_erasing_leaves_nothing_of_the_signer(either_instance: Instance, me: str) -> None:
    assert either_instance.client.post(me, data={"action": "erase"}).status_code == 200
    assert either_instance.client.get(me).status_code == 404
    assert either_instance.count("library") == 0
    with either_instance.context():
        for model in (Signature, Consent, Reason, Message):
            assert db.session.scalar(select(func.count()).select_from(model)) == 0
        assert counting.drift() == {}
        assert db.session.scalar(select(func.sum(CountDelta.step))) in (-1, 0, None)
    assert either_instance.sign("library", **FIELDS).status_code == 303, "the person may sign anew"


def test_a_consent_is_taken_back_and_given(either_instance: Instance, me: str) -> None:
    with either_instance.context():
        consent_id = str(db.session.scalars(select(Consent.id)).one())
    for give, taken_back in (("0", True), ("1", False)):
        form = {"action": "consent", "consent": consent_id, "give": give}
        assert either_instance.client.post(me, data=form).status_code == 200
        with either_instance.context():
            assert (db.session.scalars(select(Consent)).one().withdrawn_at is not None) == taken_back


def test_nobody_changes_anothers_consent(either_instance: Instance, me: str) -> None:
    either_instance.sign("library", email="other@readers.example", consent_readers_email="y")
    with either_instance.context():
        others = db.session.scalars(select(Consent.id).order_by(Consent.id.desc())).first()
    form = {"action": "consent", "consent": str(others), "give": "0"}
    assert either_instance.client.post(me, data=form).status_code == 400
    with either_instance.context():
        assert db.session.get_one(Consent, others).withdrawn_at is None


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("?utm_source=maria.lopez&utm_campaign=may", ["this tag: maria.lopez / may"]),
        ("?host=readers.example", []),
        ("", []),
    ],
)
def test_it_shows_by_which_tag_they_came(either_instance: Instance, said: str, shown: list[str]) -> None:
    either_instance.sign("library", arrival=said, **FIELDS)
    either_instance.work()
    either_instance.confirm(link(either_instance.mails()[0], "confirm"))
    either_instance.work()
    page = _page(either_instance, link(either_instance.mails()[-1], "me"))
    assert ("How you came here" in page) == bool(shown)
    assert all(words in page for words in shown)


def test_it_shows_by_whose_site_and_for_whom_they_came(either_instance: Instance, me: str) -> None:
    with either_instance.context(), transaction() as session:
        came = {"source": "share", "origin": "host:writers.example", "brought_by": "writers"}
        session.execute(update(Signature).values(**came))
    page = _page(either_instance, me)
    for words in ("Somebody passed the link on", "on the site writers.example", "among those whom Writers brought"):
        assert words in page
    assert "en el sitio writers.example" in _page(either_instance, f"{me}?lang=es")
