"""Twilio, by its SDK (https://www.twilio.com/docs/messaging/api/message-resource).

Its API knows no key by which a text is sent once only, and does not say of a 5xx that nothing was taken. So after one,
or after no answer at all, Twilio is asked whether it has a text to this number in these words. If it has, that is this
one. If it has not it may have it in a moment, as nobody promises that a list is up to date: then the text stays unsure,
until a callback tells of it. Only a 503 that names a time to come back says by itself that nothing was done (RFC 9110,
section 15.6.4).
"""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from flask import Request

from clarion.api import Blocked, Refused, Retry, Text, Unreachable, Unsure, now

from .base import Accepted, Forged, OptedOut, Received, Told, text_from
from .receipts import read_receipt, receipt
from .wire import Reply, Wire, asked_to_wait, moment_of

API = "https://api.twilio.com"

STOPPED = 21610
"""The number has opted out with Twilio itself."""
GONE = {21211, 21614, 21635, 30005, 30006}
"""No such number, or a landline (https://www.twilio.com/docs/api/errors). Not 30003, which a phone that is off gets,
and not those that read alike and are about the number that a text leaves from, such as 21401."""
ACCOUNT = {20003, 20005, 20006, 20010, 20404, 21609}
"""About our account or our address, whatever the text is."""
SENDER = {21401, 21601, 21603, 21606, 21659, 21660, 21661, 21701, 21703, 21704, 21705, 30034, 30035}
"""About the number that a text leaves from, which one campaign has, or all."""
FULL = {20429, 21611}
"""Too many at once, or ten hours' worth of texts queued already."""
ABOUT_TEXTS = range(21000, 22000)
"""Whatever the status beside it: not about us."""
STATES = {
    "accepted": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}

LONGEST_CODE = 6
LATELY = 20
"""Texts to one number that are looked through, the newest first."""

BEFORE = timedelta(seconds=10)
"""By how much clocks may differ. No more: an earlier text in the same words must not be taken for this one."""


class Twilio:
    """One account."""

    name = "twilio"

    def __init__(
        self, account: str, token: str, base_url: str, *, number: str = "", service: str = "", api: str = API
    ) -> None:
        """`number` is what texts leave from, in place of what their campaigns say."""
        self._account, self._token, self._api = account, token, api.rstrip("/")
        self._number, self._service = number, service
        self._base_url = base_url.rstrip("/")
        self._wire = Wire()

    @cached_property
    def _client(self) -> Any:
        from twilio.base.version import Version  # noqa: F401, PLC0415 - loaded where Twilio is used, as it is large
        from twilio.rest import Client  # noqa: PLC0415

        return Client(self._account, self._token, http_client=_Through(self._wire, self._api))

    @cached_property
    def _validator(self) -> Any:
        from twilio.request_validator import RequestValidator  # noqa: PLC0415

        return RequestValidator(self._token)

    def send(self, text: Text) -> Accepted:
        """Hand a text over."""
        begun = now()
        told = {"To": text.recipient, "Body": text.words, "StatusCallback": self._callback(text.message_id)}
        told |= {"MessagingServiceSid": self._service} if self._service else {"From": self._number or text.sender}
        try:
            reply = self._ask("POST", "Messages.json", told)
        except Unsure as error:
            doubt = error
        else:
            if reply.status == 201:
                return _accepted(_json(reply))
            if reply.status < 500 or (reply.status == 503 and "retry-after" in reply.headers):
                raise _refusal(reply)
            doubt = Unsure(str(reply.status))
        if (found := self._find(text, begun)) is None:
            raise doubt
        return found

    def _callback(self, message_id: int) -> str:
        return f"{self._base_url}/hooks/sms/{self.name}/status/{receipt(message_id)}"

    def _ask(self, method: str, path: str, told: dict[str, str]) -> Reply:
        url = f"{API}/2010-04-01/Accounts/{self._account}/{path}"
        answer = self._client.request(method, url, data=told or None)
        return Reply(answer.status_code, answer.headers or {}, (answer.text or "").encode())

    def _find(self, text: Text, begun: Any) -> Accepted | None:
        """A text to this number in these words since then; raises `Unsure` where nobody can tell."""
        # not by the date it was sent: what still waits there has none
        query = urlencode({"To": text.recipient, "PageSize": LATELY})
        try:
            reply = self._ask("GET", f"Messages.json?{query}", {})
        except (Unreachable, Unsure):
            raise Unsure("no answer") from None
        if reply.status != 200:
            raise Unsure(f"{reply.status}")
        listed = _json(reply).get("messages")
        for one in listed if isinstance(listed, list) else []:
            if not isinstance(one, dict):
                continue
            made = moment_of(str(one.get("date_created")))
            if one.get("body") == text.words and (made is None or made >= begun - BEFORE):
                return _accepted(one)
        return None

    def received(self, request: Request) -> Received | None:
        """A text that came in."""
        told = self._checked(request)
        key, sender, number = (told.get(name, "") for name in ("MessageSid", "From", "To"))
        return text_from(self.name, key, sender, number, told.get("Body", ""))

    def told(self, request: Request) -> Told | None:
        """What became of a text."""
        told = self._checked(request)
        message_id = read_receipt(request.path.rpartition("/")[2])
        state = STATES.get(told.get("MessageStatus", ""))
        if message_id is None or state is None:
            return None
        said = told.get("ErrorCode", "")
        code = said if said.isascii() and said.isdecimal() and len(said) <= LONGEST_CODE else ""
        number = int(code or 0)
        stopped, gone = number == STOPPED, number in GONE
        return Told(message_id, state, code, stopped=stopped, gone=gone, number=told.get("To", ""))

    def _checked(self, request: Request) -> dict[str, str]:
        """The parameters of a request that Twilio signed. Raises `Forged`."""
        query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
        url = f"{self._base_url}{request.path}{query}"
        signature = request.headers.get("X-Twilio-Signature", "")
        if not signature or not self._validator.validate(url, request.form, signature):
            raise Forged
        return request.form.to_dict()


