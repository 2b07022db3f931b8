"""What follows when a mail comes back or its reader complains: drawn by one worker, once for each thing told.

Whoever tells may do so twice, in any order, and before the worker that sent the mail has written down that it left. So
everything here names the states it changes, and a message at its channel is waited for.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, true, update

from ..campaigns.live import live_campaigns
from ..domain.addresses import number_mailbox
from ..extensions import Transaction, db, now, this_minute, transaction
from ..outbox.models import BOUNCED, DUE, SENT, UNKNOWN, Message
from ..sealing import KeyMissing, SealBroken
from ..signatures import consents
from ..signatures.models import BY_TEXT, PENDING, VOID, Signature
from .feedback import BY_CHANNEL
from .lanes import channel_of
from .mailboxes import TO_DECISION_MAKERS, suppress
from .models import COMPLAINED, Addressee, Delivery, Feedback
from .signers import Sealed, open_signer
from .stopping import stop_number

PATIENCE = timedelta(minutes=5)
"""How long a message that is at its channel is waited for; then its worker is taken for dead."""

KEPT = timedelta(days=30)
"""How long a provider may tell the same again; then what was told is deleted."""

TURN = 1.0
"""Seconds of a turn: whoever draws the consequences also keeps the time for a worker."""

PAGE = 100

_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_NOT_THE_MAILBOX = re.compile(r"[24]\.|5\.2\.[23]|5\.[367]\.")
"""Enhanced status codes (RFC 3463) that say nothing against a mailbox: a full one, a mail that is too large or has the
wrong content, a system that has a fault or a policy against the sender."""


class _TooEarly(Exception):
    """The message is at its channel at this moment."""


@dataclass(frozen=True, slots=True)
class _Told:
    """The message that something was told of."""

    kind: str
    lane: str
    signature_id: int | None
    about_id: int | None
    trying: bool


def apply_feedback() -> int:
    """Draw the consequences of what was told and is open; of how much."""
    applied, last, until = 0, 0, time.monotonic() + TURN
    while page := _open(last):
        for last in page:
            applied += _apply(last)
            if time.monotonic() > until:
                return applied
    return applied


def forget_feedback() -> int:
    """Delete what was told long ago; how much."""
    with transaction() as session:
        old = delete(Feedback).where(Feedback.received_at < now() - KEPT)
        return int(session.execute(old).rowcount)  # type: ignore[attr-defined]


def speaks_against_mailbox(told: Feedback) -> bool:
    """Whether a mail came back for want of its mailbox, and not for being too large or unwelcome."""
    status = _STATUS.search(told.code)
    return told.source == BY_CHANNEL or status is None or not _NOT_THE_MAILBOX.match(status[0])


def _open(after: int) -> list[int]:
    query = select(Feedback.id).where(Feedback.applied_at.is_(None), Feedback.id > after)
    ids = list(db.session.scalars(query.order_by(Feedback.id).limit(PAGE)))
    db.session.commit()
    return ids


def _apply(id: int) -> bool:
    try:
        with transaction() as session:
            open_one = update(Feedback).where(Feedback.id == id, Feedback.applied_at.is_(None))
            told = session.scalar(open_one.values(applied_at=this_minute()).returning(Feedback))
            if told is None:
                return False
            columns = (Message.kind, Message.channel, Message.signature_id, Message.about_id, Message.trying)
            message = session.execute(select(*columns).where(Message.id == told.message_id)).one_or_none()
            if message is not None:
                _draw(session, told, _Told(*message))
    except (_TooEarly, KeyMissing):
        # it stays open, and a figure tells how much does
        return False
    return True


def _draw(session: Transaction, told: Feedback, message: _Told) -> None:
    """In this order: whoever erases a signer takes the signature first and then its messages."""
    early = told.received_at > now() - PATIENCE
    if message.trying and early:
        raise _TooEarly
    complained = told.kind == COMPLAINED
    if complained or speaks_against_mailbox(told):
        if message.kind in TO_DECISION_MAKERS:
            _spare_addressee(session, message, told)
        else:
            _spare_signer(session, message, told)
    if not complained:
        _mark_message(session, told, early=early)


def _spare_signer(session: Transaction, message: _Told, told: Feedback) -> None:
    signature = session.get(Signature, message.signature_id) if message.signature_id else None
    if signature is None:
        return
    live = live_campaigns().by_id(signature.campaign_id)
    if live is None:
        raise KeyMissing("a campaign that is not known here")
    try:
        person, _link = open_signer(live, Sealed(signature.state, signature.language, signature.sealed))
    except SealBroken:
        return
    channel = channel_of(message.lane)
    mailbox = number_mailbox(person.phone) if channel == BY_TEXT else person.email
    if channel == BY_TEXT and told.kind == COMPLAINED:
        stop_number(session, person.phone)
        return
    suppress(session, mailbox, told.kind, told.code)
    if told.kind == COMPLAINED:
        consents.withdraw(session, signature, channel)
    elif channel == signature.reached_by:
        never = update(Signature).where(Signature.id == signature.id, Signature.state == PENDING)
        session.execute(never.values(state=VOID, reason_due=False))


def _spare_addressee(session: Transaction, message: _Told, told: Feedback) -> None:
    """No campaign writes to this mailbox again: neither those that did nor those to come."""
    delivered = select(Delivery.addressee_id).where(Delivery.id == message.about_id).scalar_subquery()
    theirs = Addressee.id == (message.about_id if message.kind == "letter" else delivered)
    address = session.scalar(select(Addressee.email).where(theirs))
    if address is None:
        return
    suppress(session, address, told.kind, told.code)
    column = Addressee.unsubscribed_at if told.kind == COMPLAINED else Addressee.bounced_at
    everywhere = update(Addressee).where(Addressee.email == address, column.is_(None))
    session.execute(everywhere.values({column: this_minute()}))


def _mark_message(session: Transaction, told: Feedback, *, early: bool) -> None:
    """A worker that was taken for dead and comes back cannot overwrite this: its lease is gone."""
    here = Message.id == told.message_id
    left = Message.state.in_((SENT, DUE, UNKNOWN))
    at_rest = Message.trying.is_(False) if early else true()
    marked = session.execute(
        update(Message)
        .where(here, left, at_rest)
        .values(state=BOUNCED, last_code=told.code, trying=False, lease_until=None, lease_token=None)
    ).rowcount  # type: ignore[attr-defined]
    if not marked and session.scalar(select(Message.id).where(here, Message.state == DUE)):
        raise _TooEarly
