"""What wakes the worker: ids in, nothing else (rule 8).

The database is the truth. A wake-up that is lost costs seconds, because the sweep finds what is
due; so a broker that cannot be reached is logged and never fails a request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dramatiq
from dramatiq.brokers.stub import StubBroker
from flask import Flask, current_app

from .monitoring import report
from .settings import Settings

QUEUE = "clarion"
ENOUGH = 8
"""Wake-ups that wait unheard: each will look at all that is due, so a further one adds nothing."""


class Waker:
    """The broker of one app with the tasks that were declared on it."""

    def __init__(self, broker: dramatiq.Broker) -> None:
        self.broker = broker

    def declare(self, task: Callable[..., Any]) -> None:
        """Let a plain function be woken by its name."""
        dramatiq.actor(broker=self.broker, actor_name=task.__name__, queue_name=QUEUE)(task)

    def wake(self, name: str, *arguments: int | str) -> None:
        """Ask for one run of a task; after the commit, never before. Arguments are ids and lanes, never people."""
        if self.waiting >= ENOUGH:
            return
        try:
            self.broker.enqueue(
                dramatiq.Message(queue_name=QUEUE, actor_name=name, args=arguments, kwargs={}, options={})
            )
        except Exception as error:  # noqa: BLE001 - the sweep makes good what the broker lost
            report(error, "wake-up lost", kind=name)

    @property
    def waiting(self) -> int:
        """How many wake-ups wait in this process."""
        queues = getattr(self.broker, "queues", {})
        return queues[QUEUE].qsize() if QUEUE in queues else 0


def init_broker(app: Flask, _settings: Settings) -> Waker:
    """Give the app a broker of its own: dramatiq's global one would be shared by all apps of a process."""
    waker = Waker(StubBroker(middleware=[]))
    app.extensions["clarion.waker"] = waker
    return waker


def wake(name: str, *arguments: int | str) -> None:
    """Wake a task of the current app."""
    waker: Waker = current_app.extensions["clarion.waker"]
    waker.wake(name, *arguments)
