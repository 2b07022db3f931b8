"""The rows of one application's groups: taking one to work on, beginning a try, and giving it back or settling it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from clarion.api import db, transaction

from . import pace, settling
from .groups import Group
from .models import DUE, FAILED, NOT, TRYING, KeyRow, Signer
from .outcomes import Outcome
from .plans import Step, Subscribe

IN_HAND = pace.HELD
"""How long a row is left to the one that took it."""

CRASHES = 3
"""Tries that killed their worker, after which a row is set aside."""

SET_ASIDE = "set aside"


@dataclass(frozen=True, slots=True)
class Job:
    """One call that may be made now, and for whom."""

    row: Signer
    slot: pace.Slotted
    behind: bool
    """More wait than can be told of soon."""
    checked_at: datetime | None
    """When the key was last found to be right."""
    well: bool
    """The last call with the key worked."""


class Desk:
    """All groups of one application."""

    behind = 200
    """Waiting signers, above which new ones are told of in the background."""

    def __init__(self, groups: Mapping[str, Group], clock: Callable[[], datetime]) -> None:
        self.groups, self.clock, self.sleep = groups, clock, time.sleep

    def take(self, name: str) -> Job | pace.Wait | None:
        """Take what is due next, with a slot for a call; `None` where there is nothing or the key is refused."""
        group, moment = self.groups[name], self.clock()
        with transaction() as session:
            key = pace.hold(session, group)
            if key is None or key.stopped_at is not None:
                return None
            row: Signer | None = session.scalar(next_due(name, moment))
            if row is None:
                return None
            if row.trying and not _goes_on(row, moment):
                return pace.Wait(0.0)
            slot = pace.take(session, group, key, moment)
            if isinstance(slot, pace.Wait):
                return slot
            row.lease_until = moment + IN_HAND
            checked_at, well = key.checked_at, key.failures == 0
        db.session.expunge(row)
        return Job(row, slot, _more_than(name, moment, self.behind), checked_at, well)

    def begin(self, job: Job, step: Step) -> bool:
        """Count a try before it is made; `False` where the row is not ours any more, or something happened to it."""
        row, moment = job.row, self.clock()
        values: dict[str, Any] = {"trying": True, "attempt": row.attempt + 1}
        if isinstance(step, Subscribe):
            values |= {channel: TRYING for channel in step.channels if getattr(row, channel) == NOT}
            values["told_at"] = moment
        mine = update(Signer).where(*_ours(row), Signer.turn == row.turn)
        with transaction() as session:
            return bool(session.execute(mine.values(values)).rowcount)  # type: ignore[attr-defined]

    def drop(self, job: Job, wait: float = 0.0, code: str = "", *, called: bool = False) -> None:
        """Give a row back untried, and its slot; `called` where a call was made that was about no row."""
        moment = self.clock()
        values: dict[str, Any] = {"lease_until": None, "due_at": moment + timedelta(seconds=wait)}
        if code:
            values["last_code"] = code
        with transaction() as session:
            session.execute(update(Signer).where(*_ours(job.row)).values(values))
            pace.give_back(session, self.groups[job.row.group_name], job.slot, moment, called=called)

    def finish(self, job: Job, agreed: Collection[str]) -> None:
        """Write down that nothing is to be said of who agreed to this; who is not there at all is forgotten."""
        moment = self.clock()
        with transaction() as session:
            row = _again(session, job.row)
            if row is not None:
                settling.rest(session, row, job.row.turn, moment, agreed)
                session.flush()
            pace.give_back(session, self.groups[job.row.group_name], job.slot, moment, called=False)

    def settle(self, job: Job, step: Step, came: Outcome, *, background: bool) -> None:
        """Write down what came of a try, and give the slot back.

        Always first the row, then the key, then the slot, so that two who settle never wait for each other. The key is
        what all wait for: where all is well it is touched last and not read.
        """
        group, moment, well = self.groups[job.row.group_name], self.clock(), job.well and came.kind == "done"
        with transaction() as session:
            row = _again(session, job.row)
            key = None if well else pace.hold(session, group)
            if row is not None:
                row.last_code, row.trying, row.lease_until = came.code, False, None
                row.person = came.person or row.person
                if came.kind == "done":
                    settling.done(session, row, job.row.turn, step, came, moment, background=background)
                else:
                    was_well = key is None or key.failures == 0
                    settling.in_vain(session, row, job.row.turn, came, moment, was_well=was_well)
            if key is not None:
                settling.note(key, came, moment, job.row.group_name)
            session.flush()
            if well:
                pace.touch(session, group, came.code, moment)
            pace.give_back(session, group, job.slot, moment, called=True)

    def call(self, name: str, make: Callable[[], Outcome]) -> Outcome | pace.Wait | None:
        """Make a call that is about no row; a `Wait` where it may not be made now, `None` where the key is refused."""
        group = self.groups[name]
        with transaction() as session:
            key = pace.hold(session, group)
            if key is None or key.stopped_at is not None:
                return None
            slot = pace.take(session, group, key, self.clock())
        if isinstance(slot, pace.Wait):
            return slot
        came = make()
        with transaction() as session:
            pace.give_back(session, group, slot, self.clock(), called=True)
        self.note(name, came)
        return came

    def note(self, name: str, came: Outcome, *, checked: bool = False) -> None:
        """Write down for a key what came of a call that was about no row."""
        with transaction() as session:
            key = pace.hold(session, self.groups[name])
            if key is not None:
                settling.note(key, came, self.clock(), name)
                if checked and came.kind == "done":
                    key.checked_at = self.clock()

    def rests(self, name: str) -> bool:
        """Whether nothing may be called by a group's key just now."""
        query = select(KeyRow.stopped_at, KeyRow.pause_until).where(KeyRow.mark == self.groups[name].mark)
        known = db.session.execute(query).one_or_none()
        if known is None:
            return False
        return known.stopped_at is not None or (known.pause_until is not None and known.pause_until > self.clock())


def next_due(name: str, moment: datetime) -> Any:
    """The row that is due next and in nobody's hands."""
    # in the order of the index and no further: a hundred thousand that are due at one moment would be sorted each time,
    # while all others wait for the key
    free = or_(Signer.lease_until.is_(None), Signer.lease_until < moment)
    due = select(Signer).where(Signer.group_name == name, Signer.state == DUE, Signer.due_at <= moment, free)
    ordered = due.order_by(Signer.rank, Signer.due_at).limit(1)
    return ordered.with_for_update(skip_locked=True).execution_options(populate_existing=True)


def _goes_on(row: Signer, moment: datetime) -> bool:
    """Whether a row goes on whose worker died over it; at the third time it is set aside."""
    row.crashes, row.trying = row.crashes + 1, False
    if row.crashes < CRASHES:
        return True
    row.state, row.last_code, row.lease_until, row.due_at = FAILED, SET_ASIDE, None, moment
    return False


def _more_than(name: str, moment: datetime, most: int) -> bool:
    some = select(Signer.id).where(Signer.group_name == name, Signer.state == DUE, Signer.due_at <= moment)
    return (db.session.scalar(select(func.count()).select_from(some.limit(most + 1).subquery())) or 0) > most


def _ours(row: Signer) -> tuple[ColumnElement[bool], ...]:
    """That a row is still due and in our hands."""
    return Signer.id == row.id, Signer.state == DUE, Signer.lease_until == row.lease_until


def _again(session: Any, known: Signer) -> Signer | None:
    """The row as it is now, if it is still to be done."""
    query = select(Signer).where(Signer.id == known.id, Signer.state == DUE).with_for_update()
    found: Signer | None = session.scalar(query.execution_options(populate_existing=True))
    return found
