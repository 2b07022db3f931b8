"""What the clock does to campaigns."""

from __future__ import annotations

from ..extensions import now
from .live import live_campaigns
from .service import note_end


def note_ends() -> int:
    """Note which campaigns their closing date has ended since the last look, and tell of it; how many."""
    over = [live for live in live_campaigns().all() if live.closed_at is None]
    return sum(note_end(live.id, live.edition_id) for live in over if live.campaign.state(now()) == "closed")
