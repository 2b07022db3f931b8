"""A server that behaves as Action Network's documentation says, for the tests: its limits, its gifts and its traps.

Known behaviour: a key for each group in `OSDI-API-Token`; four calls a second, above that 429; people matched by email,
number or identifier and updated; a new person without a status is subscribed to mails and not to texts; the status of
a known one changes only where it is passed, and a signature can only subscribe; one signature for a person and
petition; a rejected signature may be answered 200 with nothing; `background_request=true` answers `{}` at once and
works later; collections in pages of 25, filtered by `identifier`, `email_address` and `modified_date`.
"""

from __future__ import annotations

import json
import random
import re
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PETITION = "d91b4b2e-ae0e-4cd3-9ed7-d0ec501b0bc3"
KEY = "5d8f1e0c9b7a46328d5e4f3c2b1a0987"
PER_PAGE = 25
FILTER = re.compile(r"(identifier|email_address|modified_date) (eq|gt) '([^']*)'")


@dataclass
class Person:
    """Somebody in a group."""

    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    identifiers: list[str] = field(default_factory=list)
    given_name: str = ""
    family_name: str = ""
    email: str = ""
    phone: str = ""
    email_status: str = ""
    sms_status: str = ""
    postal: dict[str, Any] = field(default_factory=dict)
    languages: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    modified: float = 0.0

    @property
    def told(self) -> dict[str, Any]:
        return {"identifiers": [f"action_network:{self.id}", *self.identifiers], "modified_date": _stamp(self.modified)}


@dataclass
class Signature:
    """One person's signature of one petition."""

    person: Person
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    identifiers: list[str] = field(default_factory=list)
    referrer: dict[str, Any] = field(default_factory=dict)
    modified: float = 0.0


