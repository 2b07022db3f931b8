"""Tells Action Network of signers: one call at a time and thread, each begun, made and settled, at the key's pace.

At least once: a worker that dies over a call leaves it to another, which makes it again; under the same identifier
that is an update there and nobody twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timedelta

from flask import Flask, current_app
from sqlalchemy import select

from clarion.api import Shared, db, log, now, shared_with, transaction

from . import pace
from .calls import Answer, Line, NotSent
from .desk import Desk, Job
from .groups import Group
from .models import DUE, TOLD, Signer
from .outcomes import Outcome, entry_point, outcome
from .plans import Step, Subscribe, Unsubscribe, agreed, looking_for, plan, subscribing, unsubscribing
from .reconciling import Reconciler

THREADS = 4
"""For each group in each worker; more would only wait for one another."""

TURN = 30.0
"""Seconds after which a thread ends, to be started anew."""

CHECKED = timedelta(minutes=10)
"""How long a key that the entry point took is trusted, where answers tell nothing."""

PUT_OFF = 60.0
"""Seconds for which a signer is put off whose details cannot be had just now."""


class Courier:
    """All groups of one application."""

    def __init__(self, groups: Mapping[str, Group], site: str, clock: Callable[[], datetime] = now) -> None:
        self.groups, self.site = groups, site.rstrip("/")
        self.desk = Desk(groups, clock)
        self.reconciler = Reconciler(self.desk)
        self._threads: dict[tuple[str, int], threading.Thread] = {}

    def clock(self) -> datetime:
        """This moment."""
        return self.desk.clock()

    def turn(self) -> None:
        """See to it that each group for which something is to be done has threads, and return at once."""
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        moment, old = self.clock(), self.clock() - self.reconciler.after
        due = select(Signer.group_name).where(Signer.state == DUE, Signer.due_at <= moment)
        told = select(Signer.group_name).where(Signer.state == TOLD, Signer.told_at <= old)
        waiting, looked_for = ({*db.session.scalars(query.distinct())} & self.groups.keys() for query in (due, told))
        for name in waiting | looked_for:
            if self.desk.rests(name):
                continue
            self.prepare(name)
            for number in range(1, THREADS + 1) if name in waiting else ():
                self._start(app, name, number, self.work)
            if name in looked_for:
                self._start(app, name, 0, self.reconciler.work)

    def prepare(self, name: str) -> None:
        """Write down the key of a group, where it is new."""
        with transaction() as session:
            pace.prepare(session, self.groups[name], self.clock())

    def _start(self, app: Flask, name: str, number: int, work: Callable[[str, Line, float], None]) -> None:
        thread = self._threads.get((name, number))
        if thread is not None and thread.is_alive():
            return
        words = (app, name, work)
        thread = threading.Thread(target=self._run, args=words, name=f"actionnetwork {name} {number}", daemon=True)
        self._threads[name, number] = thread
        thread.start()

    def _run(self, app: Flask, name: str, work: Callable[[str, Line, float], None]) -> None:
        with app.app_context(), closing(Line(self.groups[name])) as line:
            try:
                work(name, line, time.monotonic() + TURN)
            except Exception as error:  # noqa: BLE001 - what is due stays due, and a thread starts anew
                log.error("action network thread ended", kind=name, error=type(error).__name__)

    def work(self, name: str, line: Line, ends: float) -> None:
        """Do what is due for a group until nothing is, or the time is over."""
        while time.monotonic() < ends:
            wait = self.step(name, line)
            if wait is None or time.monotonic() + wait > ends:
                return
            # nothing of the database is held meanwhile
            db.session.rollback()
            self.desk.sleep(wait)

    def step(self, name: str, line: Line) -> float | None:
        """Do the next thing; seconds until there may be another, `None` where there is nothing to be done."""
        job = self.desk.take(name)
        if job is None:
            return None
        if isinstance(job, pace.Wait):
            return job.seconds
        group = self.groups[name]
        trusted = job.checked_at is not None and (not job.behind or self.clock() - job.checked_at < CHECKED)
        if not trusted:
            self._check(name, line, job)
            return 0.0
        try:
            shared = self._shared(group, job.row)
        except Exception as error:  # noqa: BLE001 - such as a key that is not there: later it may be
            log.error("action network cannot tell", kind=name, error=type(error).__name__)
            self.desk.drop(job, PUT_OFF, "not made")
            return 0.0
        self._do(job, plan(job.row, shared), shared, line)
        return 0.0

    @staticmethod
    def _shared(group: Group, row: Signer) -> Shared | None:
        """What may be told of a signer just now."""
        if not group.wants(row.campaign):
            return None
        return shared_with(group.organisation, [row.signature]).get(row.signature)

    def _do(self, job: Job, step: Step | None, shared: Shared | None, line: Line) -> None:
        if step is None:
            self.desk.finish(job, agreed(shared))
            return
        row, group = job.row, self.groups[job.row.group_name]
        if not self.desk.begin(job, step):
            self.desk.drop(job)
            return
        background = isinstance(step, Subscribe) and job.behind and not row.surely
        answer = self._tell(step, row, shared, group, line, background=background)
        petition = isinstance(step, Subscribe) and row.campaign in group.petitions
        came = outcome(step, answer, background=background, petition=petition)
        self.desk.settle(job, step, came, background=background)

    def _tell(
        self, step: Step, row: Signer, shared: Shared | None, group: Group, line: Line, *, background: bool
    ) -> Answer | NotSent:
        method, body = "GET", None
        if isinstance(step, Subscribe):
            assert shared is not None
            method, (path, body) = "POST", subscribing(row, shared, group, step.channels, self.site)
            path += "?background_request=true" if background else ""
        elif isinstance(step, Unsubscribe):
            method, (path, body) = "PUT", unsubscribing(row, step.channels)
        else:
            path = looking_for(row.mark)
        # nothing of the database is held while the other side takes its time
        db.session.rollback()
        try:
            return line.call(method, path, body)
        except NotSent as error:
            return error

    def _check(self, name: str, line: Line, job: Job) -> None:
        """Ask the entry point whether it takes the key, before anything rests on it."""
        came = asked(line)
        self.desk.drop(job, called=True)
        self.desk.note(name, came, checked=True)


def asked(line: Line) -> Outcome:
    """What the entry point says of a key."""
    db.session.rollback()
    try:
        return entry_point(line.call("GET", "/"))
    except NotSent as error:
        return entry_point(error)
