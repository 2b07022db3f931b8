"""What the worker does for privacy: keep the promise about how long details are kept."""

from __future__ import annotations

from flask import current_app

from ..campaigns.live import live_campaigns
from ..monitoring import log
from ..sealing import Keyring
from . import retention


def apply_retention() -> int:
    """Erase the signers of campaigns that ended long enough ago; how many campaigns."""
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    erased = 0
    for live in live_campaigns().all():
        if retention.is_over(live) and retention.erase_signers(live, keyring):
            log.info("signers erased", campaign=live.slug)
            erased += 1
    return erased
