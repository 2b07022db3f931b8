"""What signers do with their own record: correct, hide, withdraw, sign again, erase."""

from __future__ import annotations

from dataclasses import replace

from flask import current_app
from sqlalchemy import delete, select, text, update

from ..campaigns.live import LiveCampaign
from ..domain.areas import area_of
from ..domain.person import Person
from ..events import Happened, tell
from ..extensions import Transaction, db, this_minute, transaction
from ..sealing import Keyring, Link, look_up, seal
from ..signatures import phones
from ..signatures.consents import in_force
from ..signatures.counting import add_step
from ..signatures.models import BY_TEXT, CONFIRMED, PENDING, WITHDRAWN, Consent, Reason, Signature


def find(link: Link) -> Signature | None:
    """The signature that a signer's link belongs to."""
    return db.session.scalar(select(Signature).filter_by(me_look_up=look_up(link.me_token)))


def person(signature: Signature, link: Link) -> Person:
    """The signer's details, opened with the key in the link. Raises `SealBroken`."""
    return Person.from_details(link.open_record(signature.record))


def reason_state(signature: Signature) -> str:
    """Where the reason stands: `none`, `waiting`, `approved` or `hidden`."""
    if signature.reason_due:
        return "waiting"
    return db.session.scalar(select(Reason.state).filter_by(signature_id=signature.id)) or "none"


def save(signature: Signature, link: Link, changed: Person, live: LiveCampaign, *, show_name: bool) -> None:
    """Seal corrected details anew, both copies; the reason goes back to moderation if its words changed."""
    before = person(signature, link)
    by_text = signature.reached_by == BY_TEXT
    changed = replace(changed, email=before.email, phone=before.phone if by_text else changed.phone)
    details = changed.to_details()
    area = area_of(changed.postal_code, changed.country or live.campaign.country)
    reason_touched = changed.reason != before.reason or changed.name != before.name or show_name != signature.show_name
    with transaction() as session:
        row = session.get_one(Signature, signature.id, with_for_update=True)
        if row.state == CONFIRMED and row.area != area:
            add_step(session, row, -1)
            row.area = area
            add_step(session, row, +1)
        row.area = area
        row.sealed = seal(live.public_key, {**details, "link": link.text})
        row.record = link.seal_record(details)
        row.show_name = show_name
        if changed.phone != before.phone:
            keyring: Keyring = current_app.extensions["clarion.keyring"]
            phones.rename(session, row, live, changed.phone, keyring)
        if reason_touched:
            session.execute(delete(Reason).where(Reason.signature_id == row.id))
            row.reason_due = bool(changed.reason)
    if reason_touched:
        _empty_log()


def withdraw(signature: Signature) -> None:
    """Take the signature out of the count, and its reason off the page."""
    with transaction() as session:
        if _leave_the_count(session, signature, WITHDRAWN):
            tell(session, [_withdrawn(session, signature)])
        session.execute(delete(Reason).where(Reason.signature_id == signature.id))
    _empty_log()


def sign_again(signature: Signature, link: Link) -> None:
    """Bring a withdrawn signature back; the link shows that the mailbox is the signer's."""
    has_reason = bool(person(signature, link).reason)
    with transaction() as session:
        changed = session.execute(
            update(Signature)
            .where(Signature.id == signature.id, Signature.state == WITHDRAWN)
            .values(state=CONFIRMED, withdrawn_at=None, confirmed_at=this_minute(), reason_due=has_reason)
        ).rowcount  # type: ignore[attr-defined]
        if changed:
            add_step(session, session.get_one(Signature, signature.id), +1)
            tell(session, [Happened("signature.confirmed", signature.campaign_id, signature.id)])


def erase(signature: Signature) -> None:
    """Remove the signature with all that belongs to it, from SQLite's write-ahead log too."""
    with transaction() as session:
        ended = [_consent_withdrawn(signature, *consent) for consent in in_force(session, signature.id)]
        if _leave_the_count(session, signature, WITHDRAWN):
            ended.append(_withdrawn(session, signature))
        tell(session, ended)
        session.execute(delete(Signature).where(Signature.id == signature.id))
    _empty_log()


def _empty_log() -> None:
    """Take what was deleted out of SQLite's write-ahead log too, where it would stay readable for a while."""
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


def set_consent(signature: Signature, consent_id: int, *, give: bool) -> bool:
    """Give or withdraw one consent; `False` if it is not this signer's.

    A yes here is a yes to the recorded words, which the page shows beside the button.
    """
    with transaction() as session:
        mine = select(Consent).filter_by(id=consent_id, signature_id=signature.id).with_for_update()
        consent = session.scalar(mine)
        if consent is None:
            return False
        was_given = consent.confirmed_at is not None and consent.withdrawn_at is None
        if give:
            consent.withdrawn_at, consent.confirmed_at = None, this_minute()
        else:
            consent.withdrawn_at = this_minute()
        if was_given != give:
            named = consent.organisation, consent.channel
            given = Happened("consent.given", signature.campaign_id, signature.id, *named)
            tell(session, [given if give else _consent_withdrawn(signature, *named)])
        return True


def _withdrawn(session: Transaction, signature: Signature) -> Happened:
    """That a signature was withdrawn, with the organisations that may know whose it was: nobody else may be told."""
    organisations = sorted({organisation for organisation, _ in in_force(session, signature.id)})
    return Happened.ended("signature.withdrawn", signature.campaign_id, signature.id, organisations=organisations)


def _consent_withdrawn(signature: Signature, organisation: str, channel: str) -> Happened:
    return Happened.ended(
        "consent.withdrawn", signature.campaign_id, signature.id, organisation=organisation, channel=channel
    )


def _leave_the_count(session: Transaction, signature: Signature, state: str) -> bool:
    """Whether it was in the count."""
    left = session.execute(
        update(Signature)
        .where(Signature.id == signature.id, Signature.state == CONFIRMED)
        .values(state=state, withdrawn_at=this_minute(), reason_due=False)
    ).rowcount  # type: ignore[attr-defined]
    if left:
        add_step(session, session.get_one(Signature, signature.id), -1)
    else:
        session.execute(
            update(Signature)
            .where(Signature.id == signature.id, Signature.state == PENDING)
            .values(state=state, withdrawn_at=this_minute(), reason_due=False)
        )
    return bool(left)
