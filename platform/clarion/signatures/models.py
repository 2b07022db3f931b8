"""Signatures and what belongs to them. No column names a person, but for what a signer chose to show."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import NEVER_REUSED, BigId, Moment, db

PENDING, CONFIRMED, WITHDRAWN, VOID = "pending", "confirmed", "withdrawn", "void"
OWN_PAGE, SHARE, LINK = "page", "share", "link"
"""Sources of signatures: the campaign's own page, and that page reached by a signer's link or an organisation's."""
BY_PROGRAM = API, OSDI = "api", "osdi"
"""Sources of signatures that a program brought, from a form that we did not show."""
TEXT = "text"
"""The source of signatures that came by a text message, and the place of consents given by one."""
BY_MAIL, BY_TEXT = "email", "sms"
"""The channels that reach a signer."""
WAITING, APPROVED, HIDDEN = "waiting", "approved", "hidden"


class Signature(db.Model):  # type: ignore[name-defined,misc]
    """One person's support of one campaign. The unique key is what makes a name count once (rule 4)."""

    __tablename__ = "signature"
    __table_args__ = (
        UniqueConstraint("campaign_id", "email_index"),
        Index(
            "ix_signature_reason_due",
            "id",
            postgresql_where=text("reason_due"),
            sqlite_where=text("reason_due"),
        ),
        NEVER_REUSED,
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    email_index: Mapped[bytes] = mapped_column(LargeBinary(16))
    state: Mapped[str] = mapped_column(String(12))
    language: Mapped[str] = mapped_column(String(12))
    source: Mapped[str] = mapped_column(String(80))
    area: Mapped[str] = mapped_column(String(12))
    organisation: Mapped[str] = mapped_column(String(60), default="", server_default=text("''"))
    """From whose place it came: the lead for the campaign's own page, which rows from before 0003 leave empty."""
    brought_by: Mapped[str] = mapped_column(String(60), default="", server_default=text("''"))
    """From whose place the first came of those who passed it on; rows from before 0007 leave it empty: their own."""
    origin: Mapped[str] = mapped_column(String(130), default="", server_default=text("''"))
    """`host:…`, the site around the frame, or `utm:source/medium/campaign`."""
    reached_by: Mapped[str] = mapped_column(String(20), default=BY_MAIL, server_default=text(f"'{BY_MAIL}'"))
    """The channel to the mailbox that confirms it and whose index is above: `email`, or `sms` where that is a phone."""
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    """The edition whose page was signed."""
    show_name: Mapped[bool]
    reason_due: Mapped[bool]
    """A reason is sealed in the details and waits to be brought out once the signature is confirmed."""
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """Details and link, under the campaign's public key."""
    record: Mapped[bytes] = mapped_column(LargeBinary)
    """The same details under the signer's link."""
    confirm_look_up: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    me_look_up: Mapped[bytes] = mapped_column(LargeBinary(16), unique=True)
    code_mark: Mapped[bytes] = mapped_column(LargeBinary(16))
    code_tries: Mapped[int] = mapped_column(default=0)
    signed_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)

    @property
    def brought(self) -> str:
        """Whom it is counted to: who brought it, or its own place; empty for the lead."""
        return self.brought_by or self.organisation


class Consent(db.Model):  # type: ignore[name-defined,misc]
    """A signer's recorded yes to one organisation for one channel.

    The words shown are those of the edition in the language, which never change. It counts once the
    mailbox has confirmed it: a stranger who types an address gives nobody's consent.
    """

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("signature_id", "organisation", "channel"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    signature_id: Mapped[int] = mapped_column(ForeignKey("signature.id", ondelete="CASCADE"))
    organisation: Mapped[str] = mapped_column(String(60))
    channel: Mapped[str] = mapped_column(String(20))
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"))
    language: Mapped[str] = mapped_column(String(12))
    place: Mapped[str] = mapped_column(String(80), default="", server_default=text("''"))
    """Where the words were shown: the source of the signing, or `text`; rows from before 0008 leave it empty."""
    given_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)


