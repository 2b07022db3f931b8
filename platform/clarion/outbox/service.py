"""Putting messages in, taking them out under a lease, and settling what became of them (rule 9)."""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Table,
    and_,
    bindparam,
    case,
    column,
    func,
    or_,
    select,
    table,
    update,
)

from ..extensions import Transaction, db, now, this_minute, transaction, writing
from ..rows import insert_new_rows
from .models import CAPPED, DUE, FAILED, FIRST, HELD, NEEDLESS, SENT, SET_ASIDE, UNKNOWN, Message

_table = cast(Table, Message.__table__)

LEASE = timedelta(seconds=15)
"""How long a worker that says nothing is taken to be alive; it says something every five seconds."""

PAGE = 20
"""Messages that one thread takes at once."""

MAX_CRASHES = 3
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
GIVE_UP = timedelta(hours=72)

LATER = timedelta(minutes=10)
"""After how long a message that must not leave yet is asked about again."""

BLOCKED = "blocked"
"""How the code of a message begins that waits because the other side refuses us."""


@dataclass(frozen=True, slots=True)
class Leased:
    """A message that this worker alone may send while it keeps the lease."""

    id: int
    kind: str
    channel: str
    campaign_id: int
    signature_id: int | None
    attempt: int
    token: str
    created_at: datetime
    about_id: int | None = None
    counted: bool = False
    """Whether it stands in the count of what its mailbox gets."""


REPEATABLE = ("confirm",)
"""Kinds of mails that may reach a mailbox twice after an unsure send: better than a name that never counts (rule 9)."""

