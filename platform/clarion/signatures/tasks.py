"""What the worker does unasked: fold counts, bring out reasons, forget those who never confirmed."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app
from sqlalchemy import delete

from ..campaigns.live import live_campaigns
from ..extensions import now, transaction
from ..sealing import Keyring
from ..settings import Settings
from . import counting, reasons
from .models import PENDING, Signature


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


def forget_unconfirmed() -> int:
    """Erase signatures that nobody confirmed in time; how many."""
    settings: Settings = current_app.extensions["clarion.settings"]
    limit = now() - timedelta(days=settings.signing.unconfirmed_days)
    with transaction() as session:
        expired = delete(Signature).where(Signature.state == PENDING, Signature.signed_at < limit)
        return int(session.execute(expired).rowcount)  # type: ignore[attr-defined]
