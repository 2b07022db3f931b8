"""How fast mails leave, and over how many connections: what the mail server allows, for the whole process."""

from __future__ import annotations

import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from clarion.api import Retry

PATIENCE = 4.0
"""Seconds that a mail waits for its turn before it is put off: well below the lease on its page."""

TURN = timedelta(seconds=20)
"""After how long it is tried again then."""

BURST = 1.0
"""Seconds of idleness that may be made up for at once."""


class Pace:
    """A token bucket: so many mails a second, and no more than a second's worth at once."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        """Mails a second; 0 for no limit."""
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait for a turn. Raises `Retry` where it takes too long, after having waited: nothing spins over it."""
        if not self.rate:
            return
        with self._lock:
            moment = time.monotonic()
            turn = max(self._next, moment - BURST)
            granted = turn - moment <= PATIENCE
            if granted:
                self._next = turn + 1 / self.rate
        time.sleep(min(max(turn - moment, 0.0), PATIENCE))
        if not granted:
            raise Retry("waits its turn", TURN)


@dataclass(slots=True, eq=False)
class Kept:
    """An open connection and how many mails left over it."""

    smtp: smtplib.SMTP
    sent: int = 0

    @property
    def is_open(self) -> bool:
        """Whether it can be used, as far as we know."""
        return self.smtp.sock is not None


class Pool:
    """Connections kept open between mails, at most so many at once."""

    def __init__(self, connect: Callable[[], smtplib.SMTP], most: int, each: int) -> None:
        self._connect = connect
        self._each = each
        self._free = threading.BoundedSemaphore(most) if most else None
        self._idle: list[Kept] = []

    @contextmanager
    def connection(self) -> Iterator[Kept]:
        """A connection for one mail, kept or new. Raises `Retry` where all are busy, or what `connect` raises."""
        if self._free is not None and not self._free.acquire(timeout=PATIENCE):
            raise Retry("all connections busy", TURN)
        try:
            kept = self.idle() or self.new()
            try:
                yield kept
            finally:
                self._put_back(kept)
        finally:
            if self._free is not None:
                self._free.release()

    def idle(self) -> Kept | None:
        """One that was used before, the last first: it is the least likely to have been closed meanwhile."""
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def new(self) -> Kept:
        """One that nobody used."""
        return Kept(self._connect())

    def _put_back(self, kept: Kept) -> None:
        if kept.is_open and kept.sent < self._each:
            self._idle.append(kept)
        else:
            kept.smtp.close()

    def close(self) -> None:
        """End all that nobody is using."""
        while kept := self.idle():
            kept.smtp.close()
