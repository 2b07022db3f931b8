"""Servers that behave as Twilio's and Vonage's published descriptions say, with their traps, and their signed webhooks.

Known behaviour of Twilio's Messages resource (2010-04-01): POST of a form with To, Body and From or MessagingServiceSid
under basic auth; 201 with `sid`, `status` queued, `num_segments`; errors as JSON with `code`, `message`, `status`; no
key by which a text is sent once only; GET lists texts by `To`, the newest first. Webhooks bear an HMAC-SHA1 over the
address and the sorted parameters. Of Vonage's Messages API (v1): POST of JSON, 202 with `message_uuid`; webhooks bear a
JWT with the SHA-256 of the body.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt

ACCOUNT, TOKEN = "AC" + "0" * 32, "t" * 32
KEY, SECRET, SIGNATURE = "0123abcd", "s" * 16, "g" * 40


@dataclass
class Company:
    """What a company took, and how it behaves."""

    kind: str
    behave: Callable[[int], str] = lambda _: ""
    """For the n-th text that it is handed: nothing, `429`, `429 date`, `500`, `500 taken`, `cut`, `cut taken`, or an
    error code of Twilio's."""
    retry_after: int = 30
    taken: list[dict[str, str]] = field(default_factory=list)
    handed: list[tuple[float, str]] = field(default_factory=list)
    """When a text was handed over, and to whom."""
    port: int = 0

    def __post_init__(self) -> None:
        self.lock = threading.Lock()

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def to(self, number: str) -> list[str]:
        """The words that a number got."""
        return [one["body"] for one in self.taken if one["to"] == number]

    def take(self, to: str, body: str, more: dict[str, str]) -> dict[str, str]:
        one = {
            "sid": "SM" + secrets.token_hex(16),
            "to": to,
            "body": body,
            "status": "queued",
            "num_segments": "1",
            "date_created": format_datetime(datetime.now(UTC)),
            **more,
        }
        self.taken.append(one)
        return one

    def hand_over(self, to: str, body: str, more: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        """Status, headers and body; status 0 to break off."""
        self.handed.append((time.monotonic(), to))
        how = self.behave(len(self.handed))
        if how.startswith("429"):
            wait = str(self.retry_after)
            if "date" in how:
                wait = format_datetime(datetime.fromtimestamp(time.time() + self.retry_after, UTC), usegmt=True)
            return 429, {"Retry-After": wait}, {"code": 20429, "message": "Too Many Requests", "status": 429}
        if how in ("500", "cut"):
            return (500 if how == "500" else 0), {}, {}
        if how and how.isdecimal():
            return 400, {}, {"code": int(how), "message": "as the test says", "status": 400}
        one = self.take(to, body, more)
        if how.endswith("taken"):
            return (500 if how.startswith("500") else 0), {}, {}
        if self.kind == "twilio":
            return 201, {}, one
        return 202, {}, {"message_uuid": one["sid"]}

    def answer(self, method: str, target: str, authorization: str, body: bytes) -> tuple[int, dict[str, str], Any]:
        """What a request is answered."""
        parts = urlsplit(target)
        known = (ACCOUNT, TOKEN) if self.kind == "twilio" else (KEY, SECRET)
        if authorization != "Basic " + base64.b64encode(":".join(known).encode()).decode():
            return 401, {}, {"code": 20003, "message": "Authenticate", "status": 401}
        with self.lock:
            if self.kind == "vonage":
                assert (method, parts.path) == ("POST", "/v1/messages")
                told = json.loads(body)
                assert (told["channel"], told["message_type"]) == ("sms", "text")
                assert not told["to"].startswith("+")
                more = {"from": "+" + told["from"], "ref": told["client_ref"]}
                return self.hand_over("+" + told["to"], told["text"], more)
            assert parts.path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", parts.path
            if method == "GET":
                query = parse_qs(parts.query)
                assert set(query) == {"To", "PageSize"}, query
                found = [one for one in reversed(self.taken) if one["to"] == query["To"][0]]
                return 200, {}, {"messages": found, "page": 0, "page_size": 50}
            form = {name: values[0] for name, values in parse_qs(body.decode(), strict_parsing=True).items()}
            assert set(form) <= {"To", "From", "MessagingServiceSid", "Body", "StatusCallback"}
            assert ("From" in form) != ("MessagingServiceSid" in form)
            more = {"from": form.get("From", ""), "callback": form["StatusCallback"]}
            return self.hand_over(form["To"], form["Body"], more)

    # what it tells us

    def text(self, client: Any, base_url: str, sender: str, number: str, words: str, key: str = "") -> Any:
        """Bring a text that somebody sent, signed."""
        key = key or "SM" + secrets.token_hex(16)
        if self.kind == "twilio":
            told = {"MessageSid": key, "From": sender, "To": number, "Body": words, "AccountSid": ACCOUNT}
            return twilio_post(client, base_url, "/hooks/sms/twilio", told)
        told = {"channel": "sms", "message_uuid": key, "from": sender[1:], "to": number[1:], "text": words}
        return vonage_post(client, "/hooks/sms/vonage", told)

    def tell(self, client: Any, base_url: str, one: dict[str, str], state: str, error: str = "") -> Any:
        """Tell what became of a text, signed."""
        if self.kind == "twilio":
            told = {"MessageSid": one["sid"], "MessageStatus": state, "To": one["to"]}
            told |= {"ErrorCode": error} if error else {}
            return twilio_post(client, base_url, one["callback"].removeprefix(base_url), told)
        told = {"channel": "sms", "message_uuid": one["sid"], "client_ref": one["ref"], "status": state}
        told |= {"error": {"title": error}} if error else {}
        return vonage_post(client, "/hooks/sms/vonage/status", told)


def twilio_post(client: Any, base_url: str, path: str, told: dict[str, str], token: str = TOKEN) -> Any:
    """A webhook as Twilio signs it."""
    said = base_url + path + "".join(name + told[name] for name in sorted(told))
    mark = base64.b64encode(hmac.new(token.encode(), said.encode(), hashlib.sha1).digest()).decode()
    return client.post(path, data=told, headers={"X-Twilio-Signature": mark})


def vonage_post(client: Any, path: str, told: dict[str, Any], secret: str = SIGNATURE) -> Any:
    """A webhook as Vonage signs it."""
    body = json.dumps(told).encode()
    claims = {"iat": int(time.time()), "iss": "Vonage", "payload_hash": hashlib.sha256(body).hexdigest()}
    token = jwt.encode(claims, secret, algorithm="HS256")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    return client.post(path, data=body, headers=headers)


@contextmanager
def serve(company: Company) -> Iterator[Company]:
    """Serve it on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            given = self.headers.get("Authorization", "")
            status, headers, told = company.answer(self.command, self.path, given, body)
            if status == 0:
                self.close_connection = True
                return
            packed = json.dumps(told).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(packed)))
            with suppress(OSError):
                self.end_headers()
                self.wfile.write(packed)

        do_GET = do_POST = _answer

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    company.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield company
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def table_of(company: Company, **more: Any) -> dict[str, Any]:
    """The plugin's settings that lead to it."""
    if company.kind == "twilio":
        return {"url": f"twilio://{ACCOUNT}?api={company.api}", "password": TOKEN, "rate": 1000.0, **more}
    known = {"password": SECRET, "signature": SIGNATURE}
    return {"url": f"vonage://{KEY}?api={company.api}", "rate": 1000.0, **known, **more}
