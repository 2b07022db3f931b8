"""The keys of organisations and what is remembered of calls. Neither names a person, and no key stands here."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import NEVER_REUSED, BigId, Moment, db


class ApiKey(db.Model):  # type: ignore[name-defined,misc]
    """What lets a program speak for one organisation. The key itself is shown once and kept nowhere."""

    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("digest"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation: Mapped[str] = mapped_column(String(60))
    """Whose signers it reads, and to whom the signatures it brings are counted."""
    name: Mapped[str] = mapped_column(String(80))
    """What it is for, in the words of whoever made it."""
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    """SHA-256 of the key: 256 random bits need no slow hash."""
    scopes: Mapped[str] = mapped_column(String(200))
    """What it may do, parted by spaces."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    last_used_on: Mapped[date | None] = mapped_column(Date)
    """The day only."""


class ApiCall(db.Model):  # type: ignore[name-defined,misc]
    """A call that carried an `Idempotency-Key`, for a day: keyed hashes of the key and of what was sent."""

    __tablename__ = "api_call"

    mark: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    """Who called, on what, under which key: a keyed hash."""
    content: Mapped[bytes] = mapped_column(LargeBinary(32))
    """What was sent, the same way: without the key of the pages nobody can try out who it was about."""
    done: Mapped[bool]
    """Whether it was answered; a call that is not and grows old died on the way."""
    made_at: Mapped[datetime] = mapped_column(Moment, index=True)
