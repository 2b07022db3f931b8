"""What is forgotten: with their signature all that somebody wrote, and everything after its time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from clarion.api import Event, is_there, transaction

from . import tallies, unread
from .models import Conversation, OwnText, ReceivedText, ToldText

TALKS = timedelta(days=7)
"""After which a talk in which nobody spoke is over, and what was said in it is deleted."""

KEPT = timedelta(days=90)
"""After which what people wrote is deleted. That a text was taken in, without its words, is known as long: a START that
somebody has kept and sends again lifts no later stop."""

TOLD = timedelta(days=30)
"""After which nobody needs to know what companies told of a text."""


def take_in(happened: Sequence[Event]) -> None:
    """Delete what was written from the phone of a signature that was erased."""
    for event in happened:
        if event.kind == "signature.withdrawn" and event.signature is not None and not is_there(event.signature):
            _forget(event.signature)


def forget_old(moment: datetime) -> None:
    """Delete what is past its time. What nobody has read by then is taken for a stop first."""
    unread.take_for_stops(moment)
    with transaction() as session:
        session.execute(delete(Conversation).where(Conversation.spoken_at < moment - TALKS))
        session.execute(delete(OwnText).where(OwnText.made_at < moment - TALKS))
        session.execute(delete(ReceivedText).where(ReceivedText.received_at < moment - KEPT))
        session.execute(delete(ToldText).where(ToldText.told_at < moment - TOLD))
    tallies.forget(moment)


def _forget(signature_id: int) -> None:
    with transaction() as session:
        session.execute(delete(ReceivedText).where(ReceivedText.signature_id == signature_id))
        talks = select(Conversation).filter_by(signature_id=signature_id)
        for talk in session.scalars(talks).all():
            for model in (OwnText, ReceivedText):
                mine = (model.campaign_id == talk.campaign_id, model.phone_index == talk.phone_index)
                session.execute(delete(model).where(*mine))
            session.delete(talk)
