"""What is kept of texts: numbers as blind indexes, and all that people wrote sealed to the campaign they wrote to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from clarion.api import NEVER_REUSED, BigId, Moment, own_metadata

WAITING, DONE, INBOX, ANSWERED, CLOSED = "waiting", "done", "inbox", "answered", "closed"
"""What became of a text that came in: it waits to be read, was an answer, or is for a person to read."""


class Base(DeclarativeBase):
    """The base of this plugin's models."""

    metadata = own_metadata()


class ReceivedText(Base):
    """A text that somebody sent. The unique key is what makes one that is told ten times one text."""

    __tablename__ = "sms_received"
    __table_args__ = (
        UniqueConstraint("gateway", "event_key"),
        Index("ix_sms_received_next", "state", "id"),
        Index("ix_sms_received_phone", "phone_index", "state"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    gateway: Mapped[str] = mapped_column(String(20))
    event_key: Mapped[str] = mapped_column(String(120))
    """The gateway's own name of it."""
    campaign_id: Mapped[int | None] = mapped_column(BigId)
    """Where it belongs, as far as its words and what was asked last tell; nothing where no campaign has the number."""
    phone_index: Mapped[bytes] = mapped_column(LargeBinary(16))
    language: Mapped[str] = mapped_column(String(12))
    """Of the keyword that it is; empty for all others."""
    state: Mapped[str] = mapped_column(String(12))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """Number and words; nothing once it was taken in and is not for a person to read."""
    signature_id: Mapped[int | None] = mapped_column(BigId, index=True)
    """Of whoever wrote it, as far as they had signed: with that signature their words are erased."""
    received_at: Mapped[datetime] = mapped_column(Moment)


class Conversation(Base):
    """The talk in which one phone signs one campaign."""

    __tablename__ = "sms_conversation"
    __table_args__ = (
        UniqueConstraint("campaign_id", "phone_index"),
        Index("ix_sms_conversation_phone", "phone_index", "spoken_at"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(BigId)
    phone_index: Mapped[bytes] = mapped_column(LargeBinary(16))
    language: Mapped[str] = mapped_column(String(12))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """Number, name, postal code and answers."""
    claimed: Mapped[bool]
    """It was asked whether a signature on the web is its own."""
    tries: Mapped[int]
    signature_id: Mapped[int | None] = mapped_column(BigId)
    """Once the name counts."""
    thanked: Mapped[bool]
    open: Mapped[bool]
    """A question waits for its answer."""
    spoken_at: Mapped[datetime] = mapped_column(Moment)


class GatewayRow(Base):
    """What all workers together know of a gateway; whoever sends holds the row for a moment."""

    __tablename__ = "sms_gateway"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    wait_until: Mapped[datetime | None] = mapped_column(Moment)
    """It asked us to wait: nobody calls it before."""
    away_until: Mapped[datetime | None] = mapped_column(Moment)
    """It failed again and again: the other one is used until then."""
    next_at: Mapped[datetime | None] = mapped_column(Moment)
    """The next turn that is free."""
    failures: Mapped[int] = mapped_column(default=0)
    """Within the last minute, whatever was taken in between."""
    failing_since: Mapped[datetime | None] = mapped_column(Moment)
    missed: Mapped[int] = mapped_column(default=0)
    """Times in a row that it could not be reached."""
    unsure: Mapped[int] = mapped_column(default=0)
    """Times in a row that nobody knows whether it took a text."""


class Tally(Base):
    """What was sent to or for something on one day or in one hour, against the caps."""

    __tablename__ = "sms_tally"

    scope: Mapped[str] = mapped_column(String(80), primary_key=True)
    """`all`, `campaign:…`, or `prefix:…`, each with its day or hour."""
    texts: Mapped[int] = mapped_column(default=0)
    micros: Mapped[int] = mapped_column(BigId, default=0)
    """Millionths of a dollar."""
    told: Mapped[bool] = mapped_column(default=False)
    """Somebody was told that the cap is reached."""
    ends_at: Mapped[datetime] = mapped_column(Moment)
    """From when on nobody needs it."""


class ToldText(Base):
    """What a gateway told last of a text that it took; it only ever moves forward."""

    __tablename__ = "sms_told"

    message_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    rank: Mapped[int]
    state: Mapped[str] = mapped_column(String(12))
    code: Mapped[str] = mapped_column(String(10))
    told_at: Mapped[datetime] = mapped_column(Moment)


class OwnText(Base):
    """A text of ours that is no signer's: an answer in a talk, or a person's from the inbox."""

    __tablename__ = "sms_text"
    __table_args__ = (Index("ix_sms_text_phone", "phone_index", "made_at"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(BigId)
    phone_index: Mapped[bytes] = mapped_column(LargeBinary(16))
    phrase: Mapped[str] = mapped_column(String(20))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """Number, words, and the number it leaves from."""
    made_at: Mapped[datetime] = mapped_column(Moment)
