"""The phones that signatures name: claims, until the phone itself has spoken.

A number typed into a form shows nothing; anybody can type anybody's. The phone alone decides, and nobody learns from
a claim whether it has signed.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, delete, select, update

from ..campaigns.live import LiveCampaign
from ..domain.addresses import number_mailbox
from ..extensions import Transaction, db, insert_if_new, this_minute, transaction
from ..sealing import Keyring, blind_index
from .consents import withdraw
from .models import BY_MAIL, BY_TEXT, CONFIRMED, Signature, SignaturePhone


def signed_by(live: LiveCampaign, number: str, keyring: Keyring) -> Signature | None:
    """The signature in a campaign that this phone has confirmed, in whatever state it is now."""
    verified = _claims(live, number, keyring).where(SignaturePhone.verified_at.is_not(None))
    return db.session.scalar(select(Signature).where(Signature.id.in_(verified)))


def claimed_by(live: LiveCampaign, number: str, keyring: Keyring) -> Signature | None:
    """The newest signature that a mailbox has confirmed and that names this phone, which has not spoken yet."""
    claims = _claims(live, number, keyring).where(SignaturePhone.verified_at.is_(None))
    confirmed = (Signature.state == CONFIRMED, Signature.reached_by == BY_MAIL)
    return db.session.scalar(
        select(Signature).where(Signature.id.in_(claims), *confirmed).order_by(Signature.id.desc()).limit(1)
    )


def verify(signature_id: int) -> None:
    """Keep that the phone of a signature has said that it is its own."""
    with transaction() as session:
        verify_phone(session, signature_id)


def is_own(signature_id: int) -> bool:
    """Whether the phone that a signature names has said that it is its own."""
    row = db.session.get(SignaturePhone, signature_id)
    return row is not None and row.verified_at is not None


def disown(live: LiveCampaign, number: str, keyring: Keyring) -> int:
    """Forget the claims on a phone that says that they are not its own, and what they agreed to for it; how many."""
    claims = _claims(live, number, keyring).where(SignaturePhone.verified_at.is_(None))
    with transaction() as session:
        claiming = session.scalars(select(Signature).where(Signature.id.in_(claims)).with_for_update()).all()
        for signature in claiming:
            withdraw(session, signature, BY_TEXT)
        ids = [signature.id for signature in claiming]
        session.execute(delete(SignaturePhone).where(SignaturePhone.signature_id.in_(ids)))
    return len(ids)


def verify_phone(session: Transaction, signature_id: int) -> None:
    """The same as `verify`, in the caller's transaction; nothing where another signature has the phone."""
    phone = session.get(SignaturePhone, signature_id, with_for_update=True)
    if phone is not None and phone.verified_at is None:
        keep_verified(session, session.get_one(Signature, signature_id), phone.phone_index)


def keep_verified(session: Transaction, signature: Signature, phone_index: bytes) -> None:
    """Keep the phone of a signature as its own; of two signatures that one phone speaks for, the first has it."""
    same = (SignaturePhone.campaign_id == signature.campaign_id, SignaturePhone.phone_index == phone_index)
    taken = select(SignaturePhone.signature_id).where(*same, SignaturePhone.verified_at.is_not(None))
    if session.scalar(taken) is not None:
        return
    row = {"signature_id": signature.id, "campaign_id": signature.campaign_id, "phone_index": phone_index}
    session.execute(insert_if_new(SignaturePhone).values(**row, verified_at=this_minute()))
    mine = update(SignaturePhone).where(SignaturePhone.signature_id == signature.id)
    session.execute(mine.values(phone_index=phone_index, verified_at=this_minute()))


def rename(session: Transaction, signature: Signature, live: LiveCampaign, number: str, keyring: Keyring) -> None:
    """Let a signature name another number, or none, whose phone has not spoken yet."""
    session.execute(delete(SignaturePhone).where(SignaturePhone.signature_id == signature.id))
    if number:
        index = phone_index(live, number, keyring)
        row = {"signature_id": signature.id, "campaign_id": live.id, "phone_index": index}
        session.execute(insert_if_new(SignaturePhone).values(row))


def phone_index(live: LiveCampaign, number: str, keyring: Keyring) -> bytes:
    """What a phone is known by in a campaign."""
    return blind_index(keyring.index_key(live.key_id), number_mailbox(number))


def _claims(live: LiveCampaign, number: str, keyring: Keyring) -> Select[Any]:
    index = phone_index(live, number, keyring)
    return select(SignaturePhone.signature_id).where(
        SignaturePhone.campaign_id == live.id, SignaturePhone.phone_index == index
    )
