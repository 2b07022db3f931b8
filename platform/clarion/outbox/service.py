"""Putting messages in, taking them out under a lease, and settling what became of them (rule 9)."""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select, update

from ..extensions import Transaction, db, insert_if_new, now, transaction
from .models import CAPPED, DUE, FAILED, SENT, SET_ASIDE, Message

LEASE = timedelta(seconds=90)
"""Longer than one send may take; after it a worker is taken to be dead."""

MAX_CRASHES = 3
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
GIVE_UP = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Leased:
    """A message that this worker alone may send until the lease runs out."""

    id: int
    kind: str
    channel: str
    campaign_id: int
    signature_id: int
    attempt: int
    token: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be put in. Its `dedupe_key` names what the mailbox shall get once only."""

    kind: str
    campaign_id: int
    signature_id: int
    dedupe_key: str
    state: str = DUE
    channel: str = "email"


def put(session: Transaction, messages: Sequence[NewMessage]) -> list[int | None]:
    """Write messages into the caller's transaction and return their ids, in order.

    Where one with the same `dedupe_key` is there already, the mailbox has had this mail: a row in
    state `capped` is written instead, which keeps the work of both cases the same (rule 5), and the
    id is `None`.
    """
    moment = now()
    rows = [_row(message, moment) for message in messages]
    insert = insert_if_new(Message).returning(Message.id, Message.dedupe_key)
    ids = {key: id for id, key in session.execute(insert, rows)}
    found = [ids.pop(message.dedupe_key, None) for message in messages]
    capped = [
        {**row, "dedupe_key": secrets.token_hex(16), "state": CAPPED}
        for row, id in zip(rows, found, strict=True)
        if id is None
    ]
    if capped:
        session.execute(insert_if_new(Message), capped)
    return found


def _row(message: NewMessage, moment: datetime) -> dict[str, object]:
    return {
        "kind": message.kind,
        "channel": message.channel,
        "campaign_id": message.campaign_id,
        "signature_id": message.signature_id,
        "dedupe_key": message.dedupe_key,
        "state": message.state,
        "attempt": 0,
        "crashes": 0,
        "last_code": "",
        "due_at": moment,
        "created_at": moment,
    }


def due_ids(limit: int) -> list[int]:
    """Messages that should leave now and that no living worker holds, the oldest first."""
    moment = now()
    query = (
        select(Message.id)
        .where(Message.state == DUE, Message.due_at <= moment)
        .where(or_(Message.lease_until.is_(None), Message.lease_until < moment))
        .order_by(Message.due_at, Message.id)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def lease(message_id: int) -> Leased | None:
    """Take a message, counting the attempt before the try; `None` if it is not to be sent now.

    A message whose lease ran out three times kills workers: it is set aside for a person to look at.
    """
    moment = now()
    token = secrets.token_hex(16)
    free = or_(Message.lease_until.is_(None), Message.lease_until < moment)
    crashed = Message.lease_until.is_not(None)
    ready = and_(Message.id == message_id, Message.state == DUE, Message.due_at <= moment, free)
    with transaction() as session:
        set_aside = update(Message).where(ready, crashed, Message.crashes >= MAX_CRASHES - 1)
        if session.execute(set_aside.values(state=SET_ASIDE, crashes=Message.crashes + 1)).rowcount:  # type: ignore[attr-defined]
            return None
        session.execute(update(Message).where(ready, crashed).values(crashes=Message.crashes + 1))
        taken = session.execute(
            update(Message)
            .where(ready)
            .values(lease_until=moment + LEASE, lease_token=token, attempt=Message.attempt + 1)
            .returning(
                Message.kind,
                Message.channel,
                Message.campaign_id,
                Message.signature_id,
                Message.attempt,
                Message.created_at,
            )
        ).one_or_none()
    if taken is None:
        return None
    return Leased(
        message_id,
        taken.kind,
        taken.channel,
        taken.campaign_id,
        taken.signature_id,
        taken.attempt,
        token,
        taken.created_at,
    )


def end_leases() -> int:
    """End all leases now: for a worker that knows it is the only one, so whoever held them is dead.

    Each counts as a crash, so a message that kills its worker at every start is set aside in the end.
    """
    with transaction() as session:
        held = update(Message).where(Message.state == DUE, Message.lease_until.is_not(None))
        return int(session.execute(held.values(lease_until=now())).rowcount)  # type: ignore[attr-defined]


def settle(leased: Leased, state: str, code: str) -> bool:
    """Write down what became of a message; `False` if the lease was lost to another worker meanwhile."""
    values: dict[str, object] = {
        "state": state,
        "last_code": code[:80],
        "lease_until": None,
        "lease_token": None,
    }
    if state == SENT:
        values["sent_at"] = now()
    return _settle(leased, values)


def put_off(leased: Leased, code: str, wait: timedelta | None = None) -> bool:
    """Try again later: 30 seconds first, doubling to an hour, with jitter; after three days it has failed."""
    if now() - leased.created_at > GIVE_UP:
        return settle(leased, FAILED, code)
    doubled = min(FIRST_WAIT * 2 ** min(leased.attempt - 1, 10), LONGEST_WAIT)
    pause = wait or doubled * random.uniform(0.8, 1.2)  # noqa: S311 - jitter is no secret
    return _settle(leased, {"due_at": now() + pause, "last_code": code[:80], "lease_until": None, "lease_token": None})


def _settle(leased: Leased, values: dict[str, object]) -> bool:
    with transaction() as session:
        fenced = update(Message).where(Message.id == leased.id, Message.lease_token == leased.token)
        return bool(session.execute(fenced.values(values)).rowcount)  # type: ignore[attr-defined]
