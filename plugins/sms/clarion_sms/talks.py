"""Talks as a worker leads them: what came in is opened, taken in and answered, each text in one transaction.

A worker that dies over a text leaves it to the next one. Signing comes before the talk is written down and can be done
twice: it counts once for each phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from clarion.api import (
    AWAY,
    Person,
    agree_by_text,
    agreed_to,
    claimed_by,
    db,
    disown,
    has_stopped,
    insert_if_new,
    links,
    log,
    now,
    open_for,
    own,
    put_text,
    refuse_by_text,
    seal_for,
    sign_by_text,
    signed_by,
    transaction,
    wake_texts,
    was_asked,
)

from . import answers, forgetting
from .asking import NUMBER
from .conversation import Talk, Turn, read, yes_or_no
from .models import WAITING, Conversation, ReceivedText
from .phrases import question
from .places import Place, place, places_with
from .unread import for_a_person, says_something, settle

PAGE = 100

QUIET = timedelta(minutes=15)
"""After which somebody who has signed and answers no more gets the text that says that their name counts."""

ANSWERED_WITHIN = timedelta(days=7)
"""In which a yes answers the question whether a number typed on the web is this phone's."""

CONFIRMED = "confirmed"


def take_in() -> int:
    """Read what waits, the oldest first; how many texts."""
    ids = list(
        db.session.scalars(select(ReceivedText.id).filter_by(state=WAITING).order_by(ReceivedText.id).limit(PAGE))
    )
    for id in ids:
        try:
            _take(id)
        except AWAY:
            # the text is there, and waits until the database is
            db.session.rollback()
            raise
        except Exception as error:  # noqa: BLE001 - a text that nothing can be made of is for a person, and holds up no other
            log.error("text not understood", kind=type(error).__name__)
            for_a_person(id)
    if ids:
        wake_texts()
    return len(ids)


def look_after() -> None:
    """Thank those who have signed and fell silent, and forget what is old."""
    moment = now()
    silent = select(Conversation).where(
        Conversation.signature_id.is_not(None), Conversation.thanked.is_(False), Conversation.spoken_at < moment - QUIET
    )
    with transaction() as session:
        for row in session.scalars(silent.with_for_update()).all():
            _thank(session, row)
    forgetting.forget_old(moment)
    wake_texts()


def _signature_of(here: Place, number: str) -> int | None:
    """Whose words these are, so that they are erased with them."""
    found = signed_by(here.id, number) or claimed_by(here.id, number)
    return found.id if found else None


def _take(id: int) -> None:
    row = db.session.get(ReceivedText, id)
    here = place(row.campaign_id) if row is not None and row.campaign_id is not None else None
    if row is None or row.state != WAITING:
        return
    if here is None:
        for_a_person(id)
        return
    details = open_for(here.id, row.sealed)
    number, words, language, index = details["number"], details["words"], row.language, row.phone_index
    if has_stopped(number):
        for_a_person(id, _signature_of(here, number))
    elif language:
        _begin(id, here, number, language, index)
    else:
        _go_on(id, here, number, words, index)


def _begin(id: int, here: Place, number: str, language: str, index: bytes) -> None:
    """A keyword: a talk begins, or begins anew."""
    language = here.language(language)
    signature = signed_by(here.id, number)
    signed = signature is not None and signature.state == CONFIRMED
    with transaction() as session:
        if not settle(session, id):
            return
        if signed and signature is not None:
            put_text(session, "already", here.id, f"sms already:{id}", signature_id=signature.id)
            return
        if not here.is_open:
            answers.answer(session, here, number, language, "closed", link=_page(here, language))
            return
        talk = Talk(language, claimed=claimed_by(here.id, number) is not None)
        row = _row(session, here, index)
        row.signature_id, row.thanked, row.open = None, False, True
        _keep(row, here, number, talk)
        _ask(session, here, number, talk)


def _go_on(id: int, here: Place, number: str, words: str, index: bytes) -> None:
    """An answer, or something else that somebody wrote."""
    row = db.session.scalar(select(Conversation).filter_by(campaign_id=here.id, phone_index=index))
    if row is None or not row.open:
        _without_a_talk(id, here, number, words)
        return
    talk = _talk(row, here)
    if row.signature_id is None and not here.is_open:
        _end_closed(id, here, number, talk.language, row.id)
        return
    turn = read(talk, words, here.asked)
    signature_id = _sign(here, number, row, turn)
    turn = replace(turn, talk=replace(turn.talk, signed=signature_id is not None))
    with transaction() as session:
        if not settle(session, id, signature_id, unread=bool(turn.fault) and says_something(words)):
            return
        row = session.get_one(Conversation, row.id, with_for_update=True)
        row.signature_id = signature_id
        _keep(row, here, number, turn.talk)
        if turn.lost:
            row.open = False
        elif turn.fault:
            _say_again(session, here, number, turn)
        else:
            fresh = [one for one, yes in turn.talk.answers.items() if yes and one not in talk.answers]
            _welcome(session, here, number, talk.language, fresh)
            if turn.talk.step(here.asked) == "done":
                row.open = False
                _thank(session, row)
                _take_up_another(session, here, number, index)
            else:
                _ask(session, here, number, turn.talk)


