"""Updates on their way: scheduled, stopped at any time, and how far they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from ..extensions import db, insert_if_new, now, this_minute, transaction
from ..outbox.models import BOUNCED, DUE, FAILED, NEEDLESS, SENT, UNKNOWN, Message
from . import audience
from .models import SENDING, STOPPED, WAITING, Update
from .models import SENT as ALL_WRITTEN
from .news import News

KIND = "update"
"""The kind of an update's messages."""


def schedule(campaign_id: int, news: News, starts_at: datetime) -> tuple[Update, bool]:
    """Let an update start at a moment; and whether it is new. One of this name that is there already stays as it is."""
    row = {
        "campaign_id": campaign_id,
        "name": news.name,
        "organisation": news.organisation,
        "public": news.public,
        "content": news.content,
        "state": WAITING,
        "created_at": this_minute(),
        "starts_at": starts_at,
        "reached": 0,
        "written": 0,
    }
    with transaction() as session:
        new = session.scalar(insert_if_new(Update).values(row).returning(Update.id)) is not None
    found = find(campaign_id, news.name)
    assert found is not None
    return found, new


def find(campaign_id: int, name: str) -> Update | None:
    """The update of this name as the database has it now."""
    db.session.rollback()
    return db.session.scalar(select(Update).filter_by(campaign_id=campaign_id, name=name))


def all_of(campaign_id: int) -> list[Update]:
    """All updates of a campaign, the newest first."""
    return list(db.session.scalars(select(Update).filter_by(campaign_id=campaign_id).order_by(Update.id.desc())))


def is_same(row: Update, news: News) -> bool:
    """Whether files still say what was scheduled."""
    return (row.content, row.organisation, row.public) == (news.content, news.organisation, news.public)


def stop(row: Update) -> bool:
    """Stop an update: what is not written never is, what has not begun is not sent. `False` if it was stopped before.

    Spreading holds the row while it writes, so this comes before a page of messages or after it.
    """
    with transaction() as session:
        running = update(Update).where(Update.id == row.id, Update.state != STOPPED)
        return bool(session.execute(running.values(state=STOPPED, ended_at=now())).rowcount)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an update is."""

    state: str
    total: int
    """Whom it is for: those who have a message, and those who would get one now."""
    written: int
    by_state: Mapping[str, int]
    """Its messages by their state; those of signers who were erased since are gone."""

    @property
    def sent(self) -> int:
        """Taken by the mail server."""
        return self.by_state.get(SENT, 0)

    @property
    def waiting(self) -> int:
        """Written and not settled yet."""
        return self.by_state.get(DUE, 0)

    @property
    def settled(self) -> int:
        """Messages that are at their end, and the signers who were erased."""
        return self.written - self.waiting

    @property
    def failed(self) -> int:
        """Refused for good, or come back."""
        return self.by_state.get(FAILED, 0) + self.by_state.get(BOUNCED, 0)

    @property
    def unknown(self) -> int:
        """Nobody can tell whether they left."""
        return self.by_state.get(UNKNOWN, 0)

    @property
    def needless(self) -> int:
        """Not sent, as the signer took back the signature or the yes, or the update was stopped."""
        return self.by_state.get(NEEDLESS, 0)

    @property
    def done(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state in (ALL_WRITTEN, STOPPED) and not self.waiting


def progress(row: Update) -> Progress:
    """How far an update is now; the same few index entries are counted however often it is asked."""
    counted = select(Message.state, func.count()).filter_by(kind=KIND, about_id=row.id).group_by(Message.state)
    by_state = dict(db.session.execute(counted).all())
    still_to_come = row.state in (WAITING, SENDING)
    beyond = audience.numbers(row.campaign_id, row.organisation, row.reached) if still_to_come else {}
    return Progress(row.state, row.written + sum(beyond.values()), row.written, by_state)
