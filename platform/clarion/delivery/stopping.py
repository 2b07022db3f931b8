"""A number that wants no more texts: from no campaign and no organisation, until it says otherwise.

It stands in the list of mailboxes that get nothing, under an index of its own that leads into no campaign and stays
when its signers are erased. The outbox looks at that list once more as each text begins.
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import current_app
from sqlalchemy import delete, select, tuple_

from ..campaigns.live import live_campaigns
from ..domain.addresses import number_mailbox
from ..extensions import Transaction, db
from ..sealing import KeyMissing, Keyring, blind_index
from ..signatures import consents
from ..signatures.models import BY_TEXT, Consent, Signature, SignaturePhone
from .mailboxes import mailbox_index, suppress
from .models import Suppression

STOPPED = "stopped"
"""Why a number gets nothing: it said so."""


def stop_number(session: Transaction, number: str) -> bool:
    """Let a number get no text any more, and end what it agreed to; whether that is new."""
    known = session.get(Suppression, mailbox_index(number_mailbox(number)), with_for_update=True)
    if known is not None and known.reason == STOPPED:
        return False
    if known is not None:
        session.delete(known)
        session.flush()
    suppress(session, number_mailbox(number), STOPPED, "")
    for signature in _signatures(session, number):
        consents.withdraw(session, signature, BY_TEXT)
    return True


def start_number(session: Transaction, number: str) -> bool:
    """Let a number that had stopped get texts again, and give back what its stop had ended; whether it had."""
    index = mailbox_index(number_mailbox(number))
    lifted = delete(Suppression).where(Suppression.mailbox_index == index, Suppression.reason == STOPPED)
    stopped_at = session.scalar(lifted.returning(Suppression.created_at))
    if stopped_at is None:
        return False
    for signature in _signatures(session, number):
        ended = select(Consent.organisation).filter_by(signature_id=signature.id, channel=BY_TEXT)
        for organisation in session.scalars(ended.where(Consent.withdrawn_at == stopped_at)).all():
            consents.give_back(session, signature, organisation, BY_TEXT)
    return True


def has_stopped(number: str) -> bool:
    """Whether a number gets no texts."""
    index = mailbox_index(number_mailbox(number))
    return db.session.scalar(select(Suppression.reason).filter_by(mailbox_index=index)) is not None


def _signatures(session: Transaction, number: str) -> Iterator[Signature]:
    """Those that name the number, in all campaigns whose keys are there."""
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    keys: list[tuple[int, bytes]] = []
    for live in live_campaigns().all():
        try:
            keys.append((live.id, blind_index(keyring.index_key(live.key_id), number_mailbox(number))))
        except KeyMissing:
            continue  # its signers are erased
    named = select(SignaturePhone.signature_id).where(
        tuple_(SignaturePhone.campaign_id, SignaturePhone.phone_index).in_(keys)
    )
    yield from session.scalars(select(Signature).where(Signature.id.in_(named)).order_by(Signature.id)).all()
