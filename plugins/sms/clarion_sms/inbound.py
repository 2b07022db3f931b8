"""A text comes in: opt-outs take effect at once, in the request that brings them; all else waits for a worker.

The processes that face the public can seal what was written and cannot open it again. So what a text means in a talk is
read by a worker, a moment later.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import delete, select

from clarion.api import (
    db,
    insert_if_new,
    log,
    now,
    number_index,
    seal_for,
    start_number,
    stop_number,
    transaction,
    wake_texts,
)

from . import answers
from .conversation import yes_or_no
from .gateways import Received
from .models import DONE, WAITING, Conversation, ReceivedText
from .optout import read
from .places import Place, places, places_with

LONGEST = 1600
"""Letters of a text, as gateways join its parts; what is beyond is cut off."""


def receive(received: Received) -> None:
    """Take in a text; told ten times, it is one."""
    received = replace(received, **{name: _storable(getattr(received, name)) for name in ("key", "sender", "number")})
    words = _storable(received.words)[:LONGEST]
    index, here = number_index(received.sender), places_with(received.number)
    place, language = _belongs(here or list(places()), words, index)
    # "no thanks" ends all texts, but not where it answers a question
    wish = "other" if yes_or_no(words) is not None and _is_asked(index) else read(words)
    with transaction() as session:
        row = _row(received, index, place)
        waits = wish == "other" and place is not None
        row |= {
            "state": WAITING if waits else DONE,
            "language": language,
            "sealed": _sealed(place, received.sender, words) if waits and place else b"",
        }
        if session.scalar(insert_if_new(ReceivedText).values(row).returning(ReceivedText.id)) is None:
            return
        if wish != "other":
            obey(session, wish, received.sender, place, index)
    log.info("text received", kind=received.gateway)
    wake_texts()


def _storable(words: str) -> str:
    """Without what no database keeps: JSON may hold NUL and halves of letters."""
    return words.replace("\0", "").encode(errors="replace").decode()


def _belongs(here: list[Place], words: str, index: bytes) -> tuple[Place | None, str]:
    """The campaign that a text belongs to and, where it is a keyword, the keyword's language.

    What is no keyword answers what this phone was asked last.
    """
    for place in here:
        if language := place.keyword(words):
            return place, language
    asked = select(Conversation.campaign_id).where(Conversation.phone_index == index)
    for campaign_id in db.session.scalars(asked.order_by(Conversation.open.desc(), Conversation.spoken_at.desc())):
        if found := next((place for place in here if place.id == campaign_id), None):
            return found, ""
    return (here[0] if here else None), ""


def _is_asked(index: bytes) -> bool:
    asked = select(Conversation.id).where(Conversation.phone_index == index, Conversation.open.is_(True))
    return db.session.scalar(asked.limit(1)) is not None


def _row(received: Received, index: bytes, place: Place | None) -> dict[str, Any]:
    return {
        "gateway": received.gateway,
        "event_key": received.key[:120],
        "campaign_id": place.id if place else None,
        "phone_index": index,
        "received_at": now(),
    }


def _sealed(place: Place, sender: str, words: str) -> bytes:
    return seal_for(place.id, {"number": sender, "words": words})


def obey(session: Any, wish: str, number: str, place: Place | None, index: bytes) -> bool:
    """Stop, start again, or tell how to get help; `False` where it had stopped before. After a stop there is one answer
    and nothing more."""
    language = _language(session, place, index)
    phrase = {"stop": "stopped", "start": "started", "help": "help"}[wish]
    if wish == "stop":
        fresh = stop_number(session, number)
        answers.take_back(session, index)
        session.execute(delete(Conversation).where(Conversation.phone_index == index))
        if not fresh:
            return False
    elif wish == "start" and not start_number(session, number):
        phrase = "help"
    if place is not None:
        answers.answer(session, place, number, language, phrase)
    return True


def _language(session: Any, place: Place | None, index: bytes) -> str:
    """The language that this phone was spoken to in last, else the campaign's first."""
    spoken = select(Conversation.language).where(Conversation.phone_index == index)
    code = session.scalar(spoken.order_by(Conversation.spoken_at.desc()).limit(1)) or ""
    return place.language(code) if place else code
