"""The consents of one signature, always in the words that were shown when they were given (rule 15)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select, update

from ..campaigns.service import edition_campaign
from ..events import Happened, tell
from ..extensions import Transaction, db, insert_if_new, this_minute
from .models import BY_PROGRAM, Consent, Signature

State = Literal["given", "proposed", "withdrawn"]


@dataclass(frozen=True, slots=True)
class KnownConsent:
    """A consent with its recorded wording; `proposed` until the mailbox has confirmed it."""

    id: int
    organisation: str
    channel: str
    wording: str
    state: State
    first: bool
    """Ticked on the very form that made the signature, which we showed; any other may be a stranger's tick."""


def consents_of(signature: Signature) -> list[KnownConsent]:
    """All consents of a signature, in the order they were given."""
    rows = db.session.scalars(select(Consent).filter_by(signature_id=signature.id).order_by(Consent.id))
    shown, at = signature.source not in BY_PROGRAM, signature.signed_at
    return [
        KnownConsent(row.id, row.organisation, row.channel, _wording(row), _state(row), shown and row.given_at == at)
        for row in rows
    ]


def proposed(signature: Signature) -> list[KnownConsent]:
    """The boxes that were ticked and wait for the mailbox."""
    return [consent for consent in consents_of(signature) if consent.state == "proposed"]


def confirm_shown(session: Transaction, signature_id: int, shown: Collection[int]) -> list[tuple[str, str]]:
    """Confirm the consents that the owner of the mailbox was shown, and no others: organisation and channel of each.

    Anybody can type an address and tick boxes; only what its owner saw and confirmed is a yes.
    """
    given = session.execute(
        update(Consent)
        .where(Consent.signature_id == signature_id, Consent.id.in_(list(shown)), Consent.confirmed_at.is_(None))
        .values(confirmed_at=this_minute())
        .returning(Consent.organisation, Consent.channel)
    )
    return sorted((organisation, channel) for organisation, channel in given)


def in_force(session: Transaction, signature_id: int) -> list[tuple[str, str]]:
    """What the owner of the mailbox confirmed and did not take back: organisation and channel of each consent."""
    given = select(Consent.organisation, Consent.channel).where(
        Consent.signature_id == signature_id, Consent.confirmed_at.is_not(None), Consent.withdrawn_at.is_(None)
    )
    return [(organisation, channel) for organisation, channel in session.execute(given.order_by(Consent.id))]


def withdraw(session: Transaction, signature: Signature, channel: str, organisation: str = "") -> None:
    """End what a signer allowed on one channel: to one organisation, or to all of them."""
    given = update(Consent).where(
        Consent.signature_id == signature.id, Consent.channel == channel, Consent.withdrawn_at.is_(None)
    )
    if organisation:
        given = given.where(Consent.organisation == organisation)
    ended = session.execute(
        given.values(withdrawn_at=this_minute()).returning(Consent.organisation, Consent.confirmed_at)
    )
    _tell(session, "consent.withdrawn", signature, channel, [who for who, confirmed in ended if confirmed])


def refuse(session: Transaction, signature: Signature, organisation: str, channel: str) -> None:
    """End one organisation's mails to a signer; a no is kept where no box was ticked, so that it can be kept to."""
    moment = this_minute()
    row = {
        "signature_id": signature.id,
        "organisation": organisation,
        "channel": channel,
        "edition_id": signature.edition_id,
        "language": signature.language,
        "given_at": moment,
        "withdrawn_at": moment,
    }
    session.execute(insert_if_new(Consent).values(row))
    withdraw(session, signature, channel, organisation)


def give_back(session: Transaction, signature: Signature, organisation: str, channel: str) -> bool:
    """Take a withdrawal back; `False` where the mailbox had never confirmed a yes."""
    mine = update(Consent).where(
        Consent.signature_id == signature.id, Consent.organisation == organisation, Consent.channel == channel
    )
    withdrawn = mine.where(Consent.confirmed_at.is_not(None), Consent.withdrawn_at.is_not(None))
    given = bool(session.execute(withdrawn.values(withdrawn_at=None)).rowcount)  # type: ignore[attr-defined]
    _tell(session, "consent.given", signature, channel, [organisation] if given else [])
    return given


def one_of(signature_id: int, organisation: str, channel: str) -> Consent | None:
    """What a signer said to one organisation about one channel, if anything."""
    known = {"signature_id": signature_id, "organisation": organisation, "channel": channel}
    return db.session.scalar(select(Consent).filter_by(**known))


def _tell(session: Transaction, kind: str, signature: Signature, channel: str, organisations: Sequence[str]) -> None:
    """Tell of a yes as of what belongs to the signature, of its end so that it outlives it: who erases themselves a
    moment later has taken back all the same, and those who learnt of them must hear it."""
    make = Happened.ended if kind == "consent.withdrawn" else Happened
    named = [{"organisation": who, "channel": channel} for who in organisations]
    tell(session, [make(kind, signature.campaign_id, signature.id, **one) for one in named])


def _state(consent: Consent) -> State:
    if consent.withdrawn_at is not None:
        return "withdrawn"
    return "given" if consent.confirmed_at is not None else "proposed"


def _wording(consent: Consent) -> str:
    campaign = edition_campaign(consent.edition_id)
    asks = campaign.consents if campaign else ()
    for ask in asks:
        if (ask.organisation, ask.channel) == (consent.organisation, consent.channel):
            return ask.wording.get(consent.language) or next(iter(ask.wording.values()))
    organisation = campaign.organisation(consent.organisation) if campaign else None
    return organisation.name if organisation else consent.organisation
