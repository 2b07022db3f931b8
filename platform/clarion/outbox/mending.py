"""What a person does about messages that the outbox leaves alone: see them, put them back, or let them be.

Each change is one transaction that names the states it takes a message from. So it can be repeated, and
nobody undoes what a worker does: workers change only what is `due`, under a lease of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select, true, update

from ..broker import wake
from ..extensions import db, this_minute, transaction
from .models import DUE, FAILED, NEEDLESS, SET_ASIDE, UNKNOWN, Message
from .service import channels_due

WAITING = (UNKNOWN, SET_ASIDE, FAILED)
"""The states that a message leaves only by a person."""


@dataclass(frozen=True, slots=True)
class Heap:
    """Messages of one state, kind and campaign: how many, since when, and the code of the newest."""

    state: str
    kind: str
    campaign_id: int
    n: int
    oldest: datetime
    last_code: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The messages that are meant: single ones, or all in one state, of one campaign or of every one."""

    ids: tuple[int, ...] = ()
    state: str = ""
    campaign_id: int | None = None

    def among(self, states: Sequence[str]) -> ColumnElement[bool]:
        """Which of them are in one of these states."""
        meant = Message.id.in_(self.ids) if self.ids else Message.state == self.state
        here = true() if self.campaign_id is None else Message.campaign_id == self.campaign_id
        return and_(Message.state.in_(states), meant, here)


def heaps(campaign_id: int | None = None) -> list[Heap]:
    """All messages, heap by heap. Looks at every row, about a second for each million."""
    group = (Message.state, Message.kind, Message.campaign_id)
    figures = (
        func.count().label("n"),
        func.min(Message.created_at).label("oldest"),
        func.max(Message.id).label("newest"),
    )
    query = select(*group, *figures).group_by(*group)
    if campaign_id is not None:
        query = query.where(Message.campaign_id == campaign_id)
    grouped = query.subquery()
    columns = (grouped.c.state, grouped.c.kind, grouped.c.campaign_id, grouped.c.n, grouped.c.oldest, Message.last_code)
    rows = db.session.execute(select(*columns).join(Message, Message.id == grouped.c.newest))
    return [Heap(*row) for row in rows]


def count(chosen: Chosen, states: Sequence[str] = WAITING) -> int:
    """How many of the chosen messages are in one of these states."""
    query = select(func.count()).select_from(Message).where(chosen.among(states))
    return db.session.scalar(query) or 0


def newest(chosen: Chosen, limit: int) -> list[Message]:
    """The chosen messages of one state, the newest first."""
    query = select(Message).where(chosen.among((chosen.state,))).order_by(Message.id.desc()).limit(limit)
    return list(db.session.scalars(query))


def states_of(ids: Sequence[int]) -> dict[int, str]:
    """The states of single messages, by id; one that does not exist is missing."""
    rows = db.session.execute(select(Message.id, Message.state).where(Message.id.in_(ids)).order_by(Message.id))
    return {id: state for id, state in rows}  # noqa: C416 - rows are no pairs to the type checker


def put_back(chosen: Chosen) -> int:
    """Let messages that wait for a person be sent, as if they were new; how many.

    They are as old as this moment, so that the three days of trying begin anew. Attempts count from nothing again: a
    worker that comes back from the dead is kept off by its lease, whose name is never used twice.
    """
    moment = this_minute()
    fresh = {"attempt": 0, "crashes": 0, "trying": False, "lease_until": None, "lease_token": None}
    with transaction() as session:
        waiting = update(Message).where(chosen.among(WAITING))
        again = waiting.values(state=DUE, due_at=moment, created_at=moment, **fresh)
        n = int(session.execute(again).rowcount)  # type: ignore[attr-defined]
    for channel in channels_due() if n else ():
        wake("drain_lane", channel)
    return n


def drop(chosen: Chosen) -> int:
    """Settle messages that wait for a person as `needless`: they are never sent. How many."""
    with transaction() as session:
        waiting = update(Message).where(chosen.among(WAITING))
        return int(session.execute(waiting.values(state=NEEDLESS)).rowcount)  # type: ignore[attr-defined]
