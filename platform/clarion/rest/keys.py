"""The keys of organisations: 256 random bits, shown once, kept as a hash, good for a time and for what they say."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, select, update

from ..domain.scopes import SCOPES, Scope
from ..extensions import db, now, this_minute, transaction
from .models import ApiKey

PREFIX = "clk_"
"""What every key begins with, so that programs which look for leaked secrets know one."""

LONGEST = 200
"""No key of ours is longer."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The organisation that a call speaks for, and what it may do."""

    key_id: int
    organisation: str
    scopes: frozenset[str]


def add(organisation: str, name: str, scopes: Collection[Scope], days: int) -> tuple[int, str]:
    """Make a key; its number, and the key itself, which cannot be shown again."""
    key = PREFIX + secrets.token_urlsafe(32)
    moment = this_minute()
    row = ApiKey(
        organisation=organisation,
        name=name,
        digest=_digest(key),
        scopes=" ".join(scope for scope in SCOPES if scope in scopes),
        created_at=moment,
        expires_at=moment + timedelta(days=days),
    )
    with transaction() as session:
        session.add(row)
        session.flush()
        return row.id, key


def listed() -> list[ApiKey]:
    """Every key, by organisation and number."""
    return list(db.session.scalars(select(ApiKey).order_by(ApiKey.organisation, ApiKey.id)))


def revoke(key_id: int) -> bool:
    """End a key at once; `False` if there is none with this number that has not ended."""
    with transaction() as session:
        query = update(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
        return bool(session.execute(query.values(revoked_at=this_minute())).rowcount)  # type: ignore[attr-defined]


def state(key: ApiKey) -> str:
    """Whether a key is `good`, `revoked` or `expired`."""
    if key.revoked_at is not None:
        return "revoked"
    return "good" if now() < key.expires_at else "expired"


def find(key: str) -> ApiKey | None:
    """The row of a key, whatever its state."""
    if not key.startswith(PREFIX) or len(key) > LONGEST:
        return None
    return db.session.scalar(select(ApiKey).filter_by(digest=_digest(key)))


def caller_of(key: str) -> Caller | None:
    """Who calls with this key, or `None` if it is none of ours, revoked or expired; notes the day."""
    row = find(key)
    if row is None or state(row) != "good":
        return None
    caller = Caller(row.id, row.organisation, frozenset(row.scopes.split()))
    if row.last_used_on != now().date():
        _note_use(row.id)
    return caller


def _note_use(key_id: int) -> None:
    today = now().date()
    with transaction() as session:
        other_day = or_(ApiKey.last_used_on.is_(None), ApiKey.last_used_on != today)
        session.execute(update(ApiKey).where(ApiKey.id == key_id, other_day).values(last_used_on=today))


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
