"""A lane: one channel with its breaker, so that a server that is down is asked gently and slows no other lane.

One that refuses us, and not a message, is asked more gently still: who goes on knocking stays on its list for longer.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

FIRST_PAUSE = 5.0
LONGEST_PAUSE = 60.0
STRIKES = 3
"""Failures to reach the other side in a row after which the lane pauses."""

FIRST_BLOCK = 600.0
LONGEST_BLOCK = 3600.0

DOMAINS = 2
"""Domains whose messages must be refused before a refusal that may be about the message counts as one of us."""


def channel_of(lane: str) -> str:
    """The channel by which a lane's messages leave: `email` for the lane `email:recipients`."""
    return lane.partition(":")[0]


@dataclass(slots=True)
class Lane:
    """The state of one lane in one worker process."""

    name: str
    failures: int = 0
    blocks: int = 0
    """Pauses in a row after which the other side still refused us."""
    closed_until: float = 0.0
    proven: bool = False
    """Whether the other side took a message since it last refused us: what it refuses then is that message."""
    _doubts: set[str] = field(default_factory=set)
    """Domains to which a message was refused in a way that may be about us, since one was taken."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _probing: bool = False

    def width(self, page: int) -> int:
        """How many messages may be taken now: a page, one as a probe after a pause, or none."""
        with self._lock:
            if not self.paused:
                return page
            if time.monotonic() < self.closed_until or self._probing:
                return 0
            self._probing = True
            return 1

    def reached(self) -> None:
        """The other side answered; a lane that is blocked stays so until something was taken."""
        with self._lock:
            self.failures, self._probing = 0, False

    def took(self) -> None:
        """The other side took a message."""
        with self._lock:
            self.failures, self.blocks, self._probing, self.proven = 0, 0, False, True
            self._doubts.clear()

    def doubted(self, domain: str) -> bool:
        """A message to a domain was refused, maybe because of us; whether messages to two domains were by now."""
        with self._lock:
            self._doubts.add(domain)
            return len(self._doubts) >= DOMAINS

    def blocked(self, *, sure: bool = True) -> None:
        """The other side refuses us: the lane pauses at once, and twice as long each time that it surely still does.

        Threads that were at it at the same moment hear the same, which counts once.
        """
        with self._lock:
            self._probing = self.proven = False
            self._doubts.clear()
            if not self.blocks or time.monotonic() >= self.closed_until:
                pause = min(FIRST_BLOCK * 2 ** min(self.blocks, 10), LONGEST_BLOCK) if sure else FIRST_BLOCK
                self.blocks += 1
                self.closed_until = time.monotonic() + pause

    def missed(self) -> None:
        """The other side could not be reached; after a few times the lane pauses, longer each time."""
        with self._lock:
            self.failures += 1
            self._probing = False
            if self.failures >= STRIKES:
                pause = min(FIRST_PAUSE * 2 ** (self.failures - STRIKES), LONGEST_PAUSE)
                self.closed_until = max(self.closed_until, time.monotonic() + pause)

    def probed(self) -> None:
        """A probe is over, even if it found nothing to send or failed before it reached the other side."""
        with self._lock:
            self._probing = False

    @property
    def paused(self) -> bool:
        """Whether the lane waits for the other side to come back."""
        return self.failures >= STRIKES or self.blocks > 0
