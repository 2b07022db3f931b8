"""Signers who write down every answer they got, so that it can be compared with what was kept."""

from __future__ import annotations

import http.client
import json
import re
import select
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, LiteralString, Self
from urllib.parse import urlencode

import psycopg
from psycopg.rows import dict_row

from clarion.domain.addresses import canonical_address
from clarion.sealing import Keyring, blind_index

from .sink import Rule, Sink, Taken
from .site import SLUG, Postgres, Site, wait_until

HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
_CONFIRM = re.compile(r"/confirm/[\w-]+")

SETTLED = 60.0
"""Seconds in which all mails must have left once nothing is broken any more."""


class Mailboxes:
    """What arrived at the sink, read a little at a time by any thread; of a body its confirmation link is kept."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._mails: list[Taken] = []
        self._lock = threading.Lock()

    def arrived(self) -> list[Taken]:
        """All mails so far, in order."""
        with self._lock:
            for mail in self._sink.mails(after=len(self._mails)):
                found = _CONFIRM.search(mail.body)
                self._mails.append(replace(mail, body=found[0] if found else ""))
            return list(self._mails)

    def rules(self, *rules: Rule) -> None:
        """Let the sink misbehave; without rules, take everything again."""
        with self._lock:
            self._sink.rules(*rules)

    def to(self, recipient: str) -> list[Taken]:
        """The mails that a recipient got."""
        return [mail for mail in self.arrived() if mail.recipient == recipient]


class Connection:
    """A browser's connection: kept open, and made anew when the server has closed it meanwhile."""

    def __init__(self, port: int, patience: float) -> None:
        self._port, self._patience = port, patience
        self._open: http.client.HTTPConnection | None = None

    def post(self, path: str, form: dict[str, str]) -> int:
        """Send a form and return the status of the answer; raises `OSError` or `HTTPException` without one."""
        connection = self._connection()
        try:
            connection.request("POST", path, urlencode(form), HEADERS)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if answer.will_close:
            self.close()
        return answer.status

    def _connection(self) -> http.client.HTTPConnection:
        if self._open is not None and self._open.sock is not None and select.select([self._open.sock], [], [], 0)[0]:
            self.close()  # readable while nothing was asked: the server has said goodbye
        if self._open is None:
            self._open = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._patience)
            self._open.connect()
        return self._open

    def close(self) -> None:
        """End it."""
        if self._open is not None:
            self._open.close()
            self._open = None


def sign(site: Site, address: str) -> int:
    """Sign once, as this address; the status of the answer."""
    connection = Connection(site.port, 20.0)
    try:
        return connection.post(f"/{SLUG}/en/sign", sign_form(site.form_token(), address))
    finally:
        connection.close()


def sign_form(token: str, address: str) -> dict[str, str]:
    """The sign form as somebody fills it in."""
    return {"token": token, "name": "Ana Reader", "email": address, "postal_code": "20009"}


