"""Desks: how many signers a process works for at the same moment, and who is let in at all.

More threads at work would only take the interpreter from one another, and more signers inside could not be
answered in time. Both bounds are kept here, each fair among campaigns: a viral one leaves room for the others.
"""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict, deque

AT_WORK = 2
"""Signers for whom a process works at the same moment. At sixty a signature costs twice the processor's time. Those
who wait for the disk are not among them."""

INSIDE = 7, 8
"""Signers whom a process has let in and not answered yet, as a part of its threads: the rest is for other pages.
Further ones are asked to come back in a moment."""

FAIR_SHARE = 6, 7
"""The part of these that may be one campaign's."""


class Overloaded(Exception):
    """More signers are inside than can be answered in time; nothing was done for this one."""


def shut() -> threading.Lock:
    """A turn that somebody else will open, once, by releasing it."""
    lock = threading.Lock()
    lock.acquire()
    return lock


class Desks:
    """The places of one process. A desk goes from hand to hand, and only the one who gets it is woken."""

    def __init__(self, threads: int, desks: int = AT_WORK) -> None:
        self.most_inside = max(1, _part(threads, INSIDE))
        self.fair_share = max(1, _part(self.most_inside, FAIR_SHARE))
        self._guard = threading.Lock()
        self._free = desks
        self._inside: Counter[int] = Counter()
        self._queues: OrderedDict[int, deque[threading.Lock]] = OrderedDict()
        self._returning: deque[threading.Lock] = deque()

    def enter(self, campaign_id: int) -> None:
        """Let a signer in, wait for a desk and take it. Raises `Overloaded` at once, not after waiting."""
        with self._guard:
            if self._inside.total() >= self.most_inside or self._inside[campaign_id] >= self.fair_share:
                raise Overloaded
            self._inside[campaign_id] += 1
            if self._free:
                self._free -= 1
                return
            turn = shut()
            self._queues.setdefault(campaign_id, deque()).append(turn)
        turn.acquire()

    def leave(self, campaign_id: int) -> None:
        """Let the signer go, who has an answer now."""
        with self._guard:
            self._inside[campaign_id] -= 1
            if not self._inside[campaign_id]:
                del self._inside[campaign_id]

    def give_up(self) -> None:
        """Give a desk to who is nearest to an answer, else to the campaign whose turn it is."""
        with self._guard:
            turn = self._next()
            if turn is None:
                self._free += 1
        if turn is not None:
            turn.release()

    def come_back(self, turn: threading.Lock) -> None:
        """Open a signer's turn once there is a desk, before all who have just come in."""
        with self._guard:
            if not self._free:
                self._returning.append(turn)
                return
            self._free -= 1
        turn.release()

    def _next(self) -> threading.Lock | None:
        if self._returning:
            return self._returning.popleft()
        if not self._queues:
            return None
        campaign_id, queue = self._queues.popitem(last=False)
        turn = queue.popleft()
        if queue:
            self._queues[campaign_id] = queue
        return turn


def _part(whole: int, part: tuple[int, int]) -> int:
    return whole * part[0] // part[1]
