"""Signing by a text message.

A text that came from a phone shows whose phone it is, as the button behind a mailed link shows whose mailbox: a
signature that comes by one is confirmed at once.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, or_, select, update

from ..domain.campaign import ConsentAsk
from ..events import Happened, tell
from ..extensions import Transaction, insert_if_new, this_minute, transaction
from ..rows import insert_new_rows
from ..sealing import Keyring
from .consents import refuse
from .counting import add_step
from .models import BY_TEXT, CONFIRMED, PENDING, TEXT, VOID, Consent, Signature
from .phones import keep_verified
from .service import Submission, prepare


@dataclass(frozen=True, slots=True)
class SignedByText:
    """What a text did."""

    signature_id: int
    counted: bool
    """Whether the name counts since now; `False` where it did before."""


def sign_by_text(submission: Submission, keyring: Keyring) -> SignedByText:
    """Count a signature whose own phone has sent it, with the yes to each of its consents; once for each phone.

    One that waits for this phone since somebody typed its number into a form makes way: that somebody may have been a
    stranger, and what the phone says of its owner is better than what they wrote.
    """
    prepared = prepare(submission, keyring)
    row = {**prepared.row, "state": CONFIRMED, "confirmed_at": this_minute(), "reason_due": False}
    mine = (Signature.campaign_id == prepared.key[0], Signature.email_index == prepared.key[1])
    with transaction() as session:
        session.execute(delete(Signature).where(*mine, Signature.state.in_((PENDING, VOID))))
        insert_new_rows(session.connection(), Signature, [row])
        signature = session.scalars(select(Signature).where(*mine).with_for_update()).one()
        counted = signature.confirm_look_up == row["confirm_look_up"] or signature.state != CONFIRMED
        if counted:
            signature.state, signature.confirmed_at, signature.withdrawn_at = CONFIRMED, this_minute(), None
            session.flush()
            add_step(session, signature, +1)
            tell(session, [Happened("signature.confirmed", signature.campaign_id, signature.id)])
        keep_verified(session, signature, prepared.phone_index or prepared.key[1])
        _agree(session, signature, submission.consents, submission.edition_id, submission.language)
        return SignedByText(signature.id, counted)


def agree_by_text(signature_id: int, asks: Sequence[ConsentAsk], edition_id: int, language: str) -> None:
    """Keep the yes that a signer's phone said to each of these, in the words of an edition."""
    with transaction() as session:
        signature = session.get(Signature, signature_id, with_for_update=True)
        if signature is not None:
            _agree(session, signature, asks, edition_id, language)


def refuse_by_text(signature_id: int, organisations: Sequence[str]) -> None:
    """Keep the no that a signer's phone said to each of these, whatever was ticked before."""
    with transaction() as session:
        signature = session.get(Signature, signature_id, with_for_update=True)
        if signature is not None:
            for organisation in organisations:
                refuse(session, signature, organisation, BY_TEXT)


def _agree(
    session: Transaction, signature: Signature, asks: Collection[ConsentAsk], edition_id: int, language: str
) -> None:
    moment = this_minute()
    for ask in asks:
        words = {"edition_id": edition_id, "language": language, "place": TEXT, "given_at": moment}
        row = {"signature_id": signature.id, "organisation": ask.organisation, "channel": ask.channel, **words}
        new = session.scalar(insert_if_new(Consent).values(**row, confirmed_at=moment).returning(Consent.id))
        if new is None:
            mine = update(Consent).where(
                Consent.signature_id == signature.id,
                Consent.organisation == ask.organisation,
                Consent.channel == ask.channel,
            )
            ended = mine.where(or_(Consent.confirmed_at.is_(None), Consent.withdrawn_at.is_not(None)))
            given = session.execute(ended.values(**words, confirmed_at=moment, withdrawn_at=None))
            if not given.rowcount:  # type: ignore[attr-defined]
                continue
        named = {"organisation": ask.organisation, "channel": ask.channel}
        tell(session, [Happened("consent.given", signature.campaign_id, signature.id, **named)])
