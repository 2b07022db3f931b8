"""What providers tell of mails after taking them: kept at once, by whichever process hears it; a worker acts on it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from typing import Literal

from flask import current_app
from sqlalchemy import func, select

from ..extensions import db, insert_if_new, this_minute, transaction
from ..sealing import Keyring
from .models import BOUNCED, Feedback

BY_CHANNEL = "channel"
"""The source of what our own channel was told while it sent; providers have other names."""

_MESSAGE_ID = re.compile(r"<?(\d{1,18})\.([a-z2-7]{16})@[^<>\s@]+>?")


def message_name(message_id: int) -> str:
    """The part of a mail's Message-ID before the `@`: the same at every try, and nobody can make up another's."""
    return f"{message_id}.{_mark(message_id)}"


def message_of(header: str) -> int | None:
    """The message that a Message-ID belongs to, or `None` if it is not one of ours."""
    found = _MESSAGE_ID.fullmatch(header.strip())
    if found is None or not hmac.compare_digest(found[2], _mark(int(found[1]))):
        return None
    return int(found[1])


def report_feedback(
    source: str, event_key: str, message_id: str, kind: Literal["bounced", "complained"], code: str = ""
) -> bool:
    """Keep what a provider told of a mail; `False` if its Message-ID is none of ours.

    `source` is who told, `event_key` its own name of the event: told again, in any order, it is kept once. `code`
    names nobody: an enhanced status code such as `5.1.1`.
    """
    message = message_of(message_id)
    if message is None:
        return False
    keep_told(source, event_key, message, kind, code)
    return True


def keep_refusal(message_id: int, code: str) -> None:
    """Keep that a mailbox does not exist, as its server told at once; it has the consequences of a mail come back."""
    keep_told(BY_CHANNEL, secrets.token_hex(16), message_id, BOUNCED, code)


def waiting() -> int:
    """How much was told whose consequences are not drawn yet."""
    return db.session.scalar(select(func.count()).select_from(Feedback).where(Feedback.applied_at.is_(None))) or 0


def keep_told(source: str, event_key: str, message_id: int, kind: str, code: str) -> None:
    """Keep what was told of a message of ours; told again, it is kept once."""
    row = {
        "source": source[:40],
        "event_key": hashlib.sha256(event_key.encode()).hexdigest(),
        "message_id": message_id,
        "kind": kind,
        "code": code[:80],
        "received_at": this_minute(),
    }
    with transaction() as session:
        session.execute(insert_if_new(Feedback).values(row))


def _mark(message_id: int) -> str:
    """Ten bytes that only this instance can make for this number."""
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    key = keyring.secret("message-id")
    mark = hashlib.blake2b(str(message_id).encode(), key=key, digest_size=10, person=b"message-id").digest()
    return base64.b32encode(mark).decode().lower()
