"""Our own texts that are no signer's: written down sealed, with their message in the outbox, in one transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from clarion.api import db, drop_texts, now, number_index, put_text, seal_for

from .models import OwnText
from .phrases import say
from .places import Place

REPLY = "reply"
"""The kind of their messages."""

MOST_A_DAY = 40
"""Answers that one phone gets in a day: whoever writes on and on writes to a person, and costs nothing."""


def answer(session: Any, place: Place, number: str, language: str, phrase: str, **values: object) -> bool:
    """Answer a phone in a phrase; `False` where it had enough answers today."""
    words = say(phrase, language, place.own.words, **{**place.values(language), **values})
    return write(session, place, number, phrase, words)


def write(session: Any, place: Place, number: str, phrase: str, words: str) -> bool:
    """Answer a phone in these words; `False` where it had enough answers today."""
    index = number_index(number)
    lately = select(func.count()).where(OwnText.phone_index == index, OwnText.made_at > now() - timedelta(days=1))
    if (session.scalar(lately) or 0) >= MOST_A_DAY:
        return False
    sealed = seal_for(place.id, {"number": number, "words": words, "sender": place.own.number})
    text = OwnText(campaign_id=place.id, phone_index=index, phrase=phrase, sealed=sealed, made_at=now())
    session.add(text)
    session.flush()
    put_text(session, REPLY, place.id, f"sms {REPLY}:{text.id}", about_id=text.id)
    return True


def take_back(session: Any, index: bytes) -> None:
    """Send nothing of what waits for a phone."""
    waiting = list(session.scalars(select(OwnText.id).where(OwnText.phone_index == index)))
    if waiting:
        drop_texts(session, REPLY, waiting)


def find(text_id: int | None) -> OwnText | None:
    """One of them."""
    return db.session.get(OwnText, text_id) if text_id is not None else None
