"""The pace of a key: so many calls in any second, whoever makes them, and none while it is told to wait or refused.

A key has as many slots as it may make calls in a second. Whoever calls holds one from before the call until a second
after its answer came. So in no second, wherever it begins and however long calls take on their way, more of them
arrive than there are slots. Slots are rows, so all threads, workers and machines share them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from clarion.api import insert_if_new

from .groups import Group
from .models import KeyRow, Slot

SECOND = timedelta(seconds=1)

HELD = timedelta(seconds=30)
"""How long a slot is left to one that never gave it back: longer than a call can take."""

CAREFUL = 3
"""Failures in a row after which only one call is tried at a time."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 600.0
"""Seconds for which a key rests after a failure: twice as long each time, with jitter."""


@dataclass(frozen=True, slots=True)
class Wait:
    """No call may be made now."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Slotted:
    """A slot that was taken; after `until` it is anybody's again."""

    number: int
    until: datetime


def prepare(session: Any, group: Group, moment: datetime) -> None:
    """Write down a key that is new."""
    key = {"mark": group.mark, "failures": 0, "last_code": ""}
    session.execute(insert_if_new(KeyRow), [key])
    slots = [{"key": group.mark, "number": n, "free_at": moment} for n in range(group.calls_a_second)]
    session.execute(insert_if_new(Slot), slots)


def hold(session: Any, group: Group) -> KeyRow | None:
    """The row of a key, held until the transaction ends: who takes or gives back a slot waits for the other."""
    query = select(KeyRow).where(KeyRow.mark == group.mark).with_for_update()
    found: KeyRow | None = session.scalar(query.execution_options(populate_existing=True))
    return found


def take(session: Any, group: Group, key: KeyRow, moment: datetime) -> Slotted | Wait:
    """Take a slot of a key that is held."""
    if key.pause_until is not None and key.pause_until > moment:
        return Wait((key.pause_until - moment).total_seconds())
    many = 1 if key.failures >= CAREFUL else group.calls_a_second
    first = select(Slot).where(Slot.key == group.mark, Slot.number < many).order_by(Slot.free_at, Slot.number)
    slot = session.scalar(first.limit(1).execution_options(populate_existing=True))
    if slot is None:
        return Wait(SECOND.total_seconds())
    if slot.free_at > moment:
        # one that is held now is free again a second after its call, and not only when nobody gives it back
        return Wait(min(slot.free_at - moment, SECOND).total_seconds())
    slot.free_at = moment + HELD
    return Slotted(slot.number, slot.free_at)


def give_back(session: Any, group: Group, slot: Slotted, moment: datetime, *, called: bool) -> None:
    """Give a slot back: for use in a second, or at once where there was no call."""
    mine = update(Slot).where(Slot.key == group.mark, Slot.number == slot.number, Slot.free_at == slot.until)
    session.execute(mine.values(free_at=moment + SECOND if called else moment))


def note(key: KeyRow, code: str, moment: datetime, *, worked: bool, wait: float | None = None) -> None:
    """Write down how a call went: after a failure the key rests, and as long as it was asked to."""
    key.last_code, key.last_at = code, moment
    if worked:
        key.failures, key.pause_until = 0, None
        return
    key.failures += 1
    pause = min(FIRST_PAUSE * 2 ** min(key.failures - 1, 20), LONGEST_PAUSE)
    pause *= 0.5 + random.random()  # noqa: S311 - it guards nothing
    key.pause_until = moment + timedelta(seconds=max(pause, wait or 0.0))


def touch(session: Any, group: Group, code: str, moment: datetime) -> None:
    """Write down that a key works as it did."""
    session.execute(update(KeyRow).where(KeyRow.mark == group.mark).values(last_code=code, last_at=moment))


def stop(key: KeyRow, code: str, moment: datetime) -> None:
    """Make no call any more: the key is refused."""
    key.stopped_at, key.last_code, key.last_at = key.stopped_at or moment, code, moment


def start_again(session: Any, group: Group, moment: datetime) -> None:
    """Go on with a key that was refused or rests."""
    prepare(session, group, moment)
    fresh = {"failures": 0, "pause_until": None, "checked_at": None, "stopped_at": None}
    session.execute(update(KeyRow).where(KeyRow.mark == group.mark).values(fresh))
