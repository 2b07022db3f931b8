"""What gateways tell of texts that they took: in any order, any number of times, and it only ever moves forward."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, column, select, table, update

from clarion.api import (
    db,
    insert_if_new,
    log,
    now,
    number_is_gone,
    stop_number,
    text_failed,
    text_was_taken,
    transaction,
)

from .gateways import Told
from .models import ToldText

_message = table("message", column("id"), column("state"), column("channel"))
"""Of the outbox, to read."""

RANKS = {"sent": 1, "delivered": 2, "failed": 3}
"""A text that was delivered does not become one that is under way; that it failed is said last."""


def knows(message_id: int) -> bool:
    """Whether anything was told of a text, so that it was taken."""
    found = db.session.scalar(select(ToldText.rank).where(ToldText.message_id == message_id))
    db.session.rollback()
    return found is not None


def take_in(gateway: str, told: Told) -> None:
    """Keep it, if it is news. A text that nobody knew to have left is known to have, once anything is told of it."""
    if told.stopped or told.gone:
        # first, and under its own name: told twice it is one, and a crash before the rest loses nothing
        number_is_gone(gateway, told.message_id, told.code, stopped=told.stopped)
    row = {"message_id": told.message_id, "rank": 0, "state": "", "code": "", "told_at": now()}
    with transaction() as session:
        session.execute(insert_if_new(ToldText).values(row))
        further = update(ToldText).where(ToldText.message_id == told.message_id, ToldText.rank < RANKS[told.state])
        values = {"rank": RANKS[told.state], "state": told.state, "code": told.code, "told_at": now()}
        if not session.execute(further.values(values)).rowcount:  # type: ignore[attr-defined]
            return
        _settle(session, told.message_id, told.state, told.code)
        if told.state == "failed" and (told.stopped or told.gone) and told.number:
            # an answer in a talk has no signer by whom the number could be found later
            stop_number(session, told.number)
    log.info("text told of", kind=told.state, message_id=told.message_id, code=told.code)


def catch_up() -> int:
    """Settle texts that are unknown and were told of before they were: a worker died, or both met. How many."""
    unknown = and_(_message.c.state == "unknown", _message.c.channel == "sms")
    columns = (ToldText.message_id, ToldText.state, ToldText.code)
    found = select(*columns).join(_message, _message.c.id == ToldText.message_id).where(unknown)
    rows = db.session.execute(found).all()
    if rows:
        with transaction() as session:
            for row in rows:
                _settle(session, *row)
    return len(rows)


def _settle(session: Any, message_id: int, state: str, code: str) -> None:
    if state == "failed":
        text_failed(session, message_id, code)
    else:
        text_was_taken(session, message_id)
