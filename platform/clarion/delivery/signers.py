"""The signers of a page of messages: read together, opened one by one, in a worker only, and each of them once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import current_app
from sqlalchemy import select

from ..campaigns.live import LiveCampaign
from ..domain.person import Person
from ..extensions import db
from ..outbox.service import Leased
from ..sealing import KeyMissing, Keyring, Link, SealBroken, open_sealed
from ..signatures.models import Signature


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is needed of a signature to write to its owner."""

    state: str
    language: str
    sealed: bytes
    brought: str = ""
    """Whom it is counted to; empty for the lead."""
    opened: tuple[Person, Link] | Exception | None = None
    """Who it is, or why that cannot be read, once somebody has looked."""


def sealed_of(page: Sequence[Leased]) -> dict[int, Sealed]:
    """The signatures of a page of messages, in one question."""
    ids = [leased.signature_id for leased in page if leased.signature_id]
    if not ids:
        return {}
    of = Signature
    columns = (of.id, of.state, of.language, of.sealed, of.brought_by, of.organisation)
    rows = db.session.execute(select(*columns).where(of.id.in_(ids))).all()
    # after a rollback, which ends a question otherwise, psycopg would forget all statements it has prepared
    db.session.commit()
    return {
        id: Sealed(state, language, sealed, brought_by or place)
        for id, state, language, sealed, brought_by, place in rows
    }


def open_signer(live: LiveCampaign, signature: Sealed) -> tuple[Person, Link]:
    """Who signed, and their own link. Raises `KeyMissing` or `SealBroken`."""
    if isinstance(signature.opened, Exception):
        raise signature.opened
    if signature.opened is not None:
        return signature.opened
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    details = open_sealed(keyring.private_key(live.key_id), signature.sealed)
    return Person.from_details(details), Link.from_text(details["link"])


def opened(live: LiveCampaign, signature: Sealed) -> Sealed:
    """The same signature with its owner beside it, for all who ask `open_signer` from now on."""
    try:
        return replace(signature, opened=open_signer(live, signature))
    except (KeyMissing, SealBroken) as error:
        return replace(signature, opened=error)
