"""Who is logged in: kept here and not in cookies, so that ending a session ends it everywhere at once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete, select, update

from ..extensions import Transaction, db, now, transaction
from .models import Staff, StaffSession

IDLE, LONGEST = timedelta(hours=12), timedelta(days=7)
"""For which a session lives without a visit, and altogether."""

HALF = timedelta(minutes=15)
"""For which one waits for the second factor."""

TOLD = timedelta(minutes=5)
MOST_TRIES = 5
"""Wrong codes of a second factor, after which one begins anew with the first."""


def begin(session: Transaction, staff_id: int, device: str, *, second: bool) -> str:
    """Log somebody in; the cookie. It is always a new one, so nobody can have put it there before (fixation)."""
    cookie, moment = secrets.token_urlsafe(32), now()
    row = StaffSession(
        digest=digest_of(cookie),
        staff_id=staff_id,
        began_at=moment,
        seen_at=moment,
        second_at=moment if second else None,
        device=device,
    )
    session.add(row)
    session.execute(update(Staff).where(Staff.id == staff_id).values(last_seen_on=moment.date()))
    return cookie


def find(cookie: str) -> tuple[StaffSession, Staff] | None:
    """The session of a cookie and its person, if it has not ended."""
    query = select(StaffSession, Staff).join(Staff, Staff.id == StaffSession.staff_id)
    row = db.session.execute(query.where(StaffSession.digest == digest_of(cookie))).one_or_none()
    if row is None:
        return None
    session, staff = row
    moment = now()
    if moment - session.seen_at > IDLE or moment - session.began_at > LONGEST:
        return None
    if moment - session.seen_at > TOLD:
        with transaction() as write:
            write.execute(update(StaffSession).where(StaffSession.id == session.id).values(seen_at=moment))
    return session, staff


def raise_to_second(session: Transaction, row: StaffSession) -> str:
    """The second factor was shown: a new cookie in place of the old."""
    cookie = secrets.token_urlsafe(32)
    renewed = update(StaffSession).where(StaffSession.id == row.id)
    session.execute(renewed.values(digest=digest_of(cookie), second_at=now(), tries=0))
    return cookie


def count_try(row: StaffSession) -> bool:
    """Count a code before it is looked at; `False` where there were too many, and the session is over."""
    with transaction() as session:
        mine = update(StaffSession).where(StaffSession.id == row.id, StaffSession.tries < MOST_TRIES)
        if session.execute(mine.values(tries=StaffSession.tries + 1)).rowcount:  # type: ignore[attr-defined]
            return True
        session.execute(delete(StaffSession).where(StaffSession.id == row.id))
        return False


def end(row_id: int, staff_id: int) -> bool:
    """End one session of somebody."""
    with transaction() as session:
        mine = delete(StaffSession).where(StaffSession.id == row_id, StaffSession.staff_id == staff_id)
        return bool(session.execute(mine).rowcount)  # type: ignore[attr-defined]


def end_all(session: Transaction, staff_id: int, *, but: int = 0) -> None:
    """End every session of somebody, or all but one: what they may do has changed, or a factor has."""
    session.execute(delete(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.id != but))


def listed(staff_id: int) -> list[StaffSession]:
    """The sessions of somebody, the latest first."""
    query = select(StaffSession).filter_by(staff_id=staff_id).order_by(StaffSession.seen_at.desc())
    return list(db.session.scalars(query))


def forget() -> int:
    """Take out what has ended by itself; how many."""
    moment = now()
    with transaction() as session:
        over = delete(StaffSession).where(
            (StaffSession.seen_at < moment - IDLE)
            | (StaffSession.began_at < moment - LONGEST)
            | (StaffSession.second_at.is_(None) & (StaffSession.began_at < moment - LONGEST))
        )
        return int(session.execute(over).rowcount)  # type: ignore[attr-defined]


def digest_of(cookie: str) -> bytes:
    """What is kept of a cookie."""
    return hashlib.sha256(cookie.encode(errors="replace")).digest()
