"""The updates that everybody may read: public ones that have started and were not stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ..extensions import db
from .models import SENDING, SENT, Update
from .news import Texts

Shown = Mapping[int, tuple["ShownUpdate", ...]]
"""By campaign, the newest first."""


@dataclass(frozen=True, slots=True)
class ShownUpdate:
    """One update as the page and the feed show it."""

    id: int
    name: str
    organisation: str
    at: datetime
    """When it started."""
    texts: Texts


def read(known: Shown) -> Shown:
    """All of them, in one question. Words never change once they are here, so only those of new ones are read."""
    columns = (Update.id, Update.campaign_id, Update.name, Update.organisation, Update.starts_at)
    listed = select(*columns).where(Update.public, Update.state.in_((SENDING, SENT)))
    rows = db.session.execute(listed.order_by(Update.starts_at.desc(), Update.id.desc())).all()
    before = {one.id: one for updates in known.values() for one in updates}
    new = [row.id for row in rows if row.id not in before]
    contents = select(Update.id, Update.content).where(Update.id.in_(new))
    words = dict(db.session.execute(contents).all()) if new else {}
    shown: dict[int, list[ShownUpdate]] = {}
    for id, campaign_id, name, organisation, at in rows:
        one = before.get(id) or ShownUpdate(id, name, organisation, at, Texts.from_json(words[id]))
        shown.setdefault(campaign_id, []).append(one)
    return {campaign_id: tuple(updates) for campaign_id, updates in shown.items()}
