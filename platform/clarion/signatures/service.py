"""Signing and confirming. One transaction each; whoever is answered is on disk (rule 2)."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update

from ..campaigns.live import LiveCampaign
from ..domain.addresses import canonical_address
from ..domain.areas import area_of
from ..domain.campaign import ConsentAsk
from ..domain.person import Person
from ..extensions import Transaction, db, insert_if_new, now, this_minute, transaction
from ..outbox.models import DUE, HELD
from ..outbox.service import put
from ..sealing import Keyring, Link, blind_index, look_up, seal
from .counting import add_step
from .models import CONFIRMED, PENDING, Consent, Signature
from .tokens import code_mark

SAME_VISIT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Submission:
    """A sign form that was filled in right."""

    live: LiveCampaign
    edition_id: int
    language: str
    source: str
    person: Person
    show_name: bool
    consents: tuple[ConsentAsk, ...]
    suspect: bool = False
    """A field that people cannot see was filled in: kept, but no mail goes out until someone looks."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What signing did; the caller's answer must not depend on which of the two it was (rule 5)."""

    signature_id: int
    message_id: int | None


def sign(submission: Submission, keyring: Keyring) -> Signed:
    """Write a signature with its consents and its confirmation message.

    Who has signed before gets a message too, which says so in the mailbox and nowhere else. Boxes
    ticked the second time are kept as proposed until the mailbox confirms them.
    """
    live, person = submission.live, submission.person
    link = Link()
    index = blind_index(keyring.index_key(live.key_id), canonical_address(person.email))
    values = _signature_values(submission, link, index, keyring)
    with transaction() as session:
        signature_id = session.scalar(insert_if_new(Signature).values(values).returning(Signature.id))
        kind, key = "confirm", f"confirm:{signature_id}"
        if signature_id is None:
            signature_id, kind, key = _repeat(session, live.id, index)
        _write_consents(session, signature_id, submission)
        message_id = put(
            session,
            kind=kind,
            campaign_id=live.id,
            signature_id=signature_id,
            dedupe_key=key,
            state=HELD if submission.suspect else DUE,
        )
    return Signed(signature_id, message_id)


def _signature_values(submission: Submission, link: Link, index: bytes, keyring: Keyring) -> dict[str, object]:
    live, person = submission.live, submission.person
    details = person.to_details()
    confirm_look_up = _look_up(link.confirm_token)
    return {
        "campaign_id": live.id,
        "email_index": index,
        "state": PENDING,
        "language": submission.language,
        "source": submission.source,
        "area": area_of(person.postal_code, person.country or live.campaign.country),
        "edition_id": submission.edition_id,
        "show_name": submission.show_name,
        "reason_due": bool(person.reason),
        "sealed": seal(live.public_key, {**details, "link": link.text}),
        "record": link.seal_record(details),
        "confirm_look_up": confirm_look_up,
        "me_look_up": _look_up(link.me_token),
        "code_mark": code_mark(keyring.secret("code"), confirm_look_up, link.code),
        "code_tries": 0,
        "signed_at": this_minute(),
    }


def _look_up(token: str) -> bytes:
    found = look_up(token)
    if found is None:
        raise ValueError("a token of our own is always well formed")
    return found


def _repeat(session: Transaction, campaign_id: int, index: bytes) -> tuple[int, str, str]:
    """The signature that is there already, and the message for its owner.

    A form sent twice within minutes needs no second mail, a later one gets the confirmation once more;
    who has confirmed is told so once a month at most.
    """
    earlier = session.scalars(select(Signature).filter_by(campaign_id=campaign_id, email_index=index)).one()
    if earlier.state == PENDING:
        recent = earlier.signed_at > now() - SAME_VISIT
        return earlier.id, "confirm", f"confirm:{earlier.id}" if recent else f"resend:{earlier.id}"
    return earlier.id, "again", f"again:{earlier.id}:{now():%Y-%m}"


def _write_consents(session: Transaction, signature_id: int, submission: Submission) -> None:
    rows = [
        {
            "signature_id": signature_id,
            "organisation": ask.organisation,
            "channel": ask.channel,
            "edition_id": submission.edition_id,
            "language": submission.language,
            "given_at": this_minute(),
        }
        for ask in submission.consents
    ]
    if rows:
        session.execute(insert_if_new(Consent).values(rows))


def find_by_token(token: str) -> Signature | None:
    """The signature that a confirmation link belongs to."""
    key = look_up(token)
    return db.session.scalar(select(Signature).filter_by(confirm_look_up=key)) if key else None


def find(signature_id: int | None) -> Signature | None:
    """The signature with this id, if it is still there."""
    return db.session.get(Signature, signature_id) if signature_id else None


def is_expired(signature: Signature, days: int) -> bool:
    """Whether the time to confirm has passed."""
    return signature.state == PENDING and signature.signed_at < now() - timedelta(days=days)


def confirm(signature_id: int) -> int | None:
    """Count a pending signature and return its thank-you message's id; `None` if there was nothing to do.

    The change of state is the guard: of two requests at once, one finds the row pending (rule 4).
    """
    with transaction() as session:
        changed = session.execute(
            update(Signature)
            .where(Signature.id == signature_id, Signature.state == PENDING)
            .values(state=CONFIRMED, confirmed_at=this_minute())
        ).rowcount  # type: ignore[attr-defined]
        if not changed:
            return None
        session.execute(
            update(Consent)
            .where(Consent.signature_id == signature_id, Consent.confirmed_at.is_(None))
            .values(confirmed_at=this_minute())
        )
        signature = session.get_one(Signature, signature_id)
        add_step(session, signature, +1)
        return put(
            session,
            kind="thanks",
            campaign_id=signature.campaign_id,
            signature_id=signature_id,
            dedupe_key=f"thanks:{signature_id}",
        )


def code_is_right(signature_id: int, code: str, keyring: Keyring, tries: int) -> bool:
    """Whether this is the signature's six-digit code; counts the try before looking.

    After `tries` wrong ones no code is right any more, and the answer stays the same as for any
    wrong one: only the mailbox's link helps then.
    """
    with transaction() as session:
        allowed = session.execute(
            update(Signature)
            .where(Signature.id == signature_id, Signature.code_tries < tries)
            .values(code_tries=Signature.code_tries + 1)
            .returning(Signature.confirm_look_up, Signature.code_mark)
        ).one_or_none()
    if allowed is None:
        return False
    return hmac.compare_digest(allowed.code_mark, code_mark(keyring.secret("code"), allowed.confirm_look_up, code))


def resend(signature: Signature) -> int | None:
    """Send the confirmation once more, once; for any other state the mailbox gets nothing."""
    if signature.state != PENDING:
        return None
    with transaction() as session:
        return put(
            session,
            kind="confirm",
            campaign_id=signature.campaign_id,
            signature_id=signature.id,
            dedupe_key=f"resend:{signature.id}",
        )


def deny(signature: Signature) -> bool:
    """Erase a pending signature whose mailbox says that it was somebody else."""
    with transaction() as session:
        pending = session.scalar(select(Signature).filter_by(id=signature.id, state=PENDING).with_for_update())
        if pending is None:
            return False
        session.delete(pending)
        return True


def proposed_wordings(signature: Signature, asks: Sequence[ConsentAsk], language: str) -> list[str]:
    """The words of the boxes that were ticked and wait for the mailbox, for the confirmation page."""
    rows = db.session.scalars(select(Consent).filter_by(signature_id=signature.id, confirmed_at=None))
    given = {(row.organisation, row.channel) for row in rows}
    return [ask.wording.get(language, "") for ask in asks if (ask.organisation, ask.channel) in given]
