"""One call to Action Network: no proxy of the environment, no redirect, and an end to everything."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from .groups import Group

SECONDS = 15.0
"""For everything: the name, the connection, the request, and the whole answer."""

MOST_ANSWER = 2 * 1024 * 1024
"""Bytes of an answer: a page of 25 people has about a hundred thousand."""

LONGEST_WISH = 24 * 3600.0
"""Seconds for which we wait at most because the other side asks for it."""


class NotSent(Exception):
    """There was no answer; whether it was taken nobody knows. The code says what happened and names nobody."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    """What its JSON holds, or `None` where it is empty or no JSON."""
    wait: float | None = None
    """Seconds for which it asks us to wait."""


class Line:
    """A connection that is kept, for one thread; what broke is made anew at the next call."""

    def __init__(self, group: Group, seconds: float = SECONDS) -> None:
        self._group, self._place, self._seconds = group, group.place, seconds
        self._made: HTTPConnection | None = None
        self._cut = False

    def call(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """Call and read the whole answer. Raises `NotSent`."""
        ends = time.monotonic() + self._seconds
        self._cut = connected = False
        timer = threading.Timer(self._seconds, self._cut_off)
        timer.daemon = True
        timer.start()
        try:
            connection = self._connection()
            connected = True
            return self._ask(connection, method, path, body)
        except NotSent:
            self.close()
            raise
        except (OSError, HTTPError, HTTPException, ValueError) as error:
            over = self._cut or time.monotonic() >= ends
            self.close()
            raise NotSent("took too long" if over else _code(error, connected=connected)) from error
        finally:
            timer.cancel()

    def close(self) -> None:
        """Close it."""
        if self._made is not None:
            self._made.close()
        self._made = None

    def _connection(self) -> HTTPConnection:
        if self._made is not None and (self._made.sock is None or not self._made.is_connected):
            self.close()
        if self._made is None:
            place = self._place
            if place.secure:
                trust = ssl.create_default_context()
                self._made = HTTPSConnection(place.host, place.port, timeout=self._seconds, ssl_context=trust)
            else:
                self._made = HTTPConnection(place.host, place.port, timeout=self._seconds)
            self._made.connect()
        return self._made

    def _ask(self, connection: HTTPConnection, method: str, path: str, body: bytes | None) -> Answer:
        headers = {
            "OSDI-API-Token": self._group.key.get_secret_value(),
            "Accept": "application/hal+json, application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "clarion-actionnetwork/0.1",
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, self._place.path + path, body=body, headers=headers, preload_content=False)
        answer = connection.getresponse()
        read = answer.read(MOST_ANSWER + 1, decode_content=False)
        if self._cut:
            raise NotSent("took too long")
        if len(read) > MOST_ANSWER:
            raise NotSent("answer too long")
        if answer.headers.get("Connection", "").lower() == "close":
            self.close()
        return Answer(answer.status, _parsed(read), _wish(answer.headers.get("Retry-After", "")))

    def _cut_off(self) -> None:
        """End what takes too long: a timeout of each read would not end a drip."""
        self._cut = True
        held = self._made.sock if self._made is not None else None
        if held is not None:
            with suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)


def _parsed(read: bytes) -> Any:
    try:
        return json.loads(read) if read.strip() else None
    except (ValueError, RecursionError):
        return None


def _wish(header: str) -> float | None:
    """The seconds of a `Retry-After`, given as such or as a date."""
    wanted: float
    try:
        wanted = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
        except (ValueError, TypeError):
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        wanted = (moment - datetime.now(UTC)).total_seconds()
    return min(max(wanted, 0.0), LONGEST_WISH) if wanted == wanted else None


def _code(error: Exception, *, connected: bool) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "bad certificate"
    if isinstance(error, ssl.SSLError):
        return "no TLS"
    return "broke off" if connected else "unreachable"