NEVER_TWICE = "sms"
"""The channel that repeats nothing unasked, of whatever kind: a text too many costs money and trust."""


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to be put in. Its `dedupe_key` names what the mailbox shall get once only."""

    kind: str
    campaign_id: int
    signature_id: int | None
    dedupe_key: str
    state: str = DUE
    channel: str = "email"
    priority: int = FIRST
    about_id: int | None = None
    due_at: datetime | None = None
    """Without it, at once."""


def put(connection: Connection, messages: Sequence[NewMessage]) -> list[bool]:
    """Write messages into the caller's transaction; for each, in order, whether it will go out.

    Where one with the same `dedupe_key` is there already, the mailbox has had this mail: a row in
    state `capped` is written instead, which keeps the work of both cases the same (rule 5).
    """
    moment = this_minute()
    rows = [_row(message, moment) for message in messages]
    if any(message.about_id for message in messages):
        rows = [{**row, "about_id": message.about_id} for row, message in zip(rows, messages, strict=True)]
    new = {key for (key,) in insert_new_rows(connection, Message, rows, ("dedupe_key",))}
    capped = []
    goes_out = []
    for row in rows:
        is_new = row["dedupe_key"] in new
        new.discard(row["dedupe_key"])
        goes_out.append(is_new and row["state"] == DUE)
        if not is_new:
            capped.append({**row, "dedupe_key": secrets.token_hex(16), "state": CAPPED})
    if capped:
        insert_new_rows(connection, Message, capped)
    return goes_out


def _row(message: NewMessage, moment: datetime) -> dict[str, object]:
    return {
        "kind": message.kind,
        "channel": message.channel,
        "campaign_id": message.campaign_id,
        "signature_id": message.signature_id,
        "dedupe_key": message.dedupe_key,
        "state": message.state,
        "priority": message.priority,
        "trying": False,
        "attempt": 0,
        "crashes": 0,
        "last_code": "",
        "due_at": message.due_at or moment,
        # trying ends three days after it began, and one that is for later has not begun
        "created_at": message.due_at or moment,
    }


def lease(channel: str, owner: str, limit: int = PAGE) -> list[Leased]:
    """Take a page of due messages for a worker, confirmations first, the oldest first.

    Nothing is counted yet: taking a page costs no message anything. On PostgreSQL workers step over
    each other's rows; SQLite has one writer at a time.
    """
    moment = now()
    free = or_(Message.lease_until.is_(None), Message.lease_until < moment)
    ready = and_(Message.state == DUE, Message.channel == channel, Message.due_at <= moment, free)
    page = (
        select(Message.id)
        # what is begun after the dead were buried is in somebody's hands, however long the lease has been over
        .where(ready, Message.trying.is_(False))
        .order_by(Message.priority, Message.due_at, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    # a lease that is lost with the machine costs nothing, and what is begun under it is on disk with it
    with transaction(durable=False) as session:
        _bury_the_dead(session, ready)
        taken = update(Message).where(Message.id.in_(page.scalar_subquery()))
        rows = session.execute(
            taken.values(lease_until=moment + LEASE, lease_token=owner).returning(
                Message.id,
                Message.kind,
                Message.channel,
                Message.campaign_id,
                Message.signature_id,
                Message.attempt,
                Message.created_at,
                Message.about_id,
                Message.counted,
                Message.priority,
            )
        ).all()
    rows = sorted(rows, key=lambda row: (row.priority, row.id))
    return [
        Leased(
            row.id,
            row.kind,
            row.channel,
            row.campaign_id,
            row.signature_id,
            row.attempt,
            owner,
            row.created_at,
            row.about_id,
            row.counted,
        )
        for row in rows
    ]


def _bury_the_dead(session: Transaction, ready: ColumnElement[bool]) -> None:
    """Settle what dead workers had begun: a confirmation may be repeated, anything else must not be.

    A message that took three workers with it is set aside for a person to look at (rule 9).
    """
    begun = update(Message).where(ready, Message.trying)
    once = or_(Message.kind.not_in(REPEATABLE), Message.channel == NEVER_TWICE)
    fate = case((once, UNKNOWN), (Message.crashes >= MAX_CRASHES - 1, SET_ASIDE), else_=DUE)
    session.execute(
        begun.values(state=fate, crashes=Message.crashes + 1, trying=False, last_code="worker died", lease_token=None)
    )


def begin(leased: Leased, settled: Sequence[Settlement] = (), unless: bytes | None = None) -> Leased | None:
    """Count the attempt and write that it begins, before the try; `None` if the lease was lost.

    `unless` is what its mailbox is known by in the list of those that get nothing: who came onto it since the page was
    looked at is spared by the same statement that begins the try.

    What became of earlier messages is written in the same transaction: one commit for each message,
    and a worker that dies leaves one message in doubt, the one it was at.
    """
    with writing() as connection:
        for settlement in settled:
            _settle(connection, settlement)
        mine: dict[str, object] = {"mine": leased.id, "owner": leased.token}
        begun = _BEGIN if unless is None else _BEGIN_UNLESS
        row = connection.execute(begun, mine if unless is None else {**mine, "unless": unless}).one_or_none()
    return None if row is None else replace(leased, attempt=row.attempt)


_BEGIN = (
    update(_table)
    .where(_table.c.id == bindparam("mine"), _table.c.lease_token == bindparam("owner"), _table.c.state == DUE)
    .values(trying=True, attempt=_table.c.attempt + 1)
    .returning(_table.c.attempt)
)
_silent = table("suppression", column("mailbox_index", LargeBinary))
_BEGIN_UNLESS = _BEGIN.where(~select(_silent).where(_silent.c.mailbox_index == bindparam("unless")).exists())


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of one message."""

    leased: Leased
    state: str
    code: str
    due_at: datetime | None = None


def sent(leased: Leased, code: str) -> Settlement:
    """The other side took it."""
    return Settlement(leased, SENT, code)


def failed(leased: Leased, code: str) -> Settlement:
    """It will never be taken. It stays failed and visible (rule 10)."""
    return Settlement(leased, FAILED, code)


def needless(leased: Leased) -> Settlement:
    """There is nothing to say any more: the signature is gone, or was confirmed meanwhile."""
    return Settlement(leased, NEEDLESS, "")


def unsure(leased: Leased, code: str) -> Settlement:
    """Nobody can tell. A confirmation is tried again under the same Message-ID, anything else is not."""
    repeatable = leased.kind in REPEATABLE and leased.channel != NEVER_TWICE
    return put_off(leased, code) if repeatable else Settlement(leased, UNKNOWN, code)


def put_off(leased: Leased, code: str, wait: timedelta | None = None) -> Settlement:
    """Try again later: 30 seconds first, doubling to an hour, with jitter; after three days it has failed."""
    if now() - leased.created_at > GIVE_UP:
        return failed(leased, code)
    return Settlement(leased, DUE, code, now() + (wait or _pause(leased)))


