"""Turns at a gateway, shared by all workers through one row: its pace, its wish to be left alone, its absences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from clarion.api import NotYet, insert_if_new, log, transaction

from .gateways import Gateway
from .models import GatewayRow

PATIENCE = timedelta(seconds=4)
"""How long a text waits for its turn before it is put off: well below the lease on its page."""

LATER = timedelta(seconds=20)

BURST = timedelta(seconds=1)
"""Of idleness that may be made up for at once."""

WINDOW, MOST_FAILURES, MOST_MISSED = timedelta(seconds=60), 50, 3
"""Failures within a window, or times in a row that it could not be reached, after which the other one is used."""

AWAY = timedelta(minutes=5)
"""After which it is tried again."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is, and when."""

    gateway: Gateway
    wait: timedelta


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
        return Turn(gateway, max(turn - moment, timedelta(0)))


def check(name: str, moment: datetime) -> None:
    """Raise `NotYet` where a gateway has asked to be left alone since a text began to wait for its turn."""
    with transaction() as session:
        if wait := _until(_row(session, name).wait_until, moment):
            raise NotYet("asked to wait", moment + wait)


def worked(name: str) -> None:
    """It took a text: earlier failures are forgotten."""
    with transaction() as session:
        row = _row(session, name)
        if row.failures:
            row.failures, row.failing_since = 0, None


def asked_to_wait(name: str, moment: datetime, wait: timedelta) -> None:
    """It wants to be left alone for so long, by everybody."""
    with transaction() as session:
        row = _row(session, name)
        row.wait_until = max(row.wait_until or moment, moment + wait)


def failed(name: str, moment: datetime, *, missed: bool, others: bool) -> None:
    """It failed, or could not be reached at all; whether another one takes over is for `others`."""
    with transaction() as session:
        row = _row(session, name)
        if row.failing_since is None or moment - row.failing_since > WINDOW:
            row.failures, row.failing_since = 0, moment
        # the few times that it cannot be reached weigh as much as many failures
        row.failures += -(-MOST_FAILURES // MOST_MISSED) if missed else 1
        if others and row.failures >= MOST_FAILURES:
            row.away_until, row.failures, row.failing_since = moment + AWAY, 0, None
            log.error("gateway away", kind=name, detail="the other one sends")


def _row(session: Any, name: str) -> GatewayRow:
    row = session.get(GatewayRow, name, with_for_update=True)
    if row is None:
        session.execute(insert_if_new(GatewayRow).values(name=name, failures=0))
        row = session.get(GatewayRow, name, with_for_update=True)
    found: GatewayRow = row
    return found


def _until(end: datetime | None, moment: datetime) -> timedelta:
    return max(timedelta(0), end - moment) if end is not None else timedelta(0)