class Ledger:
    """Signs at an even pace from a few connections, and keeps every answer. Bounded in number and time.

    A signer who got no answer, or a 503, does nothing more, unless `persistent`: then the same form is
    sent again until it is acknowledged, as a person would.
    """

    def __init__(
        self,
        site: Site,
        *,
        rate: float = 40.0,
        connections: int = 4,
        limit: int = 20_000,
        seconds: float = 120.0,
        prefix: str = "signer",
        persistent: bool = False,
        patience: float = 20.0,
    ) -> None:
        self.site, self.rate, self.limit, self.prefix = site, rate, limit, prefix
        self.persistent = persistent
        self.acknowledged: list[str] = []
        self.attempted: list[str] = []
        self.answers: Counter[int] = Counter()
        self.unanswered: Counter[str] = Counter()
        """Attempts that ended without an answer, by the kind of error: nobody knows what became of them."""
        self.times: list[tuple[float, float, int]] = []
        """When each answer came, how long it took, and its status (0 without one)."""
        self._patience = patience
        self._ends_at = time.monotonic() + seconds
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._token = site.form_token()
        self._threads = [
            threading.Thread(target=self._drive, args=(n, connections), name=f"signer {n}", daemon=True)
            for n in range(connections)
        ]

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let those who are at it finish, and end."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more: int, seconds: float = 30.0) -> None:
        """Wait until so many more were acknowledged."""
        enough = len(self.acknowledged) + more
        wait_until(lambda: len(self.acknowledged) >= enough, lambda: self.told, seconds)

    @property
    def told(self) -> str:
        """What happened so far, in a line."""
        return f"{len(self.acknowledged)} acknowledged, answers {dict(self.answers)}, none {dict(self.unanswered)}"

    @property
    def bad_answers(self) -> dict[int, int]:
        """Answers that no fault excuses: all but a redirect after signing and a 503."""
        return {status: n for status, n in self.answers.items() if status not in (303, 503)}

    def slowest(self, since: float = 0.0) -> float:
        """The longest that anybody waited, of the answers after a moment."""
        return max((took for at, took, _ in self.times if at >= since), default=0.0)

    def quantile(self, share: float, since: float = 0.0, until: float = float("inf")) -> float:
        """How long that share of signers waited at most, of the answers between two moments."""
        took = sorted(took for at, took, _ in self.times if since <= at <= until)
        return took[min(len(took) - 1, int(len(took) * share))] if took else 0.0

    def _drive(self, place: int, connections: int) -> None:
        connection = Connection(self.site.port, self._patience)
        due = self._started + place / self.rate
        number = place
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            if number >= self.limit or time.monotonic() > self._ends_at:
                break
            self._sign(connection, f"{self.prefix}{number}@readers.example")
            number += connections
            # who was held up goes on at the pace, and does not make up for it by a rush
            due = max(due + connections / self.rate, time.monotonic())
        connection.close()

    def _sign(self, connection: Connection, address: str) -> None:
        with self._lock:
            self.attempted.append(address)
        form = sign_form(self._token, address)
        while not self._try(connection, form) and self.persistent and time.monotonic() < self._ends_at:
            time.sleep(0.2)

    def _try(self, connection: Connection, form: dict[str, str]) -> bool:
        started, status, failure = time.monotonic(), 0, ""
        try:
            status = connection.post(f"/{SLUG}/en/sign", form)
        except (OSError, http.client.HTTPException) as error:
            failure = type(error).__name__
        with self._lock:
            self.times.append((time.monotonic(), time.monotonic() - started, status))
            if failure:
                self.unanswered[failure] += 1
                return False
            self.answers[status] += 1
            if status == 303:
                self.acknowledged.append(form["email"])
            return status != 503


class Confirmations:
    """Signers who open their mail and press the button, twice, because people do."""

    def __init__(self, site: Site, mailboxes: Mailboxes) -> None:
        self.site, self.mailboxes = site, mailboxes
        self.acknowledged: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._drive, name="confirmations", daemon=True)

    def __enter__(self) -> Self:
        self._seen = len(self.mailboxes.arrived())
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _drive(self) -> None:
        connection = Connection(self.site.port, 20.0)
        while not self._stop.wait(0.1):
            fresh = self.mailboxes.arrived()[self._seen :]
            self._seen += len(fresh)
            for mail in fresh:
                if mail.body and not self._stop.is_set():
                    self._press(connection, mail.recipient, mail.body)
        connection.close()

    def _press(self, connection: Connection, recipient: str, path: str) -> None:
        pressed = 0
        while pressed < 2 and not self._stop.is_set():
            try:
                status = connection.post(path, {"action": "confirm"})
            except (OSError, http.client.HTTPException):
                status = 0
            if status == 200:
                pressed += 1
                self.acknowledged.add(recipient)
            elif status not in (0, 503):
                return
            else:
                self._stop.wait(0.2)


@dataclass(frozen=True, slots=True)
class Account:
    """What the ledger says, against what the database, the counts and the mailboxes say."""

    acknowledged: int
    lost: list[str]
    """Acknowledged, and not in the database."""
    rows: int
    shown: int
    confirmed: int
    drift: int
    unconfirmed: list[str]
    """Confirmations that were acknowledged and do not count."""
    mails: int
    missing: list[str]
    """In the database, and without a mail."""
    repeats: int
    """Mails beyond the first with the same Message-ID."""
    waiting: dict[str, int] = field(default_factory=dict)
    """Messages that have not left, by state."""

    @property
    def counted_twice(self) -> int:
        """How many more are shown than have confirmed."""
        return max(0, self.shown - self.confirmed)

    def __str__(self) -> str:
        return (
            f"{self.acknowledged} acknowledged, {len(self.lost)} lost, {self.rows} rows, {self.confirmed} confirmed, "
            f"{self.shown} shown, {self.counted_twice} counted twice, drift {self.drift}, {self.mails} mails, "
            f"{len(self.missing)} missing, {self.repeats} repeats, waiting {self.waiting}"
        )


