"""What gateways tell of texts that they took: in any order, any number of times, and it only ever moves forward."""

from __future__ import annotations

from sqlalchemy import update

from clarion.api import insert_if_new, log, now, number_is_gone, stop_number, text_failed, text_was_taken, transaction

from .gateways import Told
from .models import ToldText

RANKS = {"sent": 1, "delivered": 2, "failed": 3}
"""A text that was delivered does not become one that is under way; that it failed is said last."""


def take_in(gateway: str, told: Told) -> None:
    """Keep it, if it is news. A text that nobody knew to have left is known to have, once anything is told of it."""
    row = {"message_id": told.message_id, "rank": 0, "state": "", "code": "", "told_at": now()}
    with transaction() as session:
        session.execute(insert_if_new(ToldText).values(row))
        further = update(ToldText).where(ToldText.message_id == told.message_id, ToldText.rank < RANKS[told.state])
        values = {"rank": RANKS[told.state], "state": told.state, "code": told.code, "told_at": now()}
        if not session.execute(further.values(values)).rowcount:  # type: ignore[attr-defined]
            return
        if told.state == "failed":
            text_failed(session, told.message_id, told.code)
            if told.stopped and told.number:
                # an answer in a talk has no signer by whom the number could be found later
                stop_number(session, told.number)
        else:
            text_was_taken(session, told.message_id)
    if told.stopped or told.gone:
        number_is_gone(gateway, told.message_id, told.code, stopped=told.stopped)
    log.info("text told of", kind=told.state, message_id=told.message_id, code=told.code)
