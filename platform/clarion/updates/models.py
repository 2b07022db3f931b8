"""An update: news for a campaign's signers, in each of its languages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import NEVER_REUSED, BigId, Moment, db

STATES = ("waiting", "sending", "sent", "stopped")
WAITING, SENDING, SENT, STOPPED = STATES
"""`waiting`: for its moment, and can still be stopped. `sending`: messages are being written, page by page. `sent`: all
messages are written; the outbox has the rest. `stopped`: by a person; what was not written never will be."""


class Update(db.Model):  # type: ignore[name-defined,misc]
    """News from one organisation to the signers who said yes to it. What it says never changes once it is here."""

    __tablename__ = "campaign_update"
    __table_args__ = (UniqueConstraint("campaign_id", "name"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    name: Mapped[str] = mapped_column(String(80))
    """The name of its folder: `2026-07-12-hearing`."""
    organisation: Mapped[str] = mapped_column(String(60))
    """Who sends it: only those who said yes to this organisation get it."""
    channel: Mapped[str] = mapped_column(String(20), default="email", server_default=text("'email'"))
    """How it reaches them: by `email`, or as a text (`sms`)."""
    public: Mapped[bool]
    """Whether the page and the feed show it too."""
    content: Mapped[str] = mapped_column(Text)
    """JSON: the name its sender had, and by language its title and its words in Markdown."""
    state: Mapped[str] = mapped_column(String(12), default=WAITING)
    created_at: Mapped[datetime] = mapped_column(Moment)
    starts_at: Mapped[datetime] = mapped_column(Moment)
    """From then on it is sent; until then it can be stopped and nobody has got anything."""
    reached: Mapped[int] = mapped_column(BigId, default=0, server_default="0")
    """The signature up to which messages are written: moved in the transaction that writes them."""
    written: Mapped[int] = mapped_column(default=0, server_default="0")
    """How many messages that were."""
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
