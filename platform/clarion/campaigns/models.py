"""Campaigns and their editions in the database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import NEVER_REUSED, BigId, Moment, db


class CampaignRow(db.Model):  # type: ignore[name-defined,misc]
    """One campaign: its name, its public key and the edition that is live."""

    __tablename__ = "campaign"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    key_id: Mapped[str] = mapped_column(String(32))
    """The name of its keys in the keyring."""
    public_key: Mapped[bytes] = mapped_column(LargeBinary(32))
    live_edition_id: Mapped[int | None] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    """Since when the campaign is closed, by its live edition's word or by its date; a corrected word in the story does
    not move it."""
    erased_count: Mapped[int] = mapped_column(default=0, server_default="0")
    """Confirmed signatures whose signers were erased after the end: counted still, in no row any more."""
    erased_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the campaign's signers were erased and its keys destroyed; the count stays."""


class Edition(db.Model):  # type: ignore[name-defined,misc]
    """One checked, published version of a campaign folder; never changed once written."""

    __tablename__ = "edition"
    __table_args__ = (
        UniqueConstraint("campaign_id", "digest"),
        UniqueConstraint("campaign_id", "number"),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text)
    """The canonical JSON of the `Campaign`."""
    published_at: Mapped[datetime] = mapped_column(Moment)


class SourceRow(db.Model):  # type: ignore[name-defined,misc]
    """One save of what a campaign is made from; never changed once written."""

    __tablename__ = "campaign_source"
    __table_args__ = (UniqueConstraint("slug", "number"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(60))
    number: Mapped[int]
    files: Mapped[str] = mapped_column(Text)
    """JSON: the texts of the folder by name."""
    media: Mapped[str] = mapped_column(Text)
    """JSON: the digests of its pictures by name."""
    place: Mapped[str] = mapped_column(String(12))
    """`console`, or `folder`."""
    saved_by: Mapped[int | None] = mapped_column(BigId)
    """The number of one of the staff."""
    saved_at: Mapped[datetime] = mapped_column(Moment)


class MediaRow(db.Model):  # type: ignore[name-defined,misc]
    """The bytes of an image, once for all editions that show it."""

    __tablename__ = "media"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    mime: Mapped[str] = mapped_column(String(40))
    content: Mapped[bytes] = mapped_column(LargeBinary)
