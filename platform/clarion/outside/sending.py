"""One request: to an address that was checked, under the certificate of its name, with an end to everything."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from io import BufferedReader
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from .addresses import Address, Target, is_public

SECONDS = 10.0
"""For everything: the name, the connection, the request, and the whole answer."""

MOST_ANSWER = 64 * 1024
"""Bytes of an answer that nobody reads; who sends more is not who was meant."""

MOST_HEAD = 64 * 1024
"""Bytes of all that comes before a body; the library below takes a hundred times as much."""

ADDRESSES = 3
"""Of those that a name has, how many are tried."""

Resolve = Callable[[str, int], Sequence[tuple[str, int]]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered to a `Sender`."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    """What came before it was cut."""


class NotSent(Exception):
    """A request to which no answer came that could be taken; the code says why and names nobody."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def system_addresses(host: str, port: int) -> list[tuple[str, int]]:
    """What a name stands for just now, as the system says."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys((str(address[0]), port) for *_, address in found))


class Sender:
    """Asks servers of the public internet, and no others: each request goes to an address that was looked at first.

    What it asks for addresses, and which it lets through, only code can change, never a setting.
    """

    def __init__(
        self,
        resolve: Resolve = system_addresses,
        permits: Callable[[Address], bool] = is_public,
        trust: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._resolve, self._permits, self._seconds = resolve, permits, seconds
        self._trust = trust or ssl.create_default_context()

    def post(self, target: Target, body: bytes, headers: Mapping[str, str]) -> int:
        """Send it; the status of the answer, whatever it is. Raises `NotSent` where there was none."""
        answer = self._ask(target, "POST", body, headers, MOST_ANSWER)
        if len(answer.body) > MOST_ANSWER:
            raise NotSent("answer too long")
        return answer.status

    def get(self, target: Target, headers: Mapping[str, str], most: int, seconds: float = SECONDS) -> Answer:
        """Fetch it, following nothing; of a body longer than `most` bytes the beginning. Raises `NotSent`."""
        answer = self._ask(target, "GET", None, headers, most, seconds)
        return Answer(answer.status, answer.headers, answer.body[:most])

    def _ask(
        self,
        target: Target,
        method: str,
        body: bytes | None,
        headers: Mapping[str, str],
        most: int,
        seconds: float = SECONDS,
    ) -> Answer:
        ends = time.monotonic() + min(seconds, self._seconds)
        last = NotSent("unreachable")
        for address, port in self._addresses(target, ends):
            try:
                return self._connection(address, port, target, ends).ask(method, body, headers, most)
            except NotSent as error:
                if error.code != "unreachable":
                    raise
                last = error
        raise last

    def _connection(self, address: str, port: int, target: Target, ends: float) -> _Request:
        if target.scheme == "http":
            return _Request(address, port, target, ends)
        return _Secure(address, port, target, ends, server_hostname=target.host, ssl_context=self._trust)

    def _addresses(self, target: Target, ends: float) -> Sequence[tuple[str, int]]:
        """The addresses of the name, asked for once; if one of them is not allowed, none is used."""
        found: list[tuple[str, int]] = []

        def ask() -> None:
            with suppress(OSError, UnicodeError):
                found.extend(self._resolve(target.host, target.port))

        # in a thread: the system's look-up has no limit of its own
        asking = threading.Thread(target=ask, name="name look-up", daemon=True)
        asking.start()
        asking.join(max(0.0, ends - time.monotonic()))
        known = list(found)
        if not known:
            raise NotSent("took too long" if asking.is_alive() else "no such name")
        try:
            allowed = all(self._permits(ipaddress.ip_address(address)) for address, _ in known)
        except ValueError:
            allowed = False
        if not allowed:
            raise NotSent("address not allowed")
        return known[:ADDRESSES]


class _Lines:
    """The lines of a head, up to `MOST_HEAD` bytes in all."""

    def __init__(self, lines: BufferedReader) -> None:
        self._lines, self._left = lines, MOST_HEAD
        self.close = lines.close

    def readline(self, most: int) -> bytes:
        """The next one. Raises `NotSent` where it is one too many."""
        line = self._lines.readline(min(most, self._left + 1))
        self._left -= len(line)
        if self._left < 0:
            raise NotSent("headers too long")
        return line


class _Answer(HTTPResponse):
    """What comes back, of which the head has an end as well as the body."""

    def begin(self) -> None:
        """Read the head."""
        whole, self.fp = self.fp, _Lines(self.fp)  # type: ignore[assignment]
        try:
            super().begin()
        finally:
            self.fp = whole


class _Request(HTTPConnection):
    """A connection to one address, which is cut when its time is over: a timeout of each read would not end a drip."""

    response_class = _Answer

    def __init__(self, address: str, port: int, target: Target, ends: float, **more: Any) -> None:
        left = max(0.01, ends - time.monotonic())
        super().__init__(address, port, timeout=left, **more)
        self._target, self._left, self._ends = target, left, ends
        self._hand: socket.socket | None = None
        self._cut = False

    def _new_conn(self) -> socket.socket:
        made = super()._new_conn()
        self._hand = made.dup()
        if self._cut:
            raise OSError("the time is over")
        return made

    def _is_over(self) -> bool:
        """Whether the time ended it: the socket's own limit may be quicker than the cut."""
        return self._cut or time.monotonic() >= self._ends

    def _cut_off(self) -> None:
        self._cut = True
        if self._hand is not None:
            with suppress(OSError):
                self._hand.shutdown(socket.SHUT_RDWR)

    def ask(self, method: str, body: bytes | None, headers: Mapping[str, str], most: int) -> Answer:
        """The answer, one byte longer than `most` at the longest. Raises `NotSent`."""
        timer = threading.Timer(self._left, self._cut_off)
        timer.daemon = True
        timer.start()
        connected = False
        try:
            self.connect()
            connected = True
            given = {"Host": self._target.authority, "Accept-Encoding": "identity", "Connection": "close", **headers}
            self.request(method, self._target.path, body=body, headers=given, preload_content=False)
            answer = self.getresponse()
            with closing(answer):
                start = answer.read(most + 1, decode_content=False)
        except (OSError, HTTPError, HTTPException, ValueError) as error:
            raise NotSent("took too long" if self._is_over() else _code(error, connected=connected)) from error
        finally:
            timer.cancel()
            self.close()
            if self._hand is not None:
                self._hand.close()
        if self._cut:
            raise NotSent("took too long")
        return Answer(answer.status, tuple(answer.headers.items()), start)


class _Secure(_Request, HTTPSConnection):
    """The same under the certificate of the name that was asked for."""


def _code(error: Exception, *, connected: bool) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "bad certificate"
    if isinstance(error, ssl.SSLError):
        return "no TLS"
    return "broke off" if connected else "unreachable"
