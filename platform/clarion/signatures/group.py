"""Group commit: signers who wait at the same moment share one transaction, and each is answered from disk.

A commit costs the disk the same for one row as for fifty. The first who finds nobody writing becomes
the writer for all who wait; those who come meanwhile queue for the next round, and the first of them
writes it. At low load nobody waits for anybody, and no thread of its own is needed.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from flask import Flask, current_app
from sqlalchemy.exc import InterfaceError, OperationalError

from ..sealing import Keyring
from .service import Prepared, Signed, Submission, Vanished, prepare, write

LARGEST = 64
"""Signatures in one transaction."""

GATHERING = 0.004
"""Seconds that a writer lets others join, where the last round held more than one: half a round more of
waiting for each, and far fewer transactions for all."""

LONGEST_QUEUE = 112
"""Signers who may wait at once in one process; further ones are asked to come back in a moment."""

FAIR_SHARE = 96
"""Of these, how many may be one campaign's, so that a viral one leaves room for the others."""


AT_WORK = 12
"""Signers for whom a process works at the same moment. More threads would only take the interpreter from one another:
at sixty a signature costs twice the processor's time. Those who wait for the disk are not among them."""


class Overloaded(Exception):
    """More signers wait than can be written in time; nothing was written for this one."""


def _shut() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True)
class Ticket:
    """One signer's place in the queue."""

    prepared: Prepared
    signed: Signed | None = None
    error: BaseException | None = None
    turn: threading.Lock = field(default_factory=_shut)
    """Opened by the writer, once: for one whose signature is written, or who shall write the next round."""

    @property
    def done(self) -> bool:
        """Whether it was written or refused."""
        return self.signed is not None or self.error is not None


class GroupCommit:
    """The queue of one process."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[Ticket] = deque()
        self._busy = False
        self._crowded = False
        self._desks = threading.Semaphore(AT_WORK)
        self._own = threading.local()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Do what costs processor time within this; `submit` gives the desk to others until the disk has answered."""
        with self._desks:
            self._own.has_desk = True
            try:
                yield
            finally:
                self._own.has_desk = False

    def submit(self, prepared: Prepared) -> Signed:
        """Write a signature, alone or with others, and return once it is on disk. Raises `Overloaded`."""
        ticket = Ticket(prepared)
        with self._guard:
            self._admit(prepared.submission.live.id)
            self._waiting.append(ticket)
            writes, self._busy = not self._busy, True
        with self._away_from_desk():
            if not writes:
                ticket.turn.acquire()
            if not ticket.done:
                self._write_round()
        if ticket.signed is None:
            raise ticket.error or RuntimeError("a ticket is done only with a result")
        return ticket.signed

    @contextmanager
    def _away_from_desk(self) -> Iterator[None]:
        """A writer has none either: were it to queue for one, nobody would write meanwhile."""
        has_desk = getattr(self._own, "has_desk", False)
        if has_desk:
            self._desks.release()
        try:
            yield
        finally:
            if has_desk:
                self._desks.acquire()

    def _admit(self, campaign_id: int) -> None:
        same = sum(ticket.prepared.submission.live.id == campaign_id for ticket in self._waiting)
        if len(self._waiting) >= LONGEST_QUEUE or same >= FAIR_SHARE:
            raise Overloaded

    def _write_round(self) -> None:
        if self._crowded:
            time.sleep(GATHERING)
        with self._guard:
            tickets = [self._waiting.popleft() for _ in range(min(len(self._waiting), LARGEST))]
        self._crowded = len(tickets) > 1
        try:
            self._write_together(tickets)
        except BaseException as error:
            for ticket in tickets:
                ticket.error = ticket.error or error
            raise
        finally:
            self._hand_on()
            for ticket in tickets:
                ticket.turn.release()

    def _hand_on(self) -> None:
        """Let the first who waits write the next round."""
        with self._guard:
            self._busy = bool(self._waiting)
            if self._busy:
                self._waiting[0].turn.release()

    def _write_together(self, tickets: list[Ticket]) -> None:
        try:
            self._write(tickets)
        except (OperationalError, InterfaceError) as error:
            # the database is away: asking it once for each would only make all of them wait
            for ticket in tickets:
                ticket.error = error
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one must not fail its neighbours
            if len(tickets) == 1 and not isinstance(error, Vanished):
                tickets[0].error = error
                return
            for ticket in tickets:
                self._write_alone(ticket)

    def _write_alone(self, ticket: Ticket) -> None:
        for last in (False, True):
            try:
                self._write([ticket])
            except Vanished as error:
                if last:
                    ticket.error = error
            except Exception as error:  # noqa: BLE001 - its owner raises it
                ticket.error = error
                return
            else:
                return

    def _write(self, tickets: list[Ticket]) -> None:
        for ticket, signed in zip(tickets, write([t.prepared for t in tickets]), strict=True):
            ticket.signed = signed


def init_signing(app: Flask) -> None:
    """Give the app its queue."""
    app.extensions["clarion.group_commit"] = GroupCommit()


def at_work() -> AbstractContextManager[None]:
    """A desk in the current app, for the work that a signature takes."""
    group: GroupCommit = current_app.extensions["clarion.group_commit"]
    return group.at_work()


def sign(submission: Submission) -> Signed:
    """Take a signature: seal it, then write it together with those who wait. Raises `Overloaded`."""
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    group: GroupCommit = current_app.extensions["clarion.group_commit"]
    return group.submit(prepare(submission, keyring))
