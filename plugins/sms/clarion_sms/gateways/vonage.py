"""Vonage, by its Messages API (https://developer.vonage.com/en/api/messages).

That one, and not its older SMS API, as it signs webhooks over the raw body: a JWT with the body's SHA-256. There is no
way to ask it whether a text was taken, so what got no clear answer is unsure; a webhook about it settles that.

It wants an application with a key pair: to those who come with the account's key and secret it tells nothing of their
texts (https://developer.vonage.com/en/getting-started/concepts/authentication).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import Any

import jwt
from flask import Request

from clarion.api import Blocked, Refused, Retry, Text, Unsure, now

from .base import Accepted, Forged, OptedOut, Received, Told, text_from
from .receipts import read_receipt, receipt
from .wire import Reply, Wire, asked_to_wait

API = "https://api.nexmo.com"

GONE = {"1170", "1190"}
"""No such number, or one that is no longer active (https://developer.vonage.com/en/api-errors/messages)."""
STOPPED = {"1050", "1240"}
"""The number is barred, or its owner has sent STOP to Vonage."""
SENDER = {"1120", "1420"}
"""About the number that a text leaves from."""
STATES = {
    "submitted": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "rejected": "failed",
    "undeliverable": "failed",
}
LEEWAY = 300
"""Seconds by which clocks may differ."""

OLDEST = 25 * 3600
"""Seconds that a webhook may be old: it is sent again for a day. What is older is somebody's who has kept it."""


class Vonage:
    """One application; `signature` is the secret of its account that webhooks are signed with."""

    name = "vonage"

    def __init__(self, application: str, key: str, signature: str, *, number: str = "", api: str = API) -> None:
        """`key` is the private one; `number` is what texts leave from, in place of what their campaigns say."""
        self._application, self._key, self._signature, self._api = application, key, signature, api.rstrip("/")
        self._number = number
        self._wire = Wire()

    def send(self, text: Text) -> Accepted:
        """Hand a text over."""
        told = {
            "channel": "sms",
            "message_type": "text",
            "to": text.recipient.removeprefix("+"),
            "from": (self._number or text.sender).removeprefix("+"),
            "text": text.words,
            "client_ref": receipt(text.message_id),
        }
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token()}"}
        reply = self._wire.ask("POST", f"{self._api}/v1/messages", json.dumps(told).encode(), headers)
        if reply.status == 202:
            return Accepted(str(_json(reply.body).get("message_uuid", "")), "submitted")
        raise _refusal(reply)

    def _token(self) -> str:
        """Who we are, for one request. Raises `Blocked` where the key is none."""
        moment = int(now().timestamp())
        claims = {"application_id": self._application, "iat": moment, "exp": moment + 300, "jti": secrets.token_hex(16)}
        try:
            return jwt.encode(claims, self._key, algorithm="RS256")
        except (jwt.PyJWTError, ValueError, TypeError):
            raise Blocked("private key unfit") from None

    def received(self, request: Request) -> Received | None:
        """A text that came in."""
        told = self._checked(request)
        key, sender, number = (str(told.get(name) or "") for name in ("message_uuid", "from", "to"))
        if told.get("channel") != "sms":
            return None
        return text_from(self.name, key, _plus(sender), _plus(number), str(told.get("text") or ""))

    def told(self, request: Request) -> Told | None:
        """What became of a text."""
        told = self._checked(request)
        message_id, state = read_receipt(str(told.get("client_ref") or "")), STATES.get(str(told.get("status")))
        if message_id is None or state is None:
            return None
        code = _code(told.get("error"))
        number = _plus(str(told.get("to") or ""))
        return Told(message_id, state, code, stopped=code in STOPPED, gone=code in GONE, number=number)

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
        if now().timestamp() - float(claims["iat"]) > OLDEST:
            raise Forged
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


def _code(error: Any) -> str:
    """The number of an error, which stands at the end of its type, or as its title."""
    if not isinstance(error, dict):
        return ""
    for said in (str(error.get("type") or "").rpartition("#")[2], str(error.get("title") or "")):
        if said.isascii() and said.isdecimal():
            return said[:10]
    return ""


def _refusal(reply: Reply) -> Exception:
    """What an answer means that is no yes."""
    told = _json(reply.body)
    number = _code(told)
    code = f"{reply.status} {number}".strip()
    if reply.status == 429 or (reply.status == 503 and "retry-after" in reply.headers):
        return Retry(code, asked_to_wait(reply))
    if reply.status >= 500:
        return Unsure(code)
    if number in STOPPED:
        return OptedOut(code)
    if number in SENDER or "from" in _wrong(told):
        return Blocked(code, sure=False)
    if reply.status in (401, 402, 403):
        return Blocked(code)
    return Refused(code, no_mailbox=number in GONE)


def _wrong(told: dict[str, Any]) -> list[Any]:
    """The names of the parameters that were wrong."""
    listed = told.get("invalid_parameters")
    return [one.get("name") for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
