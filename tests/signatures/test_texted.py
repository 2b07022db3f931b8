"""Signing by a phone: it counts once, needs no address, and a claimed number is nobody's until its phone has spoken."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from clarion import texting
from clarion.campaigns.live import live_campaigns
from clarion.domain.person import Person
from clarion.extensions import db, transaction
from clarion.outbox.models import Message
from clarion.signatures.consents import in_force
from clarion.signatures.models import CONFIRMED, PENDING, Consent, Signature, SignaturePhone
from clarion.testing import TABLE, Instance, link

NUMBER = "+12025550123"
ANA = Person(name="Ana Reader", email="", postal_code="20009", phone=NUMBER)


TABLE_WITH_TEXTS = TABLE.replace('channels = ["email"]', 'channels = ["email", "sms"]', 1)


@pytest.fixture
def library(either_instance: Instance) -> Instance:
    """The campaign asks for a phone, and its organisation for texts."""
    folder = either_instance.home / "campaigns" / "library"
    (folder / "campaign.toml").write_text(TABLE_WITH_TEXTS)
    either_instance.publish(folder)
    return either_instance


def sign(instance: Instance, *, yes: bool = True) -> texting.SignedByText:
    with instance.context():
        (live,) = live_campaigns().all()
        asks = [ask for ask in live.campaign.consents if ask.channel == "sms"]
        return texting.sign_by_text(live.id, "es", ANA, asks if yes else [])


def counted(instance: Instance) -> int:
    with instance.context():
        return db.session.scalar(select(func.count()).where(Signature.state == CONFIRMED)) or 0


def agreed(instance: Instance, signature_id: int) -> list[str]:
    with instance.context(), transaction() as session:
        return [channel for _, channel in in_force(session, signature_id)]


def test_a_phone_signs_once(library: Instance) -> None:
    first, again = sign(library, yes=False), sign(library)
    assert (first.counted, again.counted) == (True, False)
    assert first.signature_id == again.signature_id
    assert library.count("library") == counted(library) == 1
    assert agreed(library, first.signature_id) == ["sms"]
    with library.context():
        row = db.session.get_one(Signature, first.signature_id)
        consent = db.session.scalars(select(Consent)).one()
        assert (row.source, row.reached_by, row.language, consent.place, consent.language) == (
            "text",
            "sms",
            "es",
            "text",
            "es",
        )
        assert texting.signed_by(row.campaign_id, NUMBER).id == row.id
        assert texting.signed_by(row.campaign_id, "+12025550124") is None
    assert library.mails() == []


def test_who_typed_the_number_before_is_not_what_counts(library: Instance) -> None:
    """A mailbox that is a phone and waits for it gives way to what the phone itself says."""
    sign(library)
    with library.context(), transaction() as session:
        row = session.scalars(select(Signature)).one()
        row.state = PENDING
        session.query(SignaturePhone).delete()
    with library.context():
        before = db.session.scalars(select(Signature.id)).one()
    again = sign(library)
    assert again.counted
    assert again.signature_id != before
    assert counted(library) == 1


def test_a_number_typed_on_the_web_is_a_claim_until_its_phone_speaks(library: Instance) -> None:
    library.sign("library", phone=NUMBER, **{"consent-readers-sms": "1"})
    with library.context():
        (live,) = live_campaigns().all()
        assert texting.claimed_by(live.id, NUMBER) is None, "its mailbox has not confirmed it"
    library.work()
    library.confirm(link(library.mails()[0], "confirm"), tick=True)
    with library.context():
        claim = texting.claimed_by(live.id, NUMBER)
        assert claim is not None
        assert texting.signed_by(live.id, NUMBER) is None
        texting.own(claim.id)
        assert texting.signed_by(live.id, NUMBER).id == claim.id
        assert texting.claimed_by(live.id, NUMBER) is None
    assert counted(library) == 1


def test_who_says_that_it_was_somebody_else_frees_the_number(library: Instance) -> None:
    library.sign("library", phone=NUMBER)
    library.work()
    library.confirm(link(library.mails()[0], "confirm"), tick=True)
    with library.context():
        (live,) = live_campaigns().all()
        claim = texting.claimed_by(live.id, NUMBER)
        assert texting.disown(live.id, NUMBER) == 1
        assert texting.claimed_by(live.id, NUMBER) is None
    signed = sign(library)
    assert signed.counted
    assert signed.signature_id != claim.id
    assert counted(library) == 2


def test_stop_ends_texts_of_all_and_start_gives_back_what_it_ended(library: Instance) -> None:
    signed = sign(library)
    with library.context(), transaction() as session:
        assert texting.stop_number(session, NUMBER)
        assert not texting.stop_number(session, NUMBER)
    assert agreed(library, signed.signature_id) == []
    with library.context():
        assert texting.has_stopped(NUMBER)
        assert not texting.has_stopped("+12025550124")
    with library.context(), transaction() as session:
        assert texting.start_number(session, NUMBER)
        assert not texting.start_number(session, NUMBER)
    assert agreed(library, signed.signature_id) == ["sms"]


def test_an_opt_out_outlasts_erasure(library: Instance) -> None:
    signed = sign(library)
    with library.context():
        with transaction() as session:
            texting.stop_number(session, NUMBER)
        with transaction() as session:
            session.delete(session.get_one(Signature, signed.signature_id))
        assert texting.has_stopped(NUMBER)
        assert db.session.scalar(select(func.count()).select_from(SignaturePhone)) == 0


def test_no_mail_is_written_to_who_has_no_address(library: Instance) -> None:
    """Whatever an earlier release or a plugin puts in for them is found needless."""
    signed = sign(library)
    with library.context(), transaction() as session:
        row = session.get_one(Signature, signed.signature_id)
        known = {"state": "due", "attempt": 0, "crashes": 0, "due_at": row.signed_at, "created_at": row.signed_at}
        session.add(
            Message(
                kind="thanks",
                channel="email",
                campaign_id=row.campaign_id,
                signature_id=row.id,
                dedupe_key="x",
                **known,
            )
        )
    library.work()
    assert library.mails() == []
    with library.context():
        assert db.session.scalar(select(Message.state).filter_by(dedupe_key="x")) == "needless"
