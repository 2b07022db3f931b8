"""Second factors: codes of an app (TOTP, RFC 6238), and recovery codes for when the phone is lost."""

from __future__ import annotations

import secrets
from datetime import datetime
from urllib.parse import quote

import pyotp
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from sqlalchemy import delete, func, select, update

from ..extensions import Transaction, db, now, transaction
from .marks import Marks, same
from .models import Passkey, RecoveryCode, Staff

STEP = 30
"""Seconds for which an app shows a code."""

DRIFT = 1
"""Steps by which a phone's clock may be off (RFC 6238, section 5.2)."""

CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for one another."""


def has_second(staff: Staff) -> bool:
    """Whether somebody has any second factor."""
    return staff.totp_sealed is not None or has_passkey(staff.id)


def has_passkey(staff_id: int) -> bool:
    """Whether somebody has a passkey."""
    return db.session.scalar(select(Passkey.id).filter_by(staff_id=staff_id).limit(1)) is not None


def new_secret() -> str:
    """A secret for an app, in base 32."""
    return pyotp.random_base32()


def app_address(secret: str, email: str, site: str) -> str:
    """What an app reads from the QR code (the Key URI Format that such apps share)."""
    label = f"{quote(site, safe='')}:{quote(email, safe='')}"
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(site, safe='')}"


def step_of(secret: str, typed: str, moment: datetime) -> int | None:
    """The time step whose code was typed, or nothing."""
    totp, current = pyotp.TOTP(secret, interval=STEP), int(moment.timestamp()) // STEP
    found = [step for step in range(current - DRIFT, current + DRIFT + 1) if same(typed, totp.generate_otp(step))]
    return found[-1] if found else None


def keep_app(marks: Marks, staff_id: int, secret: str, typed: str) -> bool:
    """Take an app in, once a code shows that it has the secret."""
    step = step_of(secret, typed, now())
    if step is None:
        return False
    sealed = bytes(SecretBox(marks.key("totp")).encrypt(secret.encode()))
    with transaction() as session:
        session.execute(update(Staff).where(Staff.id == staff_id).values(totp_sealed=sealed, totp_step=step))
    return True


def drop_app(staff_id: int) -> None:
    """Take the app out."""
    with transaction() as session:
        session.execute(update(Staff).where(Staff.id == staff_id).values(totp_sealed=None, totp_step=0))


def take_code(marks: Marks, staff: Staff, typed: str) -> bool:
    """Whether the code of the app is right and was never used."""
    if staff.totp_sealed is None:
        return False
    try:
        secret = SecretBox(marks.key("totp")).decrypt(staff.totp_sealed).decode()
    except CryptoError:
        return False
    step = step_of(secret, typed, now())
    if step is None:
        return False
    with transaction() as session:
        newer = update(Staff).where(Staff.id == staff.id, Staff.totp_step < step)
        return bool(session.execute(newer.values(totp_step=step)).rowcount)  # type: ignore[attr-defined]


def new_recovery_codes(marks: Marks, staff_id: int) -> list[str]:
    """Ten new codes in place of all earlier ones; they are shown once."""
    codes = ["-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(2)) for _ in range(CODES)]
    with transaction() as session:
        session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff_id))
        session.add_all(RecoveryCode(staff_id=staff_id, digest=_mark(marks, staff_id, code)) for code in codes)
    return codes


def take_recovery_code(marks: Marks, staff_id: int, typed: str) -> bool:
    """Whether a recovery code is right; it is used up."""
    with transaction() as session:
        return _use(session, staff_id, _mark(marks, staff_id, typed))


def recovery_codes_left(staff_id: int) -> int:
    """How many are unused."""
    query = select(func.count()).select_from(RecoveryCode)
    return db.session.scalar(query.where(RecoveryCode.staff_id == staff_id, RecoveryCode.used_at.is_(None))) or 0


def _use(session: Transaction, staff_id: int, mark: bytes) -> bool:
    mine = update(RecoveryCode).where(
        RecoveryCode.staff_id == staff_id, RecoveryCode.digest == mark, RecoveryCode.used_at.is_(None)
    )
    return bool(session.execute(mine.values(used_at=now())).rowcount)  # type: ignore[attr-defined]


def _mark(marks: Marks, staff_id: int, code: str) -> bytes:
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return marks.digest("recovery", staff_id.to_bytes(8, "big"), plain.encode())
