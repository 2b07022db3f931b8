"""Signers' own words: brought out of the seal once confirmed, shown once approved."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select, update

from ..domain.names import public_name
from ..domain.person import Person
from ..extensions import db, insert_if_new, this_minute, transaction
from ..sealing import Keyring, open_sealed
from .models import APPROVED, CONFIRMED, WAITING, Reason, Signature

SHOWN = 12
SHOWN_BYTES = 6000
"""Together with the page they stay below its 50 KB (rule 12), in scripts of three bytes a letter too."""

PAGE = 100
SHEET = 25
"""What is read at a time by a person."""


@dataclass(frozen=True, slots=True)
class ShownReason:
    """A reason as the page shows it."""

    text: str
    name: str
    language: str


def shown(campaign_id: int) -> list[ShownReason]:
    """The latest approved reasons."""
    query = select(Reason).filter_by(campaign_id=campaign_id, state=APPROVED).order_by(Reason.id.desc()).limit(SHOWN)
    found: list[ShownReason] = []
    size = 0
    for row in db.session.scalars(query):
        size += len(row.words.encode())
        if found and size > SHOWN_BYTES:
            break
        found.append(ShownReason(row.words, row.name, row.language))
    return found


def waiting(campaign_id: int) -> list[Reason]:
    """The reasons that nobody has looked at, the oldest first."""
    query = select(Reason).filter_by(campaign_id=campaign_id, state=WAITING).order_by(Reason.id).limit(PAGE)
    return list(db.session.scalars(query))


def how_many_wait(campaign_id: int) -> int:
    """How many nobody has looked at."""
    query = select(func.count()).select_from(Reason).where(Reason.campaign_id == campaign_id, Reason.state == WAITING)
    return db.session.scalar(query) or 0


def page(campaign_id: int, state: str, number: int) -> list[Reason]:
    """The reasons in a state, a page at a time: those that wait with the oldest first, others with the latest."""
    order = Reason.id if state == WAITING else Reason.id.desc()
    query = select(Reason).filter_by(campaign_id=campaign_id, state=state).order_by(order)
    return list(db.session.scalars(query.offset((number - 1) * SHEET).limit(SHEET + 1)))


def moderate(campaign_id: int, reason_id: int, state: str) -> bool:
    """Approve or hide a reason; `False` if the campaign has none with this id."""
    with transaction() as session:
        chosen = update(Reason).where(Reason.id == reason_id, Reason.campaign_id == campaign_id)
        return bool(session.execute(chosen.values(state=state)).rowcount)  # type: ignore[attr-defined]


def bring_out(keyring: Keyring, key_ids: dict[int, str]) -> int:
    """Take reasons of confirmed signatures out of the seal, for moderation; only workers can.

    `key_ids` gives the key's name by campaign id. Until a signature is confirmed its words may be a
    stranger's, so they stay sealed. Returns how many were brought out.
    """
    query = select(Signature).where(Signature.reason_due, Signature.state == CONFIRMED).limit(PAGE)
    signatures = [s for s in db.session.scalars(query) if s.campaign_id in key_ids]
    for signature in signatures:
        private = keyring.private_key(key_ids[signature.campaign_id])
        person = Person.from_details(open_sealed(private, signature.sealed))
        with transaction() as session:
            took = update(Signature).where(
                Signature.id == signature.id, Signature.reason_due, Signature.state == CONFIRMED
            )
            if session.execute(took.values(reason_due=False)).rowcount:  # type: ignore[attr-defined]
                session.execute(
                    insert_if_new(Reason).values(
                        campaign_id=signature.campaign_id,
                        signature_id=signature.id,
                        language=signature.language,
                        words=person.reason,
                        name=public_name(person.name) if signature.show_name else "",
                        state=WAITING,
                        written_at=this_minute(),
                    )
                )
    return len(signatures)
