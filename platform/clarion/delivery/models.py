"""What is kept of mailboxes and of handing over. No column names a signer; decision makers stand in clear."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import NEVER_REUSED, BigId, Moment, db

BOUNCED, COMPLAINED = "bounced", "complained"
"""What a provider says about a mail that it took."""


class Suppression(db.Model):  # type: ignore[name-defined,misc]
    """A mailbox that gets no mail any more, from no campaign: it does not exist, or its owner complained.

    Known by an index of its own, so that a row tells neither whose it is nor in which campaign.
    """

    __tablename__ = "suppression"

    mailbox_index: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    reason: Mapped[str] = mapped_column(String(12))
    """`bounced` or `complained`."""
    code: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(Moment)


class MailCap(db.Model):  # type: ignore[name-defined,misc]
    """How many mails that nobody but a stranger may have asked for a mailbox got on one day, from all campaigns.

    The index is made under a key of the day: tomorrow nobody can tell which mailbox a row was.
    """

    __tablename__ = "mail_cap"

    mailbox_index: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    day: Mapped[date] = mapped_column(Date, index=True)
    n: Mapped[int]


class Feedback(db.Model):  # type: ignore[name-defined,misc]
    """What a provider told of one mail after taking it; a worker draws the consequences, once.

    It names the message and never the mailbox. Told ten times, it is one row.
    """

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("source", "event_key"),
        Index(
            "ix_feedback_open",
            "id",
            postgresql_where=text("applied_at IS NULL"),
            sqlite_where=text("applied_at IS NULL"),
        ),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source: Mapped[str] = mapped_column(String(40))
    """Who told: `ses`, `mailgun`, `postmark`, `sendgrid`, `dsn`."""
    event_key: Mapped[str] = mapped_column(String(120))
    """The source's own name of the event."""
    message_id: Mapped[int] = mapped_column(BigId)
    kind: Mapped[str] = mapped_column(String(12))
    """`bounced` or `complained`."""
    code: Mapped[str] = mapped_column(String(80), default="")
    received_at: Mapped[datetime] = mapped_column(Moment)
    applied_at: Mapped[datetime | None] = mapped_column(Moment)


class Addressee(db.Model):  # type: ignore[name-defined,misc]
    """A decision maker's mailbox in one campaign, as far as it matters whether it may be written to."""

    __tablename__ = "addressee"
    __table_args__ = (UniqueConstraint("campaign_id", "email"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    email: Mapped[str] = mapped_column(String(254))
    unsubscribed_at: Mapped[datetime | None] = mapped_column(Moment)
    """From all mails of this campaign; of every campaign, where its owner complained."""
    bounced_at: Mapped[datetime | None] = mapped_column(Moment)


class Delivery(db.Model):  # type: ignore[name-defined,misc]
    """One handing over: a milestone reached, a digest, or a pack made for a recipient."""

    __tablename__ = "delivery"
    __table_args__ = (UniqueConstraint("campaign_id", "kind", "name"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    kind: Mapped[str] = mapped_column(String(12))
    """`milestone`, `digest` or `pack`."""
    name: Mapped[str] = mapped_column(String(80))
    """What makes it the only one of its kind, its addressee included: `500:17`, `2026-07-12:17`."""
    addressee_id: Mapped[int | None] = mapped_column(ForeignKey("addressee.id"))
    count: Mapped[int]
    """Confirmed signatures at that moment, which everything in it rests on."""
    up_to: Mapped[int] = mapped_column(BigId, default=0, server_default="0")
    """The newest signature in it, so that a later one may hold only what is new."""
    content: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    """The figures told, as JSON: totals, never a person."""
    digest: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))
    """SHA-256 of a pack's manifest."""
    created_at: Mapped[datetime] = mapped_column(Moment)
