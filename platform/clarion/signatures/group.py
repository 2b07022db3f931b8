"""Group commit: signers who wait at the same moment share one transaction, and each is answered from disk.

A commit costs the disk the same for one row as for fifty. The first who finds nobody writing becomes
the writer for all who wait; those who come meanwhile queue for the next round. At low load nobody
waits for anybody, and no thread of its own is needed.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

from flask import Flask, current_app
from sqlalchemy.exc import InterfaceError, OperationalError

from ..sealing import Keyring
from .service import Prepared, Signed, Submission, Vanished, prepare, write

LARGEST = 64
"""Signatures in one transaction."""

LONGEST_QUEUE = 48
"""Signers who may wait at once in one process; further ones are asked to come back in a moment."""

FAIR_SHARE = 36
"""Of these, how many may be one campaign's, so that a viral one leaves room for the others."""


class Overloaded(Exception):
    """More signers wait than can be written in time; nothing was written for this one."""


@dataclass(slots=True)
class Ticket:
    """One signer's place in the queue."""

    prepared: Prepared
    signed: Signed | None = None
    error: Exception | None = None

    @property
    def done(self) -> bool:
        """Whether it was written or refused."""
        return self.signed is not None or self.error is not None


class GroupCommit:
    """The queue of one process."""

    def __init__(self) -> None:
        self._writing = threading.Lock()
        self._waiting: deque[Ticket] = deque()

    def submit(self, prepared: Prepared) -> Signed:
        """Write a signature, alone or with others, and return once it is on disk. Raises `Overloaded`."""
        self._admit(prepared.submission.live.id)
        ticket = Ticket(prepared)
        self._waiting.append(ticket)
        with self._writing:
            while not ticket.done:
                self._write_round()
        if ticket.signed is None:
            raise ticket.error or RuntimeError("a ticket is done only with a result")
        return ticket.signed

    def _admit(self, campaign_id: int) -> None:
        waiting = list(self._waiting)
        same = sum(ticket.prepared.submission.live.id == campaign_id for ticket in waiting)
        if len(waiting) >= LONGEST_QUEUE or same >= FAIR_SHARE:
            raise Overloaded

    def _write_round(self) -> None:
        count = min(len(self._waiting), LARGEST)
        tickets = [self._waiting.popleft() for _ in range(count)]
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


def sign(submission: Submission) -> Signed:
    """Take a signature: seal it, then write it together with those who wait. Raises `Overloaded`."""
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    group: GroupCommit = current_app.extensions["clarion.group_commit"]
    return group.submit(prepare(submission, keyring))
