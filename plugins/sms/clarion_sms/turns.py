"""Turns at a gateway, shared by all workers through one row: its pace, its wish to be left alone, its absences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from clarion.api import NotYet, db, insert_if_new, log, transaction

from .gateways import Gateway
from .models import GatewayRow

PATIENCE = timedelta(seconds=4)
"""How long a text waits for its turn before it is put off: well below the lease on its page."""

LATER = timedelta(seconds=20)

BURST = timedelta(seconds=1)
"""Of idleness that may be made up for at once."""

WINDOW, MOST_FAILURES = timedelta(seconds=60), 50
"""Failures within a window after which the other one is used."""

MOST_MISSED = 3
"""Times in a row that it could not be reached after which the other one is used."""

MOST_UNSURE = 5
"""Times in a row that nobody knows whether it took a text, after which nobody calls it for a while: each such text is
lost until a person has looked at it, and a company that fails would get through a whole lane of them."""

AWAY = timedelta(minutes=5)
"""After which it is tried again."""

FIRST_REST, LONGEST_REST = timedelta(seconds=30), timedelta(minutes=5)
"""For which it is left alone where there is no other one: twice as long after each try in vain."""

TRY = timedelta(seconds=60)
"""For which all others wait while one text tries whether it works again."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is, and when."""

    gateway: Gateway
    wait: timedelta
    shaky: bool = False
    """Whether it failed the last time: then it is worth a word that it works again."""


def take(gateways: Sequence[Gateway], rate: float, moment: datetime) -> Turn:
    """The first gateway that is there, and how long until its next turn. Raises `NotYet` where that is too long."""
    with transaction() as session:
        rows = {one.name: _row(session, one.name) for one in gateways}
        there = [one for one in gateways if not _until(rows[one.name].away_until, moment)] or list(gateways[:1])
        gateway = there[0]
        row = rows[gateway.name]
        if wait := _until(row.wait_until, moment):
            raise NotYet("asked to wait", moment + wait)
        turn = max(row.next_at or moment - BURST, moment - BURST)
        if turn - moment > PATIENCE:
            raise NotYet("waits its turn", moment + LATER)
        row.next_at = turn + timedelta(seconds=1 / rate)
        others = len(gateways) > 1
        if others and (row.missed >= MOST_MISSED or row.unsure >= MOST_UNSURE):
            row.away_until = moment + TRY
        elif row.unsure >= MOST_UNSURE:
            row.wait_until = moment + TRY
        return Turn(gateway, max(turn - moment, timedelta(0)), bool(row.missed or row.unsure))


def check(name: str, moment: datetime) -> None:
    """Look once more, after a wait for one's turn. Raises `NotYet` where it asked to be left alone meanwhile."""
    ends = db.session.scalar(select(GatewayRow.wait_until).where(GatewayRow.name == name))
    db.session.rollback()
    if wait := _until(ends, moment):
        raise NotYet("asked to wait", moment + wait)


def worked(name: str) -> None:
    """It took a text: it is there."""
    with transaction() as session:
        row = _row(session, name)
        if row.missed >= MOST_MISSED or row.unsure >= MOST_UNSURE:
            row.wait_until = row.away_until = None
        row.missed = row.unsure = 0


def asked_to_wait(name: str, moment: datetime, wait: timedelta) -> None:
    """It wants to be left alone for so long, by everybody."""
    with transaction() as session:
        row = _row(session, name)
        row.wait_until = max(row.wait_until or moment, moment + wait)


def missed(name: str, moment: datetime, *, others: bool) -> None:
    """It could not be reached; `others` is whether another one can take over."""
    with transaction() as session:
        row = _row(session, name)
        row.missed += 1
        _count(row, moment, away=others and row.missed >= MOST_MISSED, others=others)


def doubted(name: str, moment: datetime, *, others: bool) -> None:
    """Nobody knows whether it took a text."""
    with transaction() as session:
        row = _row(session, name)
        row.unsure += 1
        too_many = row.unsure >= MOST_UNSURE
        if too_many and not others:
            rest = min(FIRST_REST * 2 ** min(row.unsure - MOST_UNSURE, 10), LONGEST_REST)
            row.wait_until = max(row.wait_until or moment, moment + rest)
            log.error("gateway left alone", kind=name, detail="it does not tell whether it takes texts")
        _count(row, moment, away=others and too_many, others=others)


def refused(name: str, moment: datetime) -> None:
    """It wants nothing more of us, and another one takes over."""
    with transaction() as session:
        _count(_row(session, name), moment, away=True, others=True)


def _count(row: GatewayRow, moment: datetime, *, away: bool, others: bool) -> None:
    if row.failing_since is None or moment - row.failing_since > WINDOW:
        row.failures, row.failing_since = 0, moment
    row.failures += 1
    if away or (others and row.failures >= MOST_FAILURES):
        row.failures, row.failing_since = 0, None
        row.away_until = moment + AWAY
        log.error("gateway away", kind=row.name, detail="the other one sends")


def _row(session: Any, name: str) -> GatewayRow:
    row = session.get(GatewayRow, name, with_for_update=True)
    if row is None:
        session.execute(insert_if_new(GatewayRow).values(name=name, failures=0, missed=0, unsure=0))
        row = session.get(GatewayRow, name, with_for_update=True)
    found: GatewayRow = row
    return found


def _until(end: datetime | None, moment: datetime) -> timedelta:
    return max(timedelta(0), end - moment) if end is not None else timedelta(0)
