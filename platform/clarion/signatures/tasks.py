"""What the worker does unasked: fold counts, bring out reasons, forget those who never confirmed."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app
from sqlalchemy import String, and_, cast, delete, exists, literal, or_, select

from ..campaigns.live import live_campaigns
from ..extensions import now, transaction
from ..outbox.models import CAPPED, MAILBOX_CAP, SENT, Message
from ..outbox.service import NewMessage, put
from ..sealing import Keyring
from ..settings import Settings
from . import counting, reasons
from .models import BY_MAIL, PENDING, VOID, Signature

REMINDERS = 1000
"""Reminders written in one turn."""


def fold_counts() -> int:
    """Fold what waits, page by page; the number of steps folded."""
    folded = 0
    while page := counting.fold():
        folded += page
        if page < counting.FOLD_PAGE:
            break
    return folded


def bring_out_reasons() -> int:
    """Take confirmed signers' reasons out of the seal for moderation."""
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    return reasons.bring_out(keyring, {live.id: live.key_id for live in live_campaigns().all()})


def remind() -> int:
    """Send the confirmation once more to those who did not confirm within a day; how many.

    It is the one resend that a mailbox gets, so who pressed "send it again" is not reminded. Whose first mail was
    kept back, as a stranger had filled the mailbox that day, gets it now.
    """
    a_day_ago = now() - timedelta(days=1)
    no_second = ~exists().where(Message.dedupe_key == literal("resend:") + cast(Signature.id, String))
    first_left = exists().where(
        Message.dedupe_key == literal("confirm:") + cast(Signature.id, String),
        or_(Message.state == SENT, and_(Message.state == CAPPED, Message.last_code == MAILBOX_CAP)),
    )
    query = (
        select(Signature.id, Signature.campaign_id)
        .where(Signature.state == PENDING, Signature.signed_at < a_day_ago, no_second, first_left)
        # a text too many costs money and trust
        .where(Signature.reached_by == BY_MAIL)
        .limit(REMINDERS)
    )
    with transaction() as session:
        rows = session.execute(query).all()
        if rows:
            put(
                session.connection(),
                [NewMessage("confirm", campaign_id, id, f"resend:{id}") for id, campaign_id in rows],
            )
    return len(rows)


def forget_unconfirmed() -> int:
    """Erase signatures that nobody confirmed in time, or whose mailbox does not exist; how many."""
    settings: Settings = current_app.extensions["clarion.settings"]
    limit = now() - timedelta(days=settings.signing.unconfirmed_days)
    with transaction() as session:
        never = or_(Signature.state == PENDING, and_(Signature.state == VOID, Signature.confirmed_at.is_(None)))
        expired = delete(Signature).where(never, Signature.signed_at < limit)
        return int(session.execute(expired).rowcount)  # type: ignore[attr-defined]
