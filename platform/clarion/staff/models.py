"""Staff in the database. No password stands here, and no token: only what a token can be checked with."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, LargeBinary, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import NEVER_REUSED, BigId, Moment, db


class Staff(db.Model):  # type: ignore[name-defined,misc]
    """A person who logs in. The address is their name in here: it stands in clear, as colleagues have to know it."""

    __tablename__ = "staff"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    """In small letters."""
    language: Mapped[str] = mapped_column(String(20), default="")
    """The language of their pages and mails; empty for the browser's."""
    admin: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Runs the site: every organisation's people, and no signers."""
    totp_sealed: Mapped[bytes | None] = mapped_column(LargeBinary(200))
    """The secret of their app for codes, under a key of the instance."""
    totp_step: Mapped[int] = mapped_column(BigId, default=0, server_default="0")
    """The last time step whose code was taken: none is taken twice (RFC 6238, section 5.2)."""
    passkey_handle: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    """Who they are to a passkey: random, so that it names nobody (WebAuthn, section 14.6.1)."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    last_seen_on: Mapped[date | None] = mapped_column(Date)


class Membership(db.Model):  # type: ignore[name-defined,misc]
    """What somebody is for one organisation."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("staff_id", "organisation"), NEVER_REUSED)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    organisation: Mapped[str] = mapped_column(String(60), index=True)
    """Its id, as in `[organisations.<id>]` of campaigns."""
    role: Mapped[str] = mapped_column(String(20))


class Ticket(db.Model):  # type: ignore[name-defined,misc]
    """Leave to do one thing once: to log in by a mail, to set up the site, or a challenge that a passkey signs.

    What is sent out is made from the nonce with a key of the instance, so a stolen database lets nobody in.
    """

    __tablename__ = "staff_ticket"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20))
    nonce: Mapped[bytes] = mapped_column(LargeBinary(16))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    """Whose; nobody's where the address that was typed is unknown, which is not to be noticed."""
    browser: Mapped[bytes] = mapped_column(LargeBinary(32), default=b"")
    """A digest of the browser that asked: only there a code may be typed."""
    language: Mapped[str] = mapped_column(String(20), default="")
    made_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    tries: Mapped[int] = mapped_column(default=0)
    mailed: Mapped[bool] = mapped_column(default=False)
    """A mail is on its way or was sent: so many an hour and no more."""


class Invitation(db.Model):  # type: ignore[name-defined,misc]
    """A place in an organisation that waits for somebody to take it."""

    __tablename__ = "staff_invitation"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    nonce: Mapped[bytes] = mapped_column(LargeBinary(16))
    email: Mapped[str] = mapped_column(String(254))
    organisation: Mapped[str] = mapped_column(String(60), index=True)
    role: Mapped[str] = mapped_column(String(20))
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id", ondelete="SET NULL"))
    language: Mapped[str] = mapped_column(String(20), default="")
    made_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    """Taken, or taken back."""


class Letter(db.Model):  # type: ignore[name-defined,misc]
    """A mail to staff that is to leave at once; what it says is made from its ticket or invitation."""

    __tablename__ = "staff_letter"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("staff_ticket.id", ondelete="CASCADE"))
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("staff_invitation.id", ondelete="CASCADE"))
    due_at: Mapped[datetime] = mapped_column(Moment, index=True)
    tries: Mapped[int] = mapped_column(default=0)


class StaffSession(db.Model):  # type: ignore[name-defined,misc]
    """A browser that somebody is logged in with. It ends here, whatever a cookie says."""

    __tablename__ = "staff_session"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    """SHA-256 of the cookie: 256 random bits need no slow hash."""
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    began_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    """To five minutes: what is written at each page costs more than it tells."""
    second_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the second factor was shown; a passkey is both at once."""
    tries: Mapped[int] = mapped_column(default=0)
    """Codes that were wrong."""
    device: Mapped[str] = mapped_column(String(60), default="")
    """A word for people who look at their sessions: `Firefox, Linux`."""


class Passkey(db.Model):  # type: ignore[name-defined,misc]
    """A key pair of which we hold the public half (WebAuthn, https://www.w3.org/TR/webauthn-2/)."""

    __tablename__ = "staff_passkey"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    credential: Mapped[bytes] = mapped_column(LargeBinary(1024), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary(2048))
    sign_count: Mapped[int] = mapped_column(BigId, default=0)
    name: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime] = mapped_column(Moment)
    last_used_on: Mapped[date | None] = mapped_column(Date)


class RecoveryCode(db.Model):  # type: ignore[name-defined,misc]
    """A code for the day when the phone is lost; each is good once."""

    __tablename__ = "staff_recovery_code"
    __table_args__ = NEVER_REUSED

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    """A keyed hash."""
    used_at: Mapped[datetime | None] = mapped_column(Moment)
