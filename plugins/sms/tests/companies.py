"""Servers that behave as Twilio's and Vonage's published descriptions say, with their traps, and their signed webhooks.

Known behaviour of Twilio's Messages resource (2010-04-01): POST of a form with To, Body and From or MessagingServiceSid
under basic auth; 201 with `sid`, `status` queued, `num_segments`; errors as JSON with `code`, `message`, `status`; no
key by which a text is sent once only; GET lists texts by `To`, the newest first. Webhooks bear an HMAC-SHA1 over the
address and the sorted parameters. Of Vonage's Messages API (v1): POST of JSON under a JWT that the application's key
signs, 202 with `message_uuid`, errors as RFC 7807; webhooks bear a JWT with the SHA-256 of the body.
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
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ACCOUNT, TOKEN = "AC" + "0" * 32, "t" * 32
APPLICATION, SIGNATURE = "5c0ffee5-0000-4000-8000-000000000001", "g" * 40
BACKUP_NUMBER = "+12024560001"


@cache
def private_key() -> str:
    """The key of Vonage's application."""
    made = rsa.generate_private_key(65537, 2048)
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return made.private_bytes(*pem).decode()


def public_key() -> str:
    """What Vonage keeps of it."""
    key = serialization.load_pem_private_key(private_key().encode(), None).public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


@dataclass
class Company:
    """What a company took, and how it behaves."""

    kind: str
    behave: Callable[[int], str] = lambda _: ""
    """For the n-th text that it is handed: nothing, `429`, `429 date`, `500`, `500 taken`, `503`, `503 later`, `cut`,
    `cut taken`, or an error code of its own, with another status than 400 before it: `403 21408`."""
    slow_list: bool = False
    """What was taken stands in no list yet."""
    retry_after: int = 30
    taken: list[dict[str, str]] = field(default_factory=list)
    handed: list[tuple[float, str]] = field(default_factory=list)
    """When a text was handed over, and to whom."""
    port: int = 0
    before_cut: Callable[[], object] = lambda: None
    """What is waited for before a connection breaks off."""

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
        if how == "503 later":
            return 503, {"Retry-After": str(self.retry_after)}, {}
        if how in ("500", "503", "cut"):
            return int(how) if how != "cut" else 0, {}, {}
        if how and how.replace(" ", "").isdecimal():
            status, _, error = how.rpartition(" ")
            return self.error(int(status or 400), error)
        one = self.take(to, body, more)
        if how.endswith("taken"):
            return (500 if how.startswith("500") else 0), {}, {}
        if self.kind == "twilio":
            return 201, {}, one
        return 202, {}, {"message_uuid": one["sid"]}

    def error(self, status: int, code: str) -> tuple[int, dict[str, str], Any]:
        """An error as this company words it."""
        if self.kind == "twilio":
            return status, {}, {"code": int(code), "message": "as the test says", "status": status}
        kind = f"https://developer.vonage.com/api-errors/messages#{code}"
        return status, {}, {"type": kind, "title": "As the test says", "detail": "", "instance": "0"}

    def answer(self, method: str, target: str, authorization: str, body: bytes) -> tuple[int, dict[str, str], Any]:
        """What a request is answered."""
        parts = urlsplit(target)
        if not self.knows(authorization):
            return self.error(401, "20003" if self.kind == "twilio" else "unauthorized")
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
                shown = [] if self.slow_list else reversed(self.taken)
                found = [one for one in shown if one["to"] == query["To"][0]]
                return 200, {}, {"messages": found, "page": 0, "page_size": 50}
            form = {name: values[0] for name, values in parse_qs(body.decode(), strict_parsing=True).items()}
            assert set(form) <= {"To", "From", "MessagingServiceSid", "Body", "StatusCallback"}
            assert ("From" in form) != ("MessagingServiceSid" in form)
            more = {"from": form.get("From", ""), "callback": form["StatusCallback"]}
            return self.hand_over(form["To"], form["Body"], more)

    def knows(self, authorization: str) -> bool:
        """Whether a request is from its customer."""
        scheme, _, given = authorization.partition(" ")
        if self.kind == "twilio":
            return (scheme, given) == ("Basic", base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode())
        claims = jwt.decode(given, public_key(), algorithms=["RS256"], options={"require": ["iat", "exp", "jti"]})
        return scheme == "Bearer" and claims["application_id"] == APPLICATION

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
        told = {
            "channel": "sms",
            "message_uuid": one["sid"],
            "client_ref": one["ref"],
            "status": state,
            "to": one["to"][1:],
        }
        told |= {"error": self.error(0, error)[2]} if error else {}
        return vonage_post(client, "/hooks/sms/vonage/status", told)


def twilio_post(client: Any, base_url: str, path: str, told: dict[str, str], token: str = TOKEN) -> Any:
    """A webhook as Twilio signs it."""
    said = base_url + path + "".join(name + told[name] for name in sorted(told))
    mark = base64.b64encode(hmac.new(token.encode(), said.encode(), hashlib.sha1).digest()).decode()
    return client.post(path, data=told, headers={"X-Twilio-Signature": mark})


def vonage_post(client: Any, path: str, told: dict[str, Any], secret: str = SIGNATURE, age: int = 0) -> Any:
    """A webhook as Vonage signs it, or signed it so many seconds ago."""
    body = json.dumps(told).encode()
    claims = {"iat": int(time.time()) - age, "iss": "Vonage", "payload_hash": hashlib.sha256(body).hexdigest()}
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
                company.before_cut()
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


def table_of(company: Company, number: str = "", **more: Any) -> dict[str, Any]:
    """The plugin's settings that lead to it; all texts leave from `number`, if there is one."""
    at = f"@{number}" if number else ""
    if company.kind == "twilio":
        return {"url": f"twilio://{ACCOUNT}{at}?api={company.api}", "password": TOKEN, "rate": 1000.0, **more}
    known = {"password": private_key(), "signature": SIGNATURE}
    return {"url": f"vonage://{APPLICATION}{at}?api={company.api}", "rate": 1000.0, **known, **more}


def as_backup(company: Company) -> dict[str, Any]:
    """The settings that make it the second one."""
    known = table_of(company, BACKUP_NUMBER)
    return {f"backup_{name}": known[name] for name in ("url", "password", "signature") if name in known}
