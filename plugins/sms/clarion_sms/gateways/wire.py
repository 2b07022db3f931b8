"""One request to a company's API, of which it is known afterwards whether it can have been taken.

What never left was surely not taken. What left and got no answer, or one that says nothing, may have been: whoever sent
it again might text somebody twice.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.client import HTTPException

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from clarion.api import Unreachable, Unsure, now

CONNECT, READ = 5.0, 15.0
"""Seconds until a connection stands, and until an answer is there: below the lease on a page of messages."""

MOST = 256 * 1024
"""Bytes of an answer."""

LONGEST_WAIT = timedelta(hours=24)
DEFAULT_WAIT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Wire:
    """The way to one company.

    Each request goes over a connection of its own. One that is kept open may be closed by the other side at the moment
    when the next text goes out over it, and then nobody knows whether that text was taken: two journeys more for each
    text cost less than one text that a person has to look after.
    """

    def __init__(self, trust: ssl.SSLContext | None = None, *, connect: float = CONNECT, read: float = READ) -> None:
        self._trust, self._connect, self._read = trust or ssl.create_default_context(), connect, read

    def ask(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        """Send it and return the answer. Raises `Unreachable` where it never left, `Unsure` where nobody knows."""
        parts = parse_url(url)
        connection = self._connection(parts.scheme or "", parts.hostname or "", parts.port)
        try:
            connection.connect()
        except (OSError, HTTPError) as error:
            connection.close()
            raise Unreachable(type(error).__name__) from None
        try:
            # from here on, whatever goes wrong, the other side may have heard it
            connection.timeout = self._read
            given = {"Connection": "close", **headers}
            connection.request(method, parts.request_uri, body=body, headers=given, preload_content=False)
            answer = connection.getresponse()
            known = {name.lower(): value for name, value in answer.headers.items()}
            return Reply(answer.status, known, answer.read(MOST))
        except (OSError, HTTPError, HTTPException) as error:
            raise Unsure(type(error).__name__) from None
        finally:
            connection.close()

    def _connection(self, scheme: str, host: str, port: int | None) -> HTTPConnection:
        if scheme == "http":
            return HTTPConnection(host, port, timeout=self._connect)
        return HTTPSConnection(host, port, timeout=self._connect, ssl_context=self._trust)


def asked_to_wait(reply: Reply) -> timedelta:
    """How long an answer asks to wait: seconds or a date (RFC 9110, section 10.2.3)."""
    said = reply.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdecimal():
        wait = timedelta(seconds=int(said[:9]))
    else:
        try:
            moment = parsedate_to_datetime(said)
        except (ValueError, TypeError):
            return DEFAULT_WAIT
        wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now()
    return min(max(wait, timedelta(seconds=1)), LONGEST_WAIT)


def moment_of(words: str) -> datetime | None:
    """A date as mails write it, or nothing."""
    try:
        return parsedate_to_datetime(words)
    except (ValueError, TypeError):
        return None
