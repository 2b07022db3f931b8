"""Updates on their way: scheduled, stopped at any time, and how far they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, func, or_, select, update

from ..extensions import db, insert_if_new, now, this_minute, transaction
from ..outbox.models import BOUNCED, DUE, FAILED, NEEDLESS, SENT, UNKNOWN, Message
from . import audience
from .models import SENDING, STOPPED, WAITING, Update
from .models import SENT as ALL_WRITTEN
from .news import News, Texts

KIND = "update"
"""The kind of an update's messages."""


def schedule(campaign_id: int, news: News, starts_at: datetime) -> tuple[Update, bool]:
    """Let an update start at a moment; and whether it is new. One of this name that is there already stays as it is.

    One that was stopped before anything was written makes way: nobody knows it.
    """
    row = {
        "campaign_id": campaign_id,
        "name": news.name,
        "organisation": news.organisation,
        "channel": news.channel,
        "public": news.public,
        "content": news.content,
        "state": WAITING,
        "created_at": this_minute(),
        "starts_at": starts_at,
        "reached": 0,
        "written": 0,
    }
    blank = delete(Update).where(Update.state == STOPPED, Update.written == 0)
    with transaction() as session:
        session.execute(blank.where(Update.campaign_id == campaign_id, Update.name == news.name))
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


def find_like(campaign_id: int, news: News) -> Update | None:
    """The update that says the same under whatever name, else the one of this name: names may be made anew each day."""
    found = all_of(campaign_id)
    same = (row for row in found if row.state != STOPPED and is_same(row, news))
    return next(same, None) or next((row for row in found if row.name == news.name), None)


def is_same(row: Update, news: News) -> bool:
    """Whether files still say what was scheduled; where it is shown, and its sender's name, may have changed since."""
    return row.organisation == news.organisation and Texts.from_json(row.content).by_language == news.texts


def is_blank(row: Update) -> bool:
    """Whether it was stopped before a single message was written: it can be scheduled anew."""
    return row.state == STOPPED and not row.written


def stop(row: Update) -> bool:
    """Stop an update: what is not written never is, what has not begun is not sent; whether anything was left to stop.

    Spreading holds the row while it writes, so this comes before a page of messages or after it.
    """
    due = select(Message.id).where(Message.kind == KIND, Message.about_id == Update.id, Message.state == DUE).exists()
    running = update(Update).where(
        Update.id == row.id, or_(Update.state.in_((WAITING, SENDING)), and_(Update.state == ALL_WRITTEN, due))
    )
    with transaction() as session:
        return bool(session.execute(running.values(state=STOPPED, ended_at=now())).rowcount)  # type: ignore[attr-defined]


def set_public(row: Update, public: bool) -> None:
    """Show an update on the page and in the feed, or take it from there."""
    with transaction() as session:
        session.execute(update(Update).where(Update.id == row.id).values(public=public))


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
    known = row.campaign_id, row.organisation, row.reached, row.channel
    beyond = audience.numbers(*known) if still_to_come else {}
    return Progress(row.state, row.written + sum(beyond.values()), row.written, by_state)