def _end_closed(id: int, here: Place, number: str, language: str, row_id: int) -> None:
    """The petition ended while somebody was signing: nobody is counted afterwards, and they are told."""
    with transaction() as session:
        if settle(session, id):
            session.get_one(Conversation, row_id, with_for_update=True).open = False
            answers.answer(session, here, number, language, "closed", link=_page(here, language))


def _sign(here: Place, number: str, row: Conversation, turn: Turn) -> int | None:
    """Do what an answer asks for, and can be done twice: own or disown what the web has, sign, agree."""
    signature_id = row.signature_id
    if turn.mine is not None:
        claim = claimed_by(here.id, number)
        if turn.mine and claim is not None:
            own(claim.id)
            signature_id = claim.id
        elif not turn.mine:
            disown(here.id, number)
    talk = replace(turn.talk, signed=signature_id is not None)
    if talk.step(here.asked) in ("consent", "done") and not turn.fault:
        if signature_id is None:
            person = Person(name=talk.name, email="", postal_code=talk.postal_code, phone=number)
            signature_id = sign_by_text(here.id, talk.language, person, []).signature_id
        yes = [ask for ask in here.asks if talk.answers.get(ask.organisation)]
        agree_by_text(here.id, signature_id, talk.language, yes)
        refuse_by_text(signature_id, [one for one, said in talk.answers.items() if not said])
    return signature_id


def _without_a_talk(id: int, here: Place, number: str, words: str) -> None:
    """Nothing was asked in a talk; but a yes or no may answer whether a number typed on the web is this phone's."""
    said = yes_or_no(words)
    if said is not None:
        for other in places_with(here.own.number):
            claim = claimed_by(other.id, number)
            if claim is None or not was_asked(claim.id, NUMBER, now() - ANSWERED_WITHIN):
                continue  # who was asked nothing has said yes to nothing
            if said:
                own(claim.id)
            else:
                disown(other.id, number)
            agreed = agreed_to(claim.id) if said else []
            with transaction() as session:
                if settle(session, id):
                    _welcome(session, other, number, other.language(claim.language), agreed)
            return
    for_a_person(id, _signature_of(here, number))


def _row(session: Any, here: Place, index: bytes) -> Conversation:
    blank = {
        "campaign_id": here.id,
        "phone_index": index,
        "language": "",
        "sealed": b"",
        "claimed": False,
        "tries": 0,
        "thanked": False,
        "open": True,
        "spoken_at": now(),
    }
    session.execute(insert_if_new(Conversation).values(blank))
    row: Conversation = session.scalars(
        select(Conversation).filter_by(campaign_id=here.id, phone_index=index).with_for_update()
    ).one()
    return row


def _talk(row: Conversation, here: Place) -> Talk:
    talk = Talk.from_details(open_for(here.id, row.sealed), claimed=row.claimed, tries=row.tries)
    return replace(talk, signed=row.signature_id is not None)


def _keep(row: Conversation, here: Place, number: str, talk: Talk) -> None:
    row.language, row.claimed, row.tries, row.spoken_at = talk.language, talk.claimed, talk.tries, now()
    row.sealed = seal_for(here.id, {**talk.details(), "number": number})


def _ask(session: Any, here: Place, number: str, talk: Talk) -> None:
    step = talk.step(here.asked)
    if step == "consent":
        ask = next(ask for ask in here.asks if ask.organisation == talk.organisation(here.asked))
        wording = ask.wording.get(talk.language) or next(iter(ask.wording.values()))
        known = here.live.campaign.organisation(ask.organisation)
        who = known.name if known else here.who
        answers.answer(session, here, number, talk.language, "ask_consent", who=who, consent=wording)
    elif step != "done":
        phrase = step if step == "was_it_you" else f"ask_{step}"
        answers.answer(session, here, number, talk.language, phrase)


def _say_again(session: Any, here: Place, number: str, turn: Turn) -> None:
    step, language = turn.talk.step(here.asked), turn.talk.language
    asked = question("consent" if step == "was_it_you" else step, language) if turn.fault == "again" else ""
    answers.answer(session, here, number, language, turn.fault, question=asked)


def _welcome(session: Any, here: Place, number: str, language: str, organisations: Sequence[str]) -> None:
    """What carriers want said first after a yes, by each organisation that got it."""
    for organisation in organisations:
        if (known := here.live.campaign.organisation(organisation)) is not None:
            answers.answer(session, here, number, language, "welcome", who=known.name)


def _thank(session: Any, row: Conversation) -> None:
    if not row.thanked and row.signature_id is not None:
        row.thanked = True
        once = f"sms thanks:{row.signature_id}"
        put_text(session, "thanks", row.campaign_id, once, signature_id=row.signature_id)


def _take_up_another(session: Any, here: Place, number: str, index: bytes) -> None:
    """Ask once more what is open in another campaign, now that this one is done."""
    others = select(Conversation).where(
        Conversation.phone_index == index, Conversation.open.is_(True), Conversation.campaign_id != here.id
    )
    row = session.scalar(others.order_by(Conversation.spoken_at.desc()).limit(1))
    other = place(row.campaign_id) if row is not None else None
    if row is not None and other is not None and other.own.number == here.own.number:
        row.spoken_at = now()
        _ask(session, other, number, _talk(row, other))


def _page(here: Place, language: str) -> str:
    return links().page(here.live.slug, language)