def blocked(leased: Leased, code: str) -> Settlement:
    """The other side refuses us: the message is put off, and stays due until somebody has set that right."""
    return Settlement(leased, DUE, f"{BLOCKED} {code}", now() + _pause(leased))


def not_yet(leased: Leased, code: str, at: datetime | None = None) -> Settlement:
    """It must not leave now, for a reason of ours: the message stays due for as long as that takes."""
    return Settlement(leased, DUE, code, at or now() + LATER)


def _pause(leased: Leased) -> timedelta:
    doubled: timedelta = min(FIRST_WAIT * 2 ** min(max(leased.attempt - 1, 0), 10), LONGEST_WAIT)
    return doubled * random.uniform(0.8, 1.2)  # noqa: S311 - jitter is no secret


def settle(settled: Sequence[Settlement]) -> None:
    """Write down what became of messages."""
    if settled:
        with writing() as connection:
            for settlement in settled:
                _settle(connection, settlement)


_SETTLE = (
    # fenced: a worker that was taken for dead may not overwrite what its successor did
    update(_table)
    .where(
        _table.c.id == bindparam("mine"),
        _table.c.lease_token == bindparam("owner"),
        _table.c.attempt == bindparam("tried"),
    )
    .values(
        state=bindparam("new_state"),
        last_code=bindparam("code"),
        due_at=func.coalesce(bindparam("new_due_at", type_=_table.c.due_at.type), _table.c.due_at),
        sent_at=bindparam("new_sent_at", type_=_table.c.sent_at.type),
        lease_until=None,
        lease_token=None,
        trying=False,
    )
)


def _settle(connection: Connection, settlement: Settlement) -> None:
    leased = settlement.leased
    connection.execute(
        _SETTLE,
        {
            "mine": leased.id,
            "owner": leased.token,
            "tried": leased.attempt,
            "new_state": settlement.state,
            "code": settlement.code[:80],
            "new_due_at": settlement.due_at,
            "new_sent_at": this_minute() if settlement.state == SENT else None,
        },
    )


def give_back(owner: str, leased: Sequence[Leased]) -> None:
    """Let others have messages that were taken and not begun."""
    if leased:
        with transaction() as session:
            ids = [one.id for one in leased]
            mine = update(Message).where(Message.id.in_(ids), Message.lease_token == owner, Message.trying.is_(False))
            session.execute(mine.values(lease_until=None, lease_token=None))


def held(campaign_id: int) -> int:
    """How many messages of a campaign wait for a second look at their signature."""
    query = select(func.count()).select_from(Message).filter_by(campaign_id=campaign_id, state=HELD)
    return db.session.scalar(query) or 0


def release(campaign_id: int) -> int:
    """Let the held messages of a campaign go; how many."""
    with transaction() as session:
        waiting = update(Message).where(Message.campaign_id == campaign_id, Message.state == HELD)
        return int(session.execute(waiting.values(state=DUE, due_at=this_minute(), created_at=this_minute())).rowcount)  # type: ignore[attr-defined]


def keep_alive(leased: Sequence[Leased]) -> int:
    """Renew the leases of what a worker has in its hands; how many it still holds."""
    if not leased:
        return 0
    ids, owners = [one.id for one in leased], {one.token for one in leased}
    with transaction() as session:
        held = update(Message).where(Message.id.in_(ids), Message.lease_token.in_(owners), Message.state == DUE)
        return int(session.execute(held.values(lease_until=now() + LEASE)).rowcount)  # type: ignore[attr-defined]


def end_leases() -> int:
    """End all leases now: for a worker that knows it is the only one, so whoever held them is dead."""
    with transaction() as session:
        held = update(Message).where(Message.state == DUE, Message.lease_until.is_not(None))
        return int(session.execute(held.values(lease_until=now() - LEASE)).rowcount)  # type: ignore[attr-defined]


def channels_due() -> list[str]:
    """The lanes in which something waits to leave now."""
    moment = now()
    free = or_(Message.lease_until.is_(None), Message.lease_until < moment)
    query = select(Message.channel).where(Message.state == DUE, Message.due_at <= moment, free).distinct()
    return list(db.session.scalars(query))