class SignaturePhone(db.Model):  # type: ignore[name-defined,misc]
    """The phone that a signature names, as a blind index; `verified_at` once the phone itself has said so.

    Anybody can type anybody's number. Until its phone has spoken a row is a claim: no text is sent for it but the
    question, and any number of signatures may claim one phone. Of those that are verified a campaign has one.
    """

    __tablename__ = "signature_phone"
    __table_args__ = (
        Index("ix_signature_phone_index", "campaign_id", "phone_index"),
        Index(
            "uq_signature_phone_verified",
            "campaign_id",
            "phone_index",
            unique=True,
            postgresql_where=text("verified_at IS NOT NULL"),
            sqlite_where=text("verified_at IS NOT NULL"),
        ),
    )

    signature_id: Mapped[int] = mapped_column(ForeignKey("signature.id", ondelete="CASCADE"), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    phone_index: Mapped[bytes] = mapped_column(LargeBinary(16))
    """Under the campaign's own key, as `email_index` is."""
    verified_at: Mapped[datetime | None] = mapped_column(Moment)


class Reason(db.Model):  # type: ignore[name-defined,misc]
    """A signer's public words with the name they chose to show; seen on the page once approved."""

    __tablename__ = "reason"
    __table_args__ = (Index("ix_reason_shown", "campaign_id", "state", "id"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    signature_id: Mapped[int] = mapped_column(ForeignKey("signature.id", ondelete="CASCADE"), unique=True)
    language: Mapped[str] = mapped_column(String(12))
    words: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(String(200))
    """First name and initial, or empty."""
    state: Mapped[str] = mapped_column(String(12))
    written_at: Mapped[datetime] = mapped_column(Moment)


class CountDelta(db.Model):  # type: ignore[name-defined,misc]
    """One step of a count, up or down, written beside the signature and folded later (rule 3)."""

    __tablename__ = "count_delta"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    language: Mapped[str] = mapped_column(String(12))
    source: Mapped[str] = mapped_column(String(80))
    area: Mapped[str] = mapped_column(String(12))
    organisation: Mapped[str] = mapped_column(String(60), default="", server_default=text("''"))
    brought_by: Mapped[str] = mapped_column(String(60), default="", server_default=text("''"))
    origin: Mapped[str] = mapped_column(String(130), default="", server_default=text("''"))
    step: Mapped[int]


class CountTotal(db.Model):  # type: ignore[name-defined,misc]
    """What has been folded so far. The count is this plus the steps that still wait."""

    __tablename__ = "count_total"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(12), primary_key=True)
    source: Mapped[str] = mapped_column(String(80), primary_key=True)
    area: Mapped[str] = mapped_column(String(12), primary_key=True)
    n: Mapped[int]


class CountOrganisation(db.Model):  # type: ignore[name-defined,misc]
    """How much of what has been folded came from one organisation's place; the rest is the lead's.

    It is no column of `count_total`: the release before 0003 adds a step to the row with its language, source
    and area. Were there one such row for each organisation, it would add the step to all of them.
    """

    __tablename__ = "count_organisation"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(60), primary_key=True)
    n: Mapped[int]


class CountArrival(db.Model):  # type: ignore[name-defined,misc]
    """How much of what has been folded was brought by whom, and from where; what is in no row was by its own place.

    The place is part of the key so that this table only ever moves a number from one organisation to another: what the
    release before 0007 folds or has written stays where it is.
    """

    __tablename__ = "count_arrival"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(60), primary_key=True)
    """From whose place they came."""
    brought_by: Mapped[str] = mapped_column(String(60), primary_key=True)
    source: Mapped[str] = mapped_column(String(80), primary_key=True)
    origin: Mapped[str] = mapped_column(String(130), primary_key=True)
    n: Mapped[int]


class CountHour(db.Model):  # type: ignore[name-defined,misc]
    """What was folded within one hour: how a count grew. What was folded before this table came is in no hour.

    The release before 0006 does not write it, so what that one folds is in no hour either; the total is exact.
    """

    __tablename__ = "count_hour"

    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True)
    """Whole hours since 1970, in UTC."""
    n: Mapped[int]
