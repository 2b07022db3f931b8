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

from ..extensions import AWAY, db
from ..sealing import Keyring
from ..settings import Settings
from .desks import Desks, shut
from .service import Prepared, Signed, Submission, Vanished, prepare, write

LARGEST = 64
"""Signatures in one transaction."""

GATHERING = 0.012
"""Seconds that a writer lets others join, where the last round held more than one: a little more waiting for each, and
far fewer transactions for all. At four milliseconds a signature costs a seventh more of the processor's time."""


@dataclass(slots=True)
class Ticket:
    """One signer's place in the queue."""

    prepared: Prepared
    signed: Signed | None = None
    error: BaseException | None = None
    turn: threading.Lock = field(default_factory=shut)
    """Opened once: for one whose signature is written and who has a desk again, or who shall write the next round."""

    @property
    def done(self) -> bool:
        """Whether it was written or refused."""
        return self.signed is not None or self.error is not None


class GroupCommit:
    """The queue of one process that answers so many requests at once."""

    def __init__(self, threads: int) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[Ticket] = deque()
        self._busy = False
        self._crowded = False
        self.desks = Desks(threads)
        self._own = threading.local()

    @contextmanager
    def at_work(self, campaign_id: int) -> Iterator[None]:
        """Do what costs processor time within this; `submit` gives the desk to others until the disk has answered.

        Raises `Overloaded`.
        """
        self.desks.enter(campaign_id)
        self._own.has_desk = True
        try:
            yield
        finally:
            if self._own.has_desk:
                self._own.has_desk = False
                self.desks.give_up()
            self.desks.leave(campaign_id)

    def submit(self, prepared: Prepared) -> Signed:
        """Write a signature, alone or with others, and return once it is on disk; to be called within `at_work`."""
        if not getattr(self._own, "has_desk", False):
            raise RuntimeError("a signature is written within at_work only")
        ticket = Ticket(prepared)
        with self._guard:
            self._waiting.append(ticket)
            writes, self._busy = not self._busy, True
        self._own.has_desk = False
        self.desks.give_up()
        if not writes:
            ticket.turn.acquire()
        if ticket.done:
            self._own.has_desk = True
        else:
            # a writer has no desk: were it to queue for one, nobody would write meanwhile
            self._write_round(ticket)
        if ticket.signed is None:
            raise ticket.error or RuntimeError("a ticket is done only with a result")
        return ticket.signed

    def _write_round(self, own: Ticket) -> None:
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
                if ticket is not own:
                    self.desks.come_back(ticket.turn)

    def _hand_on(self) -> None:
        """Let the first who waits write the next round."""
        with self._guard:
            self._busy = bool(self._waiting)
            if self._busy:
                self._waiting[0].turn.release()

    def _write_together(self, tickets: list[Ticket]) -> None:
        try:
            self._write(tickets)
        except AWAY as error:
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
    settings: Settings = app.extensions["clarion.settings"]
    app.extensions["clarion.group_commit"] = GroupCommit(settings.web.threads)


def at_work(campaign_id: int) -> AbstractContextManager[None]:
    """A desk in the current app, for the work that a signature takes. Raises `Overloaded`."""
    group: GroupCommit = current_app.extensions["clarion.group_commit"]
    return group.at_work(campaign_id)


def sign(submission: Submission) -> Signed:
    """Take a signature: seal it, then write it together with those who wait; to be called within `at_work`."""
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    group: GroupCommit = current_app.extensions["clarion.group_commit"]
    prepared = prepare(submission, keyring)
    # what was read is read: no connection is kept by those who wait
    db.session.remove()
    return group.submit(prepared)