class Books:
    """The other side of the ledger: database, counts and mailboxes."""

    def __init__(self, site: Site, postgres: Postgres, mailboxes: Mailboxes) -> None:
        self.site, self.postgres, self.mailboxes = site, postgres, mailboxes
        self._indexes: dict[str, bytes] = {}

    def settle(self, ledger: Ledger, confirmed: Sequence[str] = (), seconds: float = SETTLED) -> Account:
        """Wait until every signature has its mail and the count stands still, then compare."""
        wait_until(self.site.is_ready, lambda: self.site.log[-3000:])
        wait_until(lambda: not self.waiting().get("due"), lambda: str(self.account(ledger, confirmed)), seconds)
        wait_until(lambda: self._shown() == self._confirmed(), lambda: str(self.account(ledger, confirmed)), 10)
        return self.account(ledger, confirmed)

    def account(self, ledger: Ledger, confirmed: Sequence[str] = ()) -> Account:
        """Compare now."""
        rows = self._rows(ledger)
        taken = [mail for mail in self.mailboxes.arrived() if mail.recipient in rows and mail.body]
        mails = [(mail.recipient, mail.message_id) for mail in taken]
        acknowledged = set(ledger.acknowledged)
        return Account(
            acknowledged=len(acknowledged),
            lost=sorted(acknowledged - rows.keys()),
            rows=len(rows),
            shown=self._shown(),
            confirmed=self._confirmed(),
            drift=self._counted() - self._confirmed(),
            unconfirmed=sorted(to for to in confirmed if to in rows and rows[to] != "confirmed"),
            mails=len(mails),
            missing=sorted(rows.keys() - {to for to, _ in mails}),
            repeats=len(mails) - len(set(mails)),
            waiting=self.waiting(),
        )

    def _rows(self, ledger: Ledger) -> dict[str, str]:
        """The addresses that the database knows, with the state of their signatures."""
        known = {self._index(address): address for address in list(ledger.attempted)}
        rows = self._all("SELECT email_index, state FROM signature WHERE campaign_id = %s", self._campaign["id"])
        return {known[bytes(row["email_index"])]: row["state"] for row in rows if bytes(row["email_index"]) in known}

    def message(self, address: str, kind: str = "confirm") -> dict[str, Any] | None:
        """What the outbox holds for an address, of a kind."""
        found = self._all(
            "SELECT m.* FROM message m JOIN signature s ON s.id = m.signature_id "
            "WHERE s.email_index = %s AND m.kind = %s ORDER BY m.id LIMIT 1",
            self._index(address),
            kind,
        )
        return found[0] if found else None

    @cached_property
    def _campaign(self) -> dict[str, Any]:
        return self._all("SELECT id, key_id FROM campaign WHERE slug = %s", SLUG)[0]

    @cached_property
    def _index_key(self) -> bytes:
        return Keyring(self.site.home / "var" / "keyring").index_key(self._campaign["key_id"])

    def _index(self, address: str) -> bytes:
        if address not in self._indexes:
            self._indexes[address] = blind_index(self._index_key, canonical_address(address))
        return self._indexes[address]

    def waiting(self) -> dict[str, int]:
        """How many messages have not been sent, by state."""
        rows = self._all("SELECT state, count(*) AS n FROM message WHERE state <> 'sent' GROUP BY state")
        return {row["state"]: row["n"] for row in rows}

    def _confirmed(self) -> int:
        return int(self.postgres.query("SELECT count(*) FROM signature WHERE state = 'confirmed'"))

    def _counted(self) -> int:
        steps = "(SELECT coalesce(sum(n), 0) FROM count_total) + (SELECT coalesce(sum(step), 0) FROM count_delta)"
        return int(self.postgres.query(f"SELECT {steps}"))

    def _shown(self) -> int:
        """What visitors are told."""
        with urllib.request.urlopen(f"{self.site.base_url}/{SLUG}.json", timeout=20) as answer:
            return int(json.loads(answer.read())["signatures"])

    def _all(self, question: LiteralString, *given: object) -> list[dict[str, Any]]:
        address = self.postgres.url.replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True, row_factory=dict_row) as connection:
            return connection.execute(question, given).fetchall()
