"""What SendGrid tells: bounces, drops and complaints, many in a request, signed with a key of which we know one half.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from werkzeug.datastructures import Headers

from .hooks import Forged, Told, code, read, rows, word

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
PAST_SECONDS, FUTURE_SECONDS = 25 * 3600.0, 300.0
"""SendGrid tries for a day to deliver a request. One that comes again is kept once all the same."""

ARGUMENT = "clarion_message"
DROPPED = ("Bounced Address", "Invalid")
"""Reasons for which SendGrid sends nothing, and that are final."""


class SendGrid:
    """The signed event webhook of SendGrid."""

    name = "sendgrid"

    def __init__(self, public_key: str) -> None:
        self._key = verification_key(public_key)

    def events(self, body: bytes, headers: Headers) -> Iterable[Told]:
        """The events of a request that matter here."""
        self._check(body, headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, ""))
        for event in rows(read(body)):
            key = word(event.get("sg_event_id"))
            message_id = word(event.get(ARGUMENT)) or word(event.get("smtp-id"))
            if _is_final(event):
                yield Told(key, message_id, "bounced", code(event.get("status")))
            elif event.get("event") == "spamreport":
                yield Told(key, message_id, "complained")

    def _check(self, body: bytes, timestamp: str, signature: str) -> None:
        try:
            given = base64.b64decode(signature, validate=True)
            self._key.verify(given, timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, binascii.Error, ValueError):
            raise Forged from None
        if not (timestamp.isdecimal() and timestamp.isascii() and len(timestamp) < 12):
            raise Forged
        if not -FUTURE_SECONDS < time.time() - int(timestamp) < PAST_SECONDS:
            raise Forged


def verification_key(text: str) -> ec.EllipticCurvePublicKey:
    """The key as SendGrid shows it: base64 of DER. Raises `ValueError`."""
    try:
        key = load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except Exception as error:  # whatever the library says, it is no such key
        raise ValueError("write the verification key as SendGrid shows it, in one line") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("this is a key, but none of SendGrid's kind")
    return key


def header(message_id: str) -> bytes:
    """The line by which SendGrid gives our Message-ID back with every event (`smtp-id` stands in some only)."""
    return f"X-SMTPAPI: {json.dumps({'unique_args': {ARGUMENT: message_id}})}\r\n".encode()


def _is_final(event: Mapping[str, Any]) -> bool:
    if event.get("event") == "bounce":
        return word(event.get("type")) in ("", "bounce")  # the other type, `blocked`, is about us or for a while
    return event.get("event") == "dropped" and word(event.get("reason")) in DROPPED
