"""What wakes the workers: names of lanes, nothing else (rule 8).

The database is the truth. A wake-up that is lost costs seconds, because the sweep finds what is due;
so a broker that is slow or away is logged, left alone for a while, and never fails a request.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .monitoring import report
from .settings import Settings

QUEUE = "clarion"
ENOUGH = 8
"""Wake-ups that wait unheard in this process: each will look at all that is due, so one more adds nothing."""

APART = 0.02
"""Seconds between two wake-ups of a process; what comes in between is found by the first or by the sweep."""

PATIENCE = 0.5
"""Seconds that a request waits for the broker."""

REST = 5.0
"""Seconds for which a broker that failed is not asked again."""


class Waker:
    """The broker of one app with the tasks that were declared on it."""

    def __init__(self, broker: dramatiq.Broker, *, in_process: bool) -> None:
        self.broker = broker
        self.in_process = in_process
        self._not_before = 0.0

    def declare(self, task: Callable[..., Any]) -> None:
        """Let a plain function be woken by its name."""
        dramatiq.actor(broker=self.broker, actor_name=task.__name__, queue_name=QUEUE)(task)

    def wake(self, name: str, *arguments: int | str) -> None:
        """Ask for one run of a task; after the commit, never before. Arguments are ids and lanes, never people."""
        if self.waiting >= ENOUGH or time.monotonic() < self._not_before:
            return
        # one asks at a time: should the broker be away, the others do not wait to find that out too
        self._not_before = time.monotonic() + (0.0 if self.in_process else REST)
        try:
            self.broker.enqueue(
                dramatiq.Message(queue_name=QUEUE, actor_name=name, args=arguments, kwargs={}, options={})
            )
        except Exception as error:  # noqa: BLE001 - the sweep makes good what the broker lost
            self._not_before = time.monotonic() + REST
            report(error, "broker away", kind=name)
        else:
            self._not_before = time.monotonic() + (0.0 if self.in_process else APART)

    @property
    def waiting(self) -> int:
        """How many wake-ups wait in this process."""
        queues = getattr(self.broker, "queues", {}) if self.in_process else {}
        return queues[QUEUE].qsize() if QUEUE in queues else 0


def init_broker(app: Flask, settings: Settings) -> Waker:
    """Give the app a broker of its own: dramatiq's global one would be shared by all apps of a process.

    With the defaults of its Redis broker a killed worker's messages come back after minutes; the two
    figures make that a quarter of a minute. Nothing rests on it, as the sweep is quicker still.
    """
    if settings.broker.in_process:
        waker = Waker(StubBroker(middleware=[]), in_process=True)
    else:
        broker = RedisBroker(  # type: ignore[no-untyped-call]
            client=quick_client(settings.broker.url.get_secret_value()),
            middleware=[],
            maintenance_chance=200_000,
            heartbeat_timeout=15_000,
        )
        waker = Waker(broker, in_process=False)
    app.extensions["clarion.waker"] = waker
    return waker


def quick_client(url: str) -> Redis:
    """A client that gives up soon and tries nothing twice: by itself it would wait for 20 seconds and more."""
    return Redis.from_url(
        url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), retries=0)
    )


def wake(name: str, *arguments: int | str) -> None:
    """Wake a task of the current app."""
    waker: Waker = current_app.extensions["clarion.waker"]
    waker.wake(name, *arguments)
