"""What Postmark tells: bounces, complaints and suppressions. It signs nothing, but sends a password or a header along.

https://postmarkapp.com/developer/webhooks/webhooks-overview
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable
from typing import Any

from werkzeug.datastructures import Headers

from .hooks import Forged, Told, read, table, word

SECRET_HEADER = "X-Webhook-Secret"  # noqa: S105 - its name
METADATA = "message"

NO_MAILBOX = {"HardBounce": "5.1.1", "BadEmailAddress": "5.1.3"}
"""Postmark's words for what is final, and the status that they stand for (RFC 3463)."""


class Postmark:
    """Webhooks of Postmark."""

    name = "postmark"

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def events(self, body: bytes, headers: Headers) -> Iterable[Told]:
        """The one event that a request holds."""
        self._check(headers)
        event = table(read(body))
        record = word(event.get("RecordType"))
        kind = word(event.get("Type" if record == "Bounce" else "SuppressionReason"))
        if record == "SubscriptionChange" and event.get("SuppressSending") is not True:
            return
        message_id = word(table(event.get("Metadata")).get(METADATA))
        key = f"{record} {_number(event.get('ID'))} {word(event.get('MessageID'))}"
        if record in ("Bounce", "SubscriptionChange") and kind in NO_MAILBOX:
            yield Told(key, message_id, "bounced", NO_MAILBOX[kind])
        elif record == "SpamComplaint" or (record in ("Bounce", "SubscriptionChange") and kind == "SpamComplaint"):
            yield Told(key, message_id, "complained")

    def _check(self, headers: Headers) -> None:
        """The secret stands in a header of its own, or is the password of the address that was typed in."""
        given = [headers.get(SECRET_HEADER, "").encode()]
        scheme, _, rest = headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                given.append(base64.b64decode(rest.strip(), validate=True).partition(b":")[2])
            except (binascii.Error, ValueError):
                raise Forged from None
        if True not in [hmac.compare_digest(one, self._secret) for one in given]:
            raise Forged


def header(message_id: str) -> bytes:
    """The line by which Postmark gives our Message-ID back, which it replaces by its own otherwise."""
    return f"X-PM-Metadata-{METADATA}: {message_id}\r\n".encode()


def _number(value: Any) -> str:
    return str(value) if isinstance(value, int) else ""
