"""What becomes of a row after a try: rest, another step, another try later, or failed until a person looks at it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from clarion.api import log

from . import pace
from .models import CHANNELS, DUE, FAILED, NOT, SEEN, SENT, THERE, TOLD, KeyRow, Signer
from .outcomes import NO_PETITION, Outcome
from .plans import Step, Subscribe, Unsubscribe, is_nobody, is_told

TRIES = 8
"""Tries in vain, while other calls worked, after which a row has failed."""

FIRST_WAIT, LONGEST_WAIT = 5.0, 3600.0
"""Seconds after a try in vain: twice as long each time, with jitter."""

BACKGROUND = timedelta(hours=6)
"""How long what was sent to be done in the background may take, before it is sent again otherwise."""

SURE = timedelta(minutes=1)
"""After which a call whose answer nobody saw has done what it does."""

LOOK = timedelta(hours=1)
"""After which what was sent to be done in the background is looked for by itself, and again."""


def note(key: KeyRow, came: Outcome, moment: datetime, name: str) -> None:
    """Write down for a key how a call went."""
    if came.kind == "key":
        if key.stopped_at is None:
            log.error("action network stopped", kind=name, code=came.code, detail="the key is refused")
        pace.stop(key, came.code, moment)
        return
    pace.note(key, came.code, moment, worked=came.kind != "busy", wait=came.wait)
    if came.kind == "again":
        # an empty answer may be all that tells of a wrong key
        key.checked_at = None


def done(
    session: Any, row: Signer, turn: int, step: Step, came: Outcome, moment: datetime, *, background: bool
) -> None:
    """A call did what it should."""
    row.attempt = row.crashes = 0
    if isinstance(step, Subscribe):
        for channel in step.channels:
            setattr(row, channel, SENT if background else SEEN)
        rest(session, row, turn, moment, step.channels)
        return
    row.due_at = moment
    if isinstance(step, Unsubscribe):
        _clear(row, step.channels)
    elif not came.person:
        _not_found(row, moment)


def _not_found(row: Signer, moment: datetime) -> None:
    """Nobody is there to take a yes back from: the yes never arrived, or it is still on its way."""
    on_its_way = BACKGROUND if is_told(row) else SURE
    arrives = (row.told_at or moment - on_its_way) + on_its_way
    if moment >= arrives:
        _clear(row, [channel for channel in CHANNELS if getattr(row, f"{channel}_ended")])
    else:
        row.due_at = min(arrives, moment + max(SURE, on_its_way / 12))


def rest(session: Any, row: Signer, turn: int, moment: datetime, agreed: Iterable[str] = ()) -> None:
    """Let a row rest, if nothing happened meanwhile and nothing is left to be taken back."""
    for channel in CHANNELS:
        if channel in agreed or getattr(row, channel) == NOT:
            setattr(row, f"{channel}_ended", False)
    row.lease_until, row.trying, row.due_at = None, False, moment
    if row.turn != turn or row.email_ended or row.sms_ended:
        return
    if is_nobody(row):
        session.delete(row)
    elif is_told(row):
        row.state, row.due_at = TOLD, moment + LOOK
    else:
        row.state = THERE


def in_vain(session: Any, row: Signer, turn: int, came: Outcome, moment: datetime, *, was_well: bool) -> None:
    """A call did not do what it should."""
    own_fault = came.kind == "again" or (came.kind == "busy" and was_well and came.code.startswith("5"))
    given_up = came.kind == "refused" or (own_fault and row.attempt >= TRIES)
    if row.turn != turn or came.kind == "key":
        row.due_at = moment
    elif given_up:
        row.state, row.due_at = FAILED, moment
        log.error("action network failed", kind=row.group_name, campaign=row.campaign, code=came.code)
    else:
        wait = min(FIRST_WAIT * 2 ** min(row.attempt - 1, 20), LONGEST_WAIT)
        wait *= 0.5 + random.random()  # noqa: S311 - it guards nothing
        row.due_at = moment + timedelta(seconds=max(wait, came.wait or 0.0))
    if came.code == NO_PETITION:
        _fail_all(session, row, moment)


def _fail_all(session: Any, row: Signer, moment: datetime) -> None:
    """The petition is not there: each of the campaign's signers would only learn it anew."""
    others = update(Signer).where(
        Signer.group_name == row.group_name,
        Signer.campaign == row.campaign,
        Signer.state == DUE,
        Signer.lease_until.is_(None),
        Signer.email_ended.is_(False),
        Signer.sms_ended.is_(False),
    )
    session.execute(others.values(state=FAILED, last_code=NO_PETITION, due_at=moment))


def _clear(row: Signer, channels: Iterable[str]) -> None:
    """Nothing is there of these channels any more."""
    for channel in channels:
        setattr(row, channel, NOT)
        setattr(row, f"{channel}_ended", False)
