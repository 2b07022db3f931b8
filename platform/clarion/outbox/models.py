"""The outbox: one row for each message to one person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import NEVER_REUSED, BigId, Moment, db

STATES = ("due", "sent", "needless", "failed", "unknown", "held", "capped", "set_aside", "bounced")
DUE, SENT, NEEDLESS, FAILED, UNKNOWN, HELD, CAPPED, SET_ASIDE, BOUNCED = STATES
"""The states of a message; only `due` is ever sent.

`needless`: by the time it could leave there was nothing to say. `unknown`: nobody can tell whether it
left, and it must not leave twice. `held`: waits for a person to look at the signature. `capped`: the
mailbox had enough mail already. `set_aside`: it killed its worker again and again. `bounced`: it was
taken and came back.
"""

MAILBOX_CAP = "mailbox cap"
"""The code of a message that was capped at its sending: its mailbox got as many that day as a stranger may cause."""

FIRST, LAST = 0, 9
"""Priorities: confirmations leave before everything that can wait."""


class Message(db.Model):  # type: ignore[name-defined,misc]
    """One email or text; what it says is made when it is sent, so the row names nobody (rule 6)."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_next", "state", "channel", "priority", "due_at"),
        Index(
            "ix_message_about",
            "kind",
            "about_id",
            "state",
            postgresql_where=text("about_id IS NOT NULL"),
            sqlite_where=text("about_id IS NOT NULL"),
        ),
        {**NEVER_REUSED, "postgresql_with": {"fillfactor": 60}},
    )
    """Room is left on each page of the table for the next version of a row: a lease and a begun attempt touch no index,
    so PostgreSQL writes such a version beside the last and nothing else."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    """`confirm`, `again`, `thanks`, `update`; to decision makers `milestone`, `digest`, `letter`."""
    channel: Mapped[str] = mapped_column(String(20))
    """The lane it leaves by: a channel such as `email`, with a part of its own after a colon, as `email:recipients`."""
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    signature_id: Mapped[int | None] = mapped_column(ForeignKey("signature.id", ondelete="CASCADE"), index=True)
    about_id: Mapped[int | None] = mapped_column(BigId)
    """What else it tells of, by its kind: an update, a delivery, or the addressee of a letter."""
    dedupe_key: Mapped[str] = mapped_column(String(80), unique=True)
    state: Mapped[str] = mapped_column(String(12), default=DUE)
    priority: Mapped[int] = mapped_column(SmallInteger, default=FIRST, server_default="0")
    due_at: Mapped[datetime] = mapped_column(Moment)
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    lease_token: Mapped[str | None] = mapped_column(String(32))
    """The page of a worker that holds it; in no index, for the reason above."""
    trying: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The attempt has begun: written before the try, so that a dead worker leaves its trace."""
    counted: Mapped[bool] = mapped_column(default=False, server_default=false())
    """It stands in the count of what its mailbox gets, and is not counted anew for the next worker if this one dies."""
    attempt: Mapped[int] = mapped_column(default=0)
    crashes: Mapped[int] = mapped_column(default=0)
    """Attempts that began and never ended: the worker died."""
    last_code: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(Moment)
    sent_at: Mapped[datetime | None] = mapped_column(Moment)


class Chore(db.Model):  # type: ignore[name-defined,misc]
    """Work that one worker of all does at a time, and when it is due next."""

    __tablename__ = "chore"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(Moment)
