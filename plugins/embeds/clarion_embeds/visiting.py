"""Looks at a page that somebody names: its headers and the beginning of its HTML, and nothing that is not public."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from clarion.api import PAGE_PORTS, Answer, BadAddress, NotSent, Sender, target

from .pagehead import PageHead

SECONDS = 10.0
"""For a page with all that it leads on to."""

MOST_BYTES = 256 * 1024
MOST_STEPS = 3
AT_ONCE = 2
"""So many tests run in a process at the same time, from the first request to the verdict."""

HEADERS = {
    "Accept": "text/html,application/xhtml+xml",
    "User-Agent": "Mozilla/5.0 (compatible; Clarion; looks whether a petition's form can be shown)",
}


_TOLD = {
    "took too long": "slow",
    "bad certificate": "certificate",
    "no TLS": "certificate",
    "headers too long": "headers",
}


class NotSeen(Exception):
    """A page that could not be looked at; the code says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as it was found."""

    url: str
    page: PageHead
    status: int = 200
    led_on: bool = False
    """Whether another address led to it."""


class Visits:
    """Visits to pages, a few at a time."""

    def __init__(self, own_hosts: Collection[str], sender: Sender | None = None) -> None:
        self._own_hosts, self._sender = own_hosts, sender or Sender()
        self._places = threading.BoundedSemaphore(AT_ONCE)

    @contextmanager
    def place(self) -> Iterator[None]:
        """One of the few places, for as long as a test takes. Raises `NotSeen` if none is free."""
        if not self._places.acquire(blocking=False):
            raise NotSeen("busy")
        try:
            yield
        finally:
            self._places.release()

    def see(self, address: str) -> Seen:
        """The page at an address, or where that leads. Raises `NotSeen`."""
        try:
            return self._follow(written(address))
        except BadAddress as error:
            raise NotSeen("address") from error
        except NotSent as error:
            # what is inside, what is nowhere and what does not answer sound alike: nobody learns from it what is inside
            raise NotSeen(_TOLD.get(error.code, "away")) from error

    def _follow(self, url: str) -> Seen:
        ends = time.monotonic() + SECONDS
        for step in range(MOST_STEPS + 1):
            place = target(url, self._own_hosts, PAGE_PORTS)
            answer = self._sender.get(place, HEADERS, MOST_BYTES, max(0.1, ends - time.monotonic()))
            leads = {name.lower(): value for name, value in answer.headers}.get("location", "")
            if answer.status not in (301, 302, 303, 307, 308) or not leads:
                return Seen(place.url, PageHead.read(answer.headers, _html(answer)), answer.status, led_on=step > 0)
            url = written(leads, place.url)
        raise NotSeen("round")


def _html(answer: Answer) -> str:
    """The text of a page that came as it was asked for, without packing."""
    packed = any(name.lower() == "content-encoding" and value.lower() != "identity" for name, value in answer.headers)
    return "" if packed else answer.body.decode("utf-8", "replace")


def written(address: str, there: str = "") -> str:
    """An address as people paste it or as a page names it, in the plain letters that go over the line.

    Raises `NotSeen`.
    """
    text = "".join(address.split())
    if not there and "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(urljoin(there, text))
        host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
        host = f"[{host}]" if ":" in host else host if host.isascii() else host.encode("idna").decode()
        path, query = (quote(part, safe=_SAFE) for part in (parts.path, parts.query))
    except (ValueError, UnicodeError) as error:
        raise NotSeen("address") from error
    if parts.username is not None or not host:
        raise NotSeen("address")
    return f"{parts.scheme}://{host}{port}{path or '/'}{'?' if query else ''}{query}"


_SAFE = "!\"$%&'()*+,-./:;<=>?@[]^_`{|}~"
"""What stays as it is: all that the guard takes in a path."""
