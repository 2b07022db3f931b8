"""Who is to be told of, and what is known to be there. Numbers and random marks only, never a person's details."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from clarion.api import NEVER_REUSED, BigId, Moment, own_metadata

STATES = ("due", "told", "there", "failed")
DUE, TOLD, THERE, FAILED = STATES
"""`told`: sent to be done in the background, and not seen there yet. `failed`: given up until a person retries it."""

CHANNELS = ("email", "sms")

NOT, TRYING, SENT, SEEN = "", "trying", "told", "there"
"""What a channel's subscription came to: a try that began may have arrived, whatever became of the one who tried."""

ENDS, NEWS, BACKFILL = 0, 1, 2
"""What goes first: a no before a yes, and those who sign now before those who signed long ago."""


class Base(DeclarativeBase):
    """The base of this plugin's models."""

    metadata = own_metadata()


class Signer(Base):
    """One signature for one group: what is there of it and what is still to be told. The unique key makes it one."""

    __tablename__ = "actionnetwork_signer"
    __table_args__ = (
        UniqueConstraint("group_name", "signature"),
        UniqueConstraint("mark"),
        Index("ix_actionnetwork_signer_next", "group_name", "state", "rank", "due_at"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    group_name: Mapped[str] = mapped_column(String(60))
    signature: Mapped[int] = mapped_column(BigId)
    campaign: Mapped[str] = mapped_column(String(60))
    mark: Mapped[str] = mapped_column(String(40))
    """Random, and the same at each try: what makes a repeat there an update."""
    person: Mapped[str] = mapped_column(String(60))
    """The person's id there, once it is known."""
    email: Mapped[str] = mapped_column(String(8))
    sms: Mapped[str] = mapped_column(String(8))
    email_ended: Mapped[bool]
    """They took it back: what is not shared any more without such a word, as at a campaign's end, is left as it is."""
    sms_ended: Mapped[bool]
    state: Mapped[str] = mapped_column(String(8))
    rank: Mapped[int]
    turn: Mapped[int]
    """Rises with each thing that happens, so that a try that was on its way meanwhile does not settle it."""
    surely: Mapped[bool]
    """Not in the background any more: that did not arrive."""
    trying: Mapped[bool]
    attempt: Mapped[int]
    crashes: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(Moment)
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    told_at: Mapped[datetime | None] = mapped_column(Moment)
    """When a yes was last told, or begun to be."""
    missing_since: Mapped[datetime | None] = mapped_column(Moment)
    """Since when the signature is not shared any more, without a word of its owner."""
    last_code: Mapped[str] = mapped_column(String(40))
    waits_since: Mapped[datetime] = mapped_column(Moment)
    """Since when it waits, for what is due."""


class KeyRow(Base):
    """What is known of a key."""

    __tablename__ = "actionnetwork_key"

    mark: Mapped[str] = mapped_column(String(32), primary_key=True)
    failures: Mapped[int]
    """In a row, of all that goes by it."""
    pause_until: Mapped[datetime | None] = mapped_column(Moment)
    checked_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the entry point last took it."""
    stopped_at: Mapped[datetime | None] = mapped_column(Moment)
    """Since when it is refused: nothing goes by it until a person says so, or there is another."""
    last_code: Mapped[str] = mapped_column(String(40))
    last_at: Mapped[datetime | None] = mapped_column(Moment)


class Slot(Base):
    """One of the calls that a key may make in a second; all workers of all machines share them."""

    __tablename__ = "actionnetwork_slot"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    free_at: Mapped[datetime] = mapped_column(Moment)
