"""What waits to be delivered. Numbers and names of things only: what is said of people is made when it is sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from clarion.api import NEVER_REUSED, BigId, Moment, own_metadata

STATES = ("due", "sent", "needless", "parked")
DUE, SENT, NEEDLESS, PARKED = STATES
"""`needless`: by the time it could be sent there was nobody to tell of. `parked`: given up until it is replayed."""


class Base(DeclarativeBase):
    """The base of this plugin's models."""

    metadata = own_metadata()


class Delivery(Base):
    """One event for one endpoint. The unique key is what makes an event that is told twice one delivery."""

    __tablename__ = "webhooks_delivery"
    __table_args__ = (
        UniqueConstraint("endpoint", "event_id"),
        Index("ix_webhooks_delivery_next", "state", "endpoint", "due_at"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    endpoint: Mapped[str] = mapped_column(String(60))
    organisation: Mapped[str] = mapped_column(String(60))
    """Whose the endpoint was then: another one that takes over its name has no right to know."""
    event_id: Mapped[int] = mapped_column(BigId)
    message: Mapped[str] = mapped_column(String(40))
    """The `webhook-id`, the same at each try."""
    kind: Mapped[str] = mapped_column(String(40))
    campaign: Mapped[str] = mapped_column(String(60))
    signature: Mapped[int | None] = mapped_column(BigId)
    channel: Mapped[str] = mapped_column(String(20))
    detail: Mapped[str] = mapped_column(Text)
    happened_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(12))
    attempt: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(Moment)
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    last_code: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(Moment)


class EndpointRow(Base):
    """What is known of an endpoint."""

    __tablename__ = "webhooks_endpoint"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    mark: Mapped[str] = mapped_column(String(64))
    """A digest of its address: with another address it starts anew."""
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)
    """Since it answered 410: it wants no more."""
    last_code: Mapped[str] = mapped_column(String(40))
    last_at: Mapped[datetime] = mapped_column(Moment)
