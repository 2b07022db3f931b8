"""What people wrote and nobody has read yet: until somebody has, their phone gets no text that it did not ask for.

No list of wordings holds every way to say that one wants no more texts. So whatever no rule has understood counts as
such a wish for as long as it may be one: texts to many wait for a person who reads it, and nobody's texts go on for
want of a reader (47 CFR 64.1200(a)(10)).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import column, func, select, table, update

from clarion.api import db, log, now, number_index, open_for, stop_number, transaction

from .models import DONE, INBOX, WAITING, ReceivedText

CODE = "unread words"
"""Why a text to many waits."""

LONGEST = timedelta(days=30)
"""After which what nobody has read is taken for a stop."""

LATE = timedelta(days=1)

_message = table("message", column("state"), column("channel"), column("last_code"), column("campaign_id"))
"""Of the outbox, to read."""


def settle(session: Any, id: int, signature_id: int | None = None, *, unread: bool = False) -> bool:
    """Take a text from the pile, in the transaction that answers it; `False` where another worker has.

    What is `unread` is for a person too: it may be a wish for no more texts, in words that no rule knows.
    """
    mine = update(ReceivedText).where(ReceivedText.id == id, ReceivedText.state == WAITING)
    values: dict[str, Any] = {"state": INBOX, "signature_id": signature_id}
    if not unread:
        values = {"state": DONE, "sealed": b""}
    return bool(session.execute(mine.values(values)).rowcount)


def for_a_person(id: int, signature_id: int | None = None) -> None:
    """Let a person read a text; with the signature of whoever wrote it, it is erased."""
    with transaction() as session:
        settle(session, id, signature_id, unread=True)


def says_something(words: str) -> bool:
    """Whether a person should read what was no answer; a wrong ZIP code alone says nothing more."""
    return any(letter.isalpha() for letter in words)


def is_unread(number: str) -> bool:
    """Whether a phone wrote something that nobody has read."""
    mine = select(ReceivedText.id).where(
        ReceivedText.phone_index == number_index(number), ReceivedText.state.in_((WAITING, INBOX))
    )
    return db.session.scalar(mine.limit(1)) is not None


def texts_held(campaign_id: int) -> int:
    """How many texts of a campaign wait for that."""
    held = select(func.count()).select_from(_message)
    mine = held.where(_message.c.state == "due", _message.c.channel == "sms", _message.c.last_code == CODE)
    return db.session.scalar(mine.where(_message.c.campaign_id == campaign_id)) or 0


def warn() -> None:
    """Say that somebody waits to be read since yesterday."""
    late = select(func.count()).where(ReceivedText.state == INBOX, ReceivedText.received_at < now() - LATE)
    if count := db.session.scalar(late) or 0:
        log.warning("texts not read", count=count)


def take_for_stops(moment: datetime) -> None:
    """Stop the phones whose words nobody has read in time."""
    old = select(ReceivedText).where(ReceivedText.state == INBOX, ReceivedText.received_at < moment - LONGEST)
    for row in db.session.scalars(old).all():
        with transaction() as session:
            try:
                number = open_for(row.campaign_id or 0, row.sealed)["number"]
            except LookupError:
                number = ""  # the campaign's signers are erased, and this phone with them
            if number:
                stop_number(session, number)
            session.delete(session.merge(row))
