"""The queue: events come in, deliveries go out, each until it was taken or three days are over.

At least once: a worker that dies between sending and writing that down sends again, under the same `webhook-id`.
"""

from __future__ import annotations

import json
import random
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from flask import Flask, current_app
from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.engine import CursorResult

from clarion.api import Event, NotSent, Sender, db, insert_if_new, log, now, transaction

from . import payload
from .breaker import Breaker
from .endpoints import Endpoint
from .models import DUE, NEEDLESS, PARKED, SENT, Delivery, EndpointRow

MINUTE, HOUR = 60, 3600
WAITS = (5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
"""Seconds after each try in vain; after the last it is parked. Together more than three days."""

JITTER = 0.1
"""By how much a wait is longer at most, so that what failed together does not come back together."""

TOO_OLD = timedelta(days=4)
"""After which a delivery is parked that waits for an endpoint that is down, even if it was tried less often."""

PAGE = 20
IN_HAND = timedelta(minutes=5)
"""How long a page is left to the worker that took it; twenty that take ten seconds each are done by then."""

TURN = 30.0
"""Seconds after which a thread ends, to be started anew."""

KEPT = {SENT: timedelta(days=7), NEEDLESS: timedelta(days=7), PARKED: timedelta(days=30)}
GONE = "410"
"""The endpoint wants no more."""

NO_ENDPOINT = "not in the settings"
"""Why what waited for an endpoint that the settings no longer name was parked."""


class Post:
    """All endpoints of one application."""

    def __init__(
        self, endpoints: Mapping[str, Endpoint], sender: Sender | None = None, clock: Callable[[], datetime] = now
    ) -> None:
        self.endpoints, self.sender, self.clock = endpoints, sender or Sender(), clock
        self._breakers = {name: Breaker() for name in endpoints}
        self._threads: dict[str, threading.Thread] = {}

    def take_in(self, happened: Sequence[Event]) -> None:
        """Write a delivery for each endpoint that wants to know of an event; one told twice is written once."""
        moment = self.clock()
        with transaction() as session:
            marks = {name: endpoint.mark for name, endpoint in self.endpoints.items()}
            rows = session.execute(
                select(EndpointRow.name, EndpointRow.mark).where(EndpointRow.disabled_at.is_not(None))
            )
            disabled = {name for name, mark in rows if marks.get(name) == mark}
            for name, endpoint in self.endpoints.items():
                state, code = (PARKED, GONE) if name in disabled else (DUE, "")
                whose = (name, endpoint.organisation)
                new = [_row(event, whose, state, code, moment) for event in happened if endpoint.wants(event)]
                if new:
                    session.execute(insert_if_new(Delivery), new)

    def turn(self) -> None:
        """See to it that each endpoint for which something is due has a thread, and return at once."""
        due = select(Delivery.endpoint).where(Delivery.state == DUE, Delivery.due_at <= self.clock()).distinct()
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        for name in db.session.scalars(due):
            thread = self._threads.get(name)
            if name in self.endpoints and (thread is None or not thread.is_alive()):
                thread = threading.Thread(target=self._run, args=(app, name), name=f"webhooks {name}", daemon=True)
                self._threads[name] = thread
                thread.start()

    def _run(self, app: Flask, name: str) -> None:
        ends = time.monotonic() + TURN
        with app.app_context():
            try:
                while time.monotonic() < ends and self.drain(name):
                    pass
            except Exception as error:  # noqa: BLE001 - what is due stays due, and a thread starts anew
                log.error("webhooks stopped", kind=name, error=type(error).__name__)

    def drain(self, name: str) -> int:
        """Send a page of what is due to an endpoint; how many were tried."""
        breaker = self._breakers[name]
        if breaker.is_open(self.clock()):
            return 0
        page = self._take(name, 1 if breaker.careful else PAGE)
        for tried, delivery in enumerate(page):
            if breaker.is_open(self.clock()) or not self._is_mine(delivery):
                self._give_back(page[tried:])
                return tried
            self._deliver(delivery, self.endpoints[name])
        return len(page)

    def _take(self, name: str, most: int) -> list[Delivery]:
        moment = self.clock()
        free = or_(Delivery.lease_until.is_(None), Delivery.lease_until < moment)
        query = select(Delivery).where(
            Delivery.state == DUE, Delivery.endpoint == name, Delivery.due_at <= moment, free
        )
        with transaction() as session:
            ordered = query.order_by(Delivery.due_at, Delivery.id).limit(most).with_for_update(skip_locked=True)
            page = list(session.scalars(ordered))
            ids = [delivery.id for delivery in page]
            session.execute(update(Delivery).where(Delivery.id.in_(ids)).values(lease_until=moment + IN_HAND))
        for delivery in page:
            db.session.expunge(delivery)
        return page

    def _is_mine(self, delivery: Delivery) -> bool:
        """Whether it is still to be sent by this worker: not parked meanwhile, nor left too long."""
        query = select(Delivery.lease_until).where(Delivery.id == delivery.id, Delivery.state == DUE)
        lease = db.session.scalar(query)
        return lease is not None and self.clock() < lease

    def _give_back(self, page: Sequence[Delivery]) -> None:
        with transaction() as session:
            ids = [delivery.id for delivery in page]
            session.execute(update(Delivery).where(Delivery.id.in_(ids)).values(lease_until=None))

    def _deliver(self, delivery: Delivery, endpoint: Endpoint) -> None:
        if delivery.organisation != endpoint.organisation or not endpoint.takes(delivery.kind, delivery.campaign):
            # the settings changed since it was written down
            self._settle(delivery, NEEDLESS, "not for this endpoint")
            return
        try:
            packed = payload.body(delivery, endpoint.organisation)
        except payload.TooLarge:
            self._settle(delivery, PARKED, "too large")
            return
        except Exception as error:  # noqa: BLE001 - such as a key that is not there: later it may be
            log.error("webhook not made", kind=delivery.endpoint, error=type(error).__name__)
            self._again(delivery, "not made")
            return
        # nothing of the database is held while the other side takes its time
        db.session.rollback()
        if packed is None:
            self._settle(delivery, NEEDLESS, "")
            return
        code = self.send(endpoint, delivery.message, packed)
        self._take_answer(delivery, code)
        self._note(delivery.endpoint, endpoint, code)

    def _take_answer(self, delivery: Delivery, code: str) -> None:
        name, breaker = delivery.endpoint, self._breakers[delivery.endpoint]
        if code.startswith("2"):
            breaker.worked()
            self._settle(delivery, SENT, code)
        elif code == GONE:
            log.error("webhook endpoint disabled", kind=name, code=code)
            self._park(name, code)
        else:
            breaker.failed(self.clock())
            self._again(delivery, code)
            if breaker.careful:
                # only one is tried now and then, so the others' tries alone would not say when it is enough
                self._park(name, "waited too long", Delivery.created_at < self.clock() - TOO_OLD)

    def send(self, endpoint: Endpoint, message: str, packed: bytes) -> str:
        """Sign a body and send it; the status of the answer, or what happened instead."""
        headers = payload.headers(endpoint.secret.get_secret_value(), message, self.clock(), packed)
        try:
            return str(self.sender.post(endpoint.target, packed, headers))
        except NotSent as error:
            return error.code

    def _again(self, delivery: Delivery, code: str) -> None:
        if delivery.attempt >= len(WAITS):
            self._settle(delivery, PARKED, code)
            return
        wait = WAITS[delivery.attempt] * (1 + JITTER * random.random())  # noqa: S311 - it guards nothing
        self._settle(delivery, DUE, code, self.clock() + timedelta(seconds=wait))

    def _settle(self, delivery: Delivery, state: str, code: str, due_at: datetime | None = None) -> None:
        values: dict[str, object] = {"state": state, "last_code": code, "lease_until": None}
        values |= {"attempt": delivery.attempt + 1, "due_at": due_at or self.clock()}
        with transaction() as session:
            # one that another worker settled meanwhile stays as it is
            mine = update(Delivery).where(Delivery.id == delivery.id, Delivery.state == DUE)
            session.execute(mine.values(values))

    def _park(self, name: str, code: str, *which: ColumnElement[bool]) -> None:
        with transaction() as session:
            mine = update(Delivery).where(Delivery.endpoint == name, Delivery.state == DUE, *which)
            session.execute(mine.values(state=PARKED, last_code=code, lease_until=None, due_at=self.clock()))

    def _note(self, name: str, endpoint: Endpoint, code: str) -> None:
        """What it answered last; one that is gone is disabled until its address changes or it is replayed."""
        moment = self.clock()
        gone = moment if code == GONE else None
        with transaction() as session:
            row = EndpointRow(name=name, mark=endpoint.mark, disabled_at=gone, last_code=code, last_at=moment)
            session.merge(row)

    def replay(self, name: str, ids: Sequence[int] = ()) -> int:
        """Send again what is parked, or what has these ids in whatever state; a disabled endpoint is tried again."""
        moment, which = self.clock(), Delivery.id.in_(ids) if ids else Delivery.state == PARKED
        fresh = {"state": DUE, "attempt": 0, "due_at": moment, "lease_until": None, "created_at": moment}
        with transaction() as session:
            session.execute(update(EndpointRow).where(EndpointRow.name == name).values(disabled_at=None))
            done = session.execute(update(Delivery).where(Delivery.endpoint == name, which).values(fresh))
            assert isinstance(done, CursorResult)
            return done.rowcount

    def tidy(self) -> None:
        """Forget what is done with, and at last what nobody replayed; park what is for endpoints that are no more."""
        left = select(Delivery.endpoint).where(Delivery.state == DUE, Delivery.endpoint.not_in(self.endpoints))
        for name in db.session.scalars(left.distinct()).all():
            self._park(name, NO_ENDPOINT)
        with transaction() as session:
            for state, kept in KEPT.items():
                old = delete(Delivery).where(Delivery.state == state, Delivery.due_at < self.clock() - kept)
                session.execute(old)


def _row(event: Event, whose: tuple[str, str], state: str, code: str, moment: datetime) -> dict[str, object]:
    return {
        "endpoint": whose[0],
        "organisation": whose[1],
        "event_id": event.id,
        "message": f"msg_{secrets.token_hex(12)}",
        "kind": event.kind,
        "campaign": event.campaign,
        "signature": event.signature,
        "channel": event.channel,
        "detail": json.dumps(dict(event.detail)),
        "happened_at": event.happened_at,
        "state": state,
        "attempt": 0,
        "due_at": moment,
        "lease_until": None,
        "last_code": code,
        "created_at": moment,
    }
