"""Leave to do one thing once: made here, checked here, and used up by one statement."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Literal

from sqlalchemy import delete, func, select, update

from ..extensions import Transaction, db, now, transaction
from .marks import Marks, browser_digest, number_in, same
from .models import Letter, Staff, Ticket

Purpose = Literal["login", "setup", "challenge"]

ENDS_AFTER: dict[str, timedelta] = {
    "login": timedelta(minutes=15),
    "setup": timedelta(hours=24),
    "challenge": timedelta(minutes=5),
}
MOST_TRIES = 5
"""Codes that may be typed for one mail, in the browser that asked for it: so a stranger uses up nobody's tries."""

MAILS_AN_HOUR = 6
"""To one person. Whoever asks more often gets the same answer and no mail; earlier mails and passkeys go on working."""

KEPT = timedelta(days=1)


def ask_by_mail(email: str, browser: str, language: str) -> int:
    """Let somebody log in by a mail; the number of their ticket. Known or not, the same is answered (rule 5)."""
    moment = now()
    with transaction() as session:
        staff = session.scalar(select(Staff).filter_by(email=email))
        lately = (Ticket.staff_id == (staff.id if staff else 0), Ticket.made_at > moment - timedelta(hours=1))
        mailed = select(func.count()).select_from(Ticket).where(*lately, Ticket.mailed)
        few = (session.scalar(mailed) or 0) < MAILS_AN_HOUR
        ticket = _new(session, "login", staff.id if staff else None, browser, language)
        ticket.mailed = bool(staff and few)
        # to whom nothing is sent has a letter too, for a second: the same is written, in the same time
        session.add(Letter(ticket_id=ticket.id, due_at=moment))
        return ticket.id


def make(purpose: Purpose, staff_id: int | None = None, browser: str = "") -> Ticket:
    """A ticket for what is not asked for by mail."""
    with transaction() as session:
        return _new(session, purpose, staff_id, browser, "")


def by_token(marks: Marks, purpose: Purpose, token: str) -> Ticket | None:
    """The ticket that a link names, if it is real, in time and unused."""
    ticket = _open(number_in(token), purpose)
    if ticket is None or not same(token, marks.token(purpose, ticket.id, ticket.nonce)):
        return None
    return ticket


def by_code(marks: Marks, number: int, browser: str, typed: str) -> Ticket | None:
    """The ticket whose code was typed in the browser that asked for it; each try is counted before it is looked at."""
    with transaction() as session:
        mine = update(Ticket).where(
            Ticket.id == number,
            Ticket.purpose == "login",
            Ticket.browser == browser_digest(browser),
            Ticket.tries < MOST_TRIES,
        )
        if not session.execute(mine.values(tries=Ticket.tries + 1)).rowcount:  # type: ignore[attr-defined]
            return None
    ticket = _open(number, "login")
    if ticket is None or ticket.staff_id is None or not same(typed, marks.code(ticket.nonce)):
        return None
    return ticket


def challenge(number: int | None, browser: str) -> Ticket | None:
    """What a passkey of this browser was asked to sign a moment ago."""
    ticket = _open(number, "challenge")
    return ticket if ticket and ticket.browser == browser_digest(browser) else None


def use(session: Transaction, ticket: Ticket) -> bool:
    """Use it up; `False` if somebody else just did."""
    unused = update(Ticket).where(Ticket.id == ticket.id, Ticket.used_at.is_(None))
    return bool(session.execute(unused.values(used_at=now())).rowcount)  # type: ignore[attr-defined]


def forget() -> int:
    """Take out what has long ended; how many."""
    with transaction() as session:
        moment = now()
        ended = Ticket.staff_id.is_(None) & (Ticket.ends_at < moment)
        old = delete(Ticket).where(ended | (Ticket.ends_at < moment - KEPT))
        return int(session.execute(old).rowcount)  # type: ignore[attr-defined]


def _new(session: Transaction, purpose: Purpose, staff_id: int | None, browser: str, language: str) -> Ticket:
    moment = now()
    ticket = Ticket(
        purpose=purpose,
        nonce=secrets.token_bytes(16),
        staff_id=staff_id,
        browser=browser_digest(browser) if browser else b"",
        language=language,
        made_at=moment,
        ends_at=moment + ENDS_AFTER[purpose],
    )
    session.add(ticket)
    session.flush()
    return ticket


def _open(number: int | None, purpose: Purpose) -> Ticket | None:
    ticket = db.session.get(Ticket, number, populate_existing=True) if number is not None else None
    good = ticket and ticket.purpose == purpose and ticket.used_at is None and ticket.ends_at > now()
    return ticket if good else None
