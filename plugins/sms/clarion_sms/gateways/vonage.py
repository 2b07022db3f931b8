"""Vonage, by its Messages API (https://developer.vonage.com/en/api/messages).

That one, and not its older SMS API, as it signs webhooks over the raw body: a JWT with the body's SHA-256. There is no
way to ask it whether a text was taken, so what got no clear answer is unsure; a webhook about it settles that.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import jwt
from flask import Request
from urllib3.util import make_headers

from clarion.api import Blocked, Refused, Retry, Text, Unsure

from .base import Accepted, Forged, Received, Told
from .receipts import read_receipt, receipt
from .wire import Reply, Wire, asked_to_wait

API = "https://api.nexmo.com"

GONE = {"1120", "1170", "1320", "1330"}
"""An illegal number, an invalid or blacklisted destination (https://developer.vonage.com/en/api-errors/messages)."""
STATES = {
    "submitted": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "rejected": "failed",
    "undeliverable": "failed",
}
LEEWAY = 300
"""Seconds that a webhook may be old: it is sent again for a day, signed anew each time."""


class Vonage:
    """One account; `signature` is the secret that its webhooks are signed with."""

    name = "vonage"

    def __init__(self, key: str, secret: str, signature: str, *, api: str = API) -> None:
        self._key, self._secret, self._signature, self._api = key, secret, signature, api.rstrip("/")
        self._wire = Wire()

    def send(self, text: Text) -> Accepted:
        """Hand a text over."""
        told = {
            "channel": "sms",
            "message_type": "text",
            "to": text.recipient.removeprefix("+"),
            "from": text.sender.removeprefix("+"),
            "text": text.words,
            "client_ref": receipt(text.message_id),
        }
        headers = {"Content-Type": "application/json", **make_headers(basic_auth=f"{self._key}:{self._secret}")}
        reply = self._wire.ask("POST", f"{self._api}/v1/messages", json.dumps(told).encode(), headers)
        if reply.status == 202:
            return Accepted(str(_json(reply.body).get("message_uuid", "")), "submitted")
        raise _refusal(reply)

    def received(self, request: Request) -> Received | None:
        """A text that came in."""
        told = self._checked(request)
        key, sender, number = (str(told.get(name) or "") for name in ("message_uuid", "from", "to"))
        if told.get("channel") != "sms" or not (key and sender and number):
            return None
        return Received(self.name, key, _plus(sender), _plus(number), str(told.get("text") or ""))

    def told(self, request: Request) -> Told | None:
        """What became of a text."""
        told = self._checked(request)
        message_id, state = read_receipt(str(told.get("client_ref") or "")), STATES.get(str(told.get("status")))
        if message_id is None or state is None:
            return None
        error = told.get("error")
        code = str(error.get("title") or "")[:10] if isinstance(error, dict) else ""
        return Told(message_id, state, code, gone=code in GONE)

    def _checked(self, request: Request) -> dict[str, Any]:
        """The body of a webhook that Vonage signed. Raises `Forged`."""
        body = request.get_data(cache=False)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            claims = jwt.decode(
                token, self._signature, algorithms=["HS256"], options={"require": ["iat"]}, leeway=LEEWAY
            )
        except jwt.PyJWTError:
            raise Forged from None
        digest, said = hashlib.sha256(body).hexdigest(), str(claims.get("payload_hash", ""))
        if scheme.lower() != "bearer" or not hmac.compare_digest(digest.encode(), said.encode(errors="replace")):
            raise Forged
        return _json(body)


def _plus(number: str) -> str:
    return number if number.startswith("+") or len(number) < 7 else f"+{number}"


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _refusal(reply: Reply) -> Exception:
    """What an answer means that is no yes."""
    told = str(_json(reply.body).get("title") or "")[:10]
    code = f"{reply.status} {told}".strip()
    if reply.status in (429, 503):
        return Retry(code, asked_to_wait(reply))
    if reply.status >= 500:
        return Unsure(code)
    if reply.status in (401, 402, 403):
        return Blocked(code)
    return Refused(code, no_mailbox=told in GONE)
