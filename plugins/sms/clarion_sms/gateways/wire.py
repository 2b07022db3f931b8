"""One request to a company's API, of which it is known afterwards whether it can have been taken.

What never left was surely not taken. What left and got no answer, or one that says nothing, may have been: whoever sent
it again might text somebody twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

from clarion.api import Unreachable, Unsure, now

CONNECT, READ = 5.0, 15.0
"""Seconds until a connection stands, and until an answer is there: below the lease on a page of messages."""

LONGEST_WAIT = timedelta(hours=24)
DEFAULT_WAIT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Wire:
    """Connections to one company, kept open between texts."""

    def __init__(self) -> None:
        timeout = urllib3.Timeout(connect=CONNECT, read=READ)
        self._pool = urllib3.PoolManager(maxsize=8, retries=False, timeout=timeout)

    def ask(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        """Send it and return the answer. Raises `Unreachable` where it never left, `Unsure` where nobody knows."""
        try:
            answer = self._pool.request(method, url, body=body, headers=dict(headers), redirect=False)
        except (NewConnectionError, ConnectTimeoutError, SSLError) as error:
            raise Unreachable(type(error).__name__) from None
        except HTTPError as error:
            raise Unsure(type(error).__name__) from None
        return Reply(answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.data)


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
