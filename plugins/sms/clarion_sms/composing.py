"""What each text says, at the moment of sending, and whether it may leave at all."""

from __future__ import annotations

from clarion.api import (
    Due,
    NothingToSay,
    NotYet,
    Signer,
    Text,
    agreed_to,
    db,
    has_stopped,
    is_own,
    now,
    open_for,
    update_words,
)

from .answers import REPLY, find
from .asking import NUMBER
from .hours import next_allowed
from .phrases import say
from .places import Place, place
from .unread import CODE, is_unread

ALWAYS = ("stopped", "started", "help")
"""Answers that a phone gets which wants no texts: they are what it asked for."""

CONFIRMED, PENDING = "confirmed", "pending"


def compose(message: Due, signer: Signer | None) -> Text:
    """The words of a text. Raises `NothingToSay` or `NotYet`."""
    here = place(message.campaign_id)
    if here is None:
        raise NothingToSay
    if message.kind == REPLY:
        return _answer(message)
    if signer is None or not signer.person.phone:
        raise NothingToSay
    language = here.language(signer.language)
    words = _words(message, here, signer, language)
    return Text(message.id, f"{message.kind}-{language}", signer.person.phone, words, here.own.number, here.live.slug)


def _answer(message: Due) -> Text:
    text = find(message.about_id)
    if text is None:
        raise NothingToSay
    known = open_for(text.campaign_id, text.sealed)
    here = place(text.campaign_id)
    # a worker may have written it while the stop came in
    if here is None or (text.phrase not in ALWAYS and has_stopped(known["number"])):
        raise NothingToSay
    db.session.rollback()
    return Text(message.id, text.phrase, known["number"], known["words"], known["sender"], here.live.slug)


def _words(message: Due, here: Place, signer: Signer, language: str) -> str:
    values = here.values(language)
    if message.kind in ("thanks", "already", "again"):
        if signer.state != CONFIRMED:
            raise NothingToSay
        phrase = "thanks" if message.kind == "thanks" else "already"
        return say(phrase, language, here.own.words, **values, link=signer.own_page)
    if message.kind == "confirm":
        if signer.state != PENDING:
            raise NothingToSay
        return say("code", language, here.own.words, **values, code=signer.code)
    if message.kind == NUMBER:
        if message.signature_id is None or is_own(message.signature_id) or signer.state != CONFIRMED:
            raise NothingToSay
        _mind_the_night(here, signer)
        names = [one.name for id in agreed_to(message.signature_id) if (one := here.live.campaign.organisation(id))]
        if not names:
            raise NothingToSay  # the tick was taken back meanwhile
        return say("confirm_number", language, here.own.words, **{**values, "who": ", ".join(names)})
    return _news(message, here, signer, language)


def _news(message: Due, here: Place, signer: Signer, language: str) -> str:
    """An update: by day only, where the phone may be, and to those only who still want it, as far as is known."""
    words = update_words(message, language)
    if is_unread(signer.person.phone):
        raise NotYet(CODE)
    _mind_the_night(here, signer)
    return words


def _mind_the_night(here: Place, signer: Signer) -> None:
    person, campaign = signer.person, here.live.campaign
    allowed = next_allowed(now(), person.phone, person.postal_code, person.country or campaign.country)
    if allowed > now():
        raise NotYet("quiet hours", allowed)