class _Through:
    """The SDK's way to the network: ours, which tells what can have been taken."""

    def __init__(self, wire: Wire, api: str) -> None:
        self._wire, self._api = wire, api

    def request(
        self,
        method: str,
        url: str,
        params: dict[str, str] | None = None,
        data: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Any:
        """One request, as the SDK's own client makes it."""
        from twilio.http.response import Response  # noqa: PLC0415
        from urllib3.util import make_headers  # noqa: PLC0415

        del timeout, allow_redirects
        where = url.replace(API, self._api, 1) + (f"?{urlencode(params)}" if params else "")
        known = {**(headers or {}), **(make_headers(basic_auth=":".join(auth)) if auth else {})}
        if data is not None:
            known["Content-Type"] = "application/x-www-form-urlencoded"
        reply = self._wire.ask(method, where, urlencode(data).encode() if data is not None else None, known)
        return Response(reply.status, reply.body.decode(errors="replace"), reply.headers)


def _json(reply: Reply) -> dict[str, Any]:
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _accepted(one: dict[str, Any]) -> Accepted:
    said = str(one.get("num_segments") or "0")
    reference, code = str(one.get("sid") or ""), str(one.get("status") or "taken")[:40]
    return Accepted(reference, code, int(said) if said.isdecimal() else 0)


def _refusal(reply: Reply) -> Exception:
    """What an answer means that is no yes. The code tells more than the status: a stranger's number stops no lane."""
    told = _json(reply).get("code")
    number = told if isinstance(told, int) else 0
    code = f"{reply.status} {number or ''}".strip()
    if reply.status in (429, 503) or number in FULL:
        return Retry(code, asked_to_wait(reply))
    if number == STOPPED:
        return OptedOut(code)
    if number in SENDER:
        return Blocked(code, sure=False)
    if number in ACCOUNT or (reply.status in (401, 403) and number not in ABOUT_TEXTS):
        return Blocked(code)
    return Refused(code, no_mailbox=number in GONE)
