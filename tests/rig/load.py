"""A load generator: one thread, keep-alive connections, and a ledger of everything that was answered.

It speaks plain HTTP/1.1 over sockets of its own, because a client library costs more for each request than
the server it shall measure. How quick it is itself, `rig/own_speed.py` tells.
"""

from __future__ import annotations

import itertools
import selectors
import socket
import time
from array import array
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlencode

CONNECTIONS = 32
PATIENCE = 30.0
"""Seconds after which a request counts as unanswered."""

Request = tuple[str, bytes]
"""What the ledger calls it (nothing: it is only counted), and its bytes."""


@dataclass(slots=True)
class Ledger:
    """What was asked and what was answered."""

    statuses: Counter[int] = field(default_factory=Counter)
    answered: dict[str, tuple[int, float]] = field(default_factory=dict)
    """By name, the status and when it came, on the monotonic clock."""
    unanswered: list[str] = field(default_factory=list)
    """Sent, and the connection broke or nothing came: nobody knows what became of them."""
    unsent: list[str] = field(default_factory=list)
    """Nobody took the connection, so the server never heard of them."""
    latencies: array[float] = field(default_factory=lambda: array("d"))
    seconds: float = 0.0
    in_time: int = 0
    """Answers that came within these seconds; some come after."""
    busy: float = 0.0
    """The generator's own share of one core. Near 1 it would be the generator that was measured."""

    @property
    def answers(self) -> int:
        """How many requests were answered, whatever the answer was."""
        return sum(self.statuses.values())

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.in_time / self.seconds if self.seconds else 0.0

    def with_status(self, *statuses: int) -> list[str]:
        """The names of what was answered so."""
        return [name for name, (status, _) in self.answered.items() if status in statuses]

    def latency(self, share: float) -> float:
        """The seconds within which this share of the answers came; 0.99 is the 99th percentile."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class _Wire:
    """One connection and the request that it carries."""

    __slots__ = ("due", "name", "received", "sent_at", "socket")

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.received = b""
        self.name = ""
        self.due = self.sent_at = 0.0


class Load:
    """Drives requests at one server until they end or their time is up.

    A run may be watched and stopped from another thread.
    """

    def __init__(self, port: int, connections: int = CONNECTIONS, patience: float = PATIENCE) -> None:
        self.place = ("127.0.0.1", port)
        self.connections = connections
        self.patience = patience
        self.ledger = Ledger()
        self._selector = selectors.DefaultSelector()
        self._wires: set[_Wire] = set()
        self._idle: list[_Wire] = []
        self._requests: Iterator[Request] = iter(())
        self._backlog: deque[float] = deque()
        self._rate = 0.0
        self.stopped = False

    def flat_out(self, requests: Iterator[Request], seconds: float) -> Ledger:
        """Send the next request of each connection as soon as the last one was answered."""
        return self._run(requests, seconds, 0.0)

    def paced(self, requests: Iterator[Request], rate: float, seconds: float) -> Ledger:
        """Send so many requests a second, however slowly they are answered.

        Latency counts from the moment a request was due, so a server that stalls cannot hide behind
        requests that were never sent.
        """
        return self._run(requests, seconds, rate)

    def stop(self) -> None:
        """Send nothing more; the run ends when what is under way was answered."""
        self.stopped = True

    def _run(self, requests: Iterator[Request], seconds: float, rate: float) -> Ledger:
        self.ledger, self.stopped = Ledger(), False
        self._requests, self._rate = requests, rate
        self._backlog.clear()
        started, worked = time.monotonic(), time.thread_time()
        try:
            self._drive(started, started + seconds)
            self.ledger.seconds, self.ledger.in_time = time.monotonic() - started, self.ledger.answers
            self.ledger.busy = (time.thread_time() - worked) / self.ledger.seconds
            self._finish()
        finally:
            for wire in list(self._wires):
                self._lose(wire)
        return self.ledger

    def _drive(self, started: float, end: float) -> None:
        made, looked = 0, started
        while (moment := time.monotonic()) < end and not self.stopped:
            wait = 0.1
            if self._rate:
                while (due := started + made / self._rate) <= moment:
                    self._backlog.append(due)
                    made += 1
                wait = min(wait, due - moment)
            else:
                self._backlog.extend([moment] * (self.connections - len(self._wires) + len(self._idle)))
            self._send_due()
            self._receive(wait, again=not self._rate)
            if moment - looked > 1:
                looked = moment
                self._give_up_on_late(moment)

    def _finish(self) -> None:
        """Send what was due already, and wait for the answers that are still to come."""
        if not self._rate:
            self._backlog.clear()
        limit = time.monotonic() + self.patience
        while time.monotonic() < limit and (self._backlog or len(self._idle) < len(self._wires)):
            self._send_due()
            self._receive(0.05, again=False)

    def _send_due(self) -> None:
        while self._backlog and (self._idle or len(self._wires) < self.connections):
            due = self._backlog.popleft()
            try:
                wire = self._idle.pop() if self._idle else self._connect()
            except OSError:
                self._note_unsent()
                continue
            self._send(wire, due)

    def _note_unsent(self) -> None:
        """Nobody listens: what was due now is noted and not tried again."""
        if self._rate:
            self.ledger.unsent.extend(name for name, _ in itertools.islice(self._requests, 1))
        elif not self._wires:
            time.sleep(0.01)

    def _connect(self) -> _Wire:
        connected = socket.create_connection(self.place, timeout=1)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.setblocking(False)
        wire = _Wire(connected)
        self._wires.add(wire)
        self._selector.register(connected, selectors.EVENT_READ, wire)
        return wire

    def _send(self, wire: _Wire, due: float) -> None:
        request = next(self._requests, None)
        if request is None:
            self.stopped = True
            self._idle.append(wire)
            return
        wire.name, raw = request
        wire.due, wire.sent_at = due, time.monotonic()
        wire.received = b""
        try:
            sent = wire.socket.send(raw)
            if sent < len(raw):
                wire.socket.settimeout(self.patience)
                wire.socket.sendall(raw[sent:])
                wire.socket.setblocking(False)
        except OSError:
            self._lose(wire)

    def _receive(self, wait: float, *, again: bool) -> None:
        """Take what has come; with `again` each connection gets its next request at once."""
        for key, _ in self._selector.select(max(0.0, wait)):
            wire: _Wire = key.data
            try:
                chunk = wire.socket.recv(65536)
            except BlockingIOError:
                continue
            except OSError:
                chunk = b""
            if not chunk:
                self._lose(wire)
                continue
            wire.received = wire.received + chunk if wire.received else chunk
            status, closing = _read(wire.received)
            if status:
                self._note(wire, status)
                if closing:
                    self._close(wire)
                elif again and not self.stopped:
                    self._send(wire, time.monotonic())
                else:
                    self._idle.append(wire)

    def _note(self, wire: _Wire, status: int) -> None:
        moment = time.monotonic()
        wire.sent_at = 0.0
        if wire.name:
            self.ledger.answered[wire.name] = (status, moment)
        self.ledger.statuses[status] += 1
        self.ledger.latencies.append(moment - wire.due)

    def _lose(self, wire: _Wire) -> None:
        if wire.sent_at and wire.name:
            self.ledger.unanswered.append(wire.name)
        self._close(wire)

    def _close(self, wire: _Wire) -> None:
        if wire in self._wires:
            self._wires.discard(wire)
            self._selector.unregister(wire.socket)
            wire.socket.close()
        if wire in self._idle:
            self._idle.remove(wire)

    def _give_up_on_late(self, moment: float) -> None:
        for wire in [w for w in self._wires if w.sent_at and moment - w.sent_at > self.patience]:
            self._lose(wire)


def _read(received: bytes) -> tuple[int, bool]:
    """The status of a whole answer and whether the server closes after it; 0 while more is to come."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return 0, False
    head = received[: end + 2].lower()
    at = head.find(b"\r\ncontent-length:")
    if at >= 0:
        whole = len(received) >= end + 4 + int(head[at + 17 : head.find(b"\r", at + 17)])
    elif b"\r\ntransfer-encoding: chunked" in head:
        whole = received.endswith(b"0\r\n\r\n")
    else:
        whole = True
    return (int(received[9:12]) if whole else 0), b"\r\nconnection: close" in head


def pages(port: int, path: str) -> Iterator[Request]:
    """Requests for one page as a browser sends them, counted and not named."""
    raw = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/html\r\n"
        "Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en\r\n\r\n"
    ).encode()
    return itertools.repeat(("", raw))


def forms(port: int, path: str, fields: dict[str, str], run: str = "signer") -> Iterator[Request]:
    """Sign forms with distinct addresses, each named in the ledger by its address.

    The first one is written out and the others are cut from it, so that making them costs next to nothing.
    """
    at, nought = "@readers.example", "0000000"
    body = urlencode({**fields, "email": f"{run}-{nought}{at}"})
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    place = (head + body).index(quote_plus(f"{run}-{nought}{at}")) + len(quote_plus(f"{run}-"))
    before, after = (head + body)[:place].encode(), (head + body)[place + len(nought) :].encode()
    for number in itertools.count():
        yield f"{run}-{number:07d}{at}", b"%b%07d%b" % (before, number, after)