@dataclass
class Stub:
    """The server's memory, and how it behaves."""

    keys: set[str] = field(default_factory=lambda: {KEY})
    limit: int = 4
    retry_after: str = ""
    empty: float = 0.0
    """How often a signature is rejected with 200 and nothing."""
    broken: float = 0.0
    """How often it answers 500 before it did anything."""
    lost: float = 0.0
    """How often it does what it should and breaks off before the answer."""
    loses_background: bool = False
    tags: set[str] = field(default_factory=lambda: {"petition"})
    behave: Callable[[str, str], int | None] | None = None
    """Answers with this status instead, for a method and path."""
    people: list[Person] = field(default_factory=list)
    signatures: dict[str, list[Signature]] = field(default_factory=lambda: {PETITION: []})
    calls: list[tuple[float, str, str, str]] = field(default_factory=list)
    """When, which method, path and key."""
    over: int = 0
    later: deque[Callable[[], Any]] = field(default_factory=deque)
    background: int = 0
    autoresponses: int = 0
    port: int = 0

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self._recent: dict[str, deque[float]] = {}
        self._by: dict[str, dict[str, Person]] = {"email": {}, "phone": {}, "identifier": {}, "id": {}}
        self._signed: dict[tuple[str, str], Signature] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v2"

    def by_email(self) -> dict[str, Person]:
        return {person.email: person for person in self.people}

    def subscribed(self) -> list[str]:
        return sorted(person.email for person in self.people if person.email_status == "subscribed")

    def apply_background(self, most: int = 1_000_000) -> int:
        """Do what was to be done in the background."""
        done = 0
        with self.lock:
            while self.later and done < most:
                self.later.popleft()()
                done += 1
        return done

    # what a call does, under the lock

    def count(self, key: str, method: str, path: str) -> bool:
        """Whether a call is within the limit."""
        moment = time.monotonic()
        self.calls.append((moment, method, path, key))
        recent = self._recent.setdefault(key, deque())
        while recent and moment - recent[0] >= 1.0:
            recent.popleft()
        recent.append(moment)
        if len(recent) > self.limit:
            self.over += 1
            return False
        return True

    def sign_up(self, told: dict[str, Any]) -> Person:
        """The person signup helper."""
        known = told["person"]
        emails, phones = known.get("email_addresses", []), known.get("phone_numbers", [])
        email, phone = (emails or [{}])[0].get("address", ""), (phones or [{}])[0].get("number", "")
        person = self._find(email, phone, known.get("identifiers", []))
        if person is None:
            person = Person()
            self.people.append(person)
            self._by["id"][person.id] = person
            # new without a word: subscribed to mails, not to texts
            person.email_status = "subscribed" if email else ""
            person.sms_status = "unsubscribed" if phone else ""
        self._fill(person, known, email, phone)
        for one in known.get("identifiers", []):
            owner = self._by["identifier"].setdefault(one, person)
            assert owner is person, "an identifier is somebody else's"
            if one not in person.identifiers:
                person.identifiers.append(one)
        person.tags |= self.tags & set(told.get("add_tags", []))
        if told.get("triggers", {}).get("autoresponse", {}).get("enabled", True):
            self.autoresponses += 1
        person.modified = time.time()
        return person

    def _find(self, email: str, phone: str, identifiers: list[str]) -> Person | None:
        for kind, value in (("email", email), ("phone", phone), *(("identifier", one) for one in identifiers)):
            if value and value in self._by[kind]:
                return self._by[kind][value]
        return None

    def _fill(self, person: Person, known: dict[str, Any], email: str, phone: str) -> None:
        person.given_name = known.get("given_name", person.given_name)
        person.family_name = known.get("family_name", person.family_name)
        person.languages = known.get("languages_spoken", person.languages)
        if known.get("postal_addresses"):
            person.postal = known["postal_addresses"][0]
        if email:
            person.email = email
            self._by["email"][email] = person
        if phone:
            person.phone = phone
            self._by["phone"][phone] = person
        self.set_status(person, known)

    def set_status(self, person: Person, known: dict[str, Any]) -> None:
        for name, attribute in (("email_addresses", "email_status"), ("phone_numbers", "sms_status")):
            for one in known.get(name, []):
                if one.get("status") in ("subscribed", "unsubscribed"):
                    setattr(person, attribute, one["status"])

    def sign(self, petition: str, told: dict[str, Any]) -> Signature:
        """The record signature helper."""
        known = told["person"]
        for name in ("email_addresses", "phone_numbers"):
            for one in known.get(name, []):
                if one.get("status") == "unsubscribed":
                    del one["status"]  # only `subscribed` is valid here
        person = self.sign_up(told)
        signed = self._signed.get((petition, person.id))
        if signed is None:
            signed = Signature(person, referrer=told.get("action_network:referrer_data", {}))
            self.signatures[petition].append(signed)
            self._signed[petition, person.id] = signed
        signed.identifiers += [one for one in told.get("identifiers", []) if one not in signed.identifiers]
        signed.modified = time.time()
        return signed

    def answer(self, method: str, target: str, key: str, body: bytes) -> tuple[int, Any]:
        """Status and body of a call."""
        parts = urlsplit(target)
        path = parts.path.removeprefix("/api/v2").rstrip("/")
        words = {name: values[0] for name, values in parse_qs(parts.query).items()}
        with self.lock:
            within = self.count(key, method, path)
            if key not in self.keys:
                return 403, {"error": "API Key invalid or not present"}
            if not within:
                return 429, {"error": "too many requests"}
            if self.behave is not None and (status := self.behave(method, path)) is not None:
                return status, {"error": "as the test says"}
            if random.random() < self.broken:
                return 500, None
            if method == "GET":
                return self._look(path, words)
            told = json.loads(body)
            if words.get("background_request") == "true":
                self.background += 1
                if not self.loses_background:
                    self.later.append(lambda: self._change(method, path, told))
                return 200, {}
            return self._change(method, path, told)

    def _look(self, path: str, words: dict[str, str]) -> tuple[int, Any]:
        if path == "":
            return 200, {"motd": "Welcome", "max_pagesize": PER_PAGE, "_links": {"self": {"href": self.url}}}
        if path == "/people":
            return 200, self._page("osdi:people", self.people, words)
        petition = path.removeprefix("/petitions/").removesuffix("/signatures")
        if petition in self.signatures:
            return 200, self._page("osdi:signatures", self.signatures[petition], words)
        return 404, {"error": "not found"}

    def _page(self, rel: str, all_of_them: list[Any], words: dict[str, str]) -> dict[str, Any]:
        field, operation, value = ("", "", "")
        if "filter" in words:
            found = FILTER.fullmatch(words["filter"])
            assert found, words["filter"]
            field, operation, value = found.groups()
        if field == "identifier" and rel == "osdi:people":
            person = self._by["identifier"].get(value)
            listed: list[Any] = [person] if person else []
        elif field == "modified_date":
            assert operation == "gt"
            since = datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
            listed = [one for one in all_of_them if one.modified > since]
        else:
            listed = [one for one in all_of_them if not field or getattr(one, "email", "") == value]
        page, size = int(words.get("page", "1")), min(int(words.get("per_page", PER_PAGE)), PER_PAGE)
        shown = listed[(page - 1) * size : page * size]
        return {"page": page, "per_page": size, "_embedded": {rel: [self._told(one) for one in shown]}}

    @staticmethod
    def _told(one: Person | Signature) -> dict[str, Any]:
        if isinstance(one, Person):
            return one.told
        identifiers = [f"action_network:{one.id}", *one.identifiers]
        person = {"action_network:person_id": one.person.id}
        return {"identifiers": identifiers, "modified_date": _stamp(one.modified), **person}

    def _change(self, method: str, path: str, told: dict[str, Any]) -> tuple[int, Any]:
        if method == "PUT":
            person = self._by["id"].get(path.removeprefix("/people/"))
            if person is None:
                return 404, {"error": "not found"}
            self.set_status(person, told)
            person.modified = time.time()
            return 200, person.told
        if random.random() < self.empty:
            return 200, None
        if path == "/people":
            return 200, self.sign_up(told).told
        petition = path.removeprefix("/petitions/").removesuffix("/signatures")
        if petition not in self.signatures:
            return 404, {"error": "not found"}
        return 200, self._told(self.sign(petition, told))


def serve(stub: Stub) -> ThreadingHTTPServer:
    """Serve a stub on a free port of this machine until it is shut down."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, told = stub.answer(self.command, self.path, self.headers.get("OSDI-API-Token", ""), body)
            if self.command != "GET" and random.random() < stub.lost:
                self.close_connection = True
                return
            packed = b"" if told is None else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/hal+json")
            self.send_header("Content-Length", str(len(packed)))
            if status == 429 and stub.retry_after:
                self.send_header("Retry-After", stub.retry_after)
            with suppress(OSError):  # whoever asked may be gone
                self.end_headers()
                self.wfile.write(packed)

        do_GET = do_POST = do_PUT = _answer

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    stub.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    return server


def calls_in_a_second(stub: Stub) -> int:
    """The most calls that came in any second with one key."""
    most = 0
    for key in {key for *_, key in stub.calls}:
        moments = [moment for moment, *_, by in stub.calls if by == key]
        recent: deque[float] = deque()
        for moment in moments:
            recent.append(moment)
            while moment - recent[0] >= 1.0:
                recent.popleft()
            most = max(most, len(recent))
    return most


def by_identifier(stub: Stub) -> Counter[str]:
    """How many people have each identifier."""
    return Counter(one for person in stub.people for one in person.identifiers)


def _stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
