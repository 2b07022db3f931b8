"""The worker inside `clarion serve`: threads that send messages, and one that keeps the time.

Everything it does can be taken up again by the next start, so it may die at any moment.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import dramatiq
from flask import Flask

from .broker import Waker
from .delivery.tasks import sweep
from .monitoring import report
from .outbox.service import end_leases
from .privacy.tasks import apply_retention
from .settings import Settings
from .signatures import tasks

TICK = 1.0


@dataclass(slots=True)
class Chore:
    """Something done again and again."""

    name: str
    every: float
    run: Callable[[], object]
    due: float = 0.0


class EmbeddedWorker:
    """Dramatiq's worker threads and the schedule, in the process of the web server."""

    def __init__(self, app: Flask) -> None:
        settings: Settings = app.extensions["clarion.settings"]
        waker: Waker = app.extensions["clarion.waker"]
        self.app = app
        self._stop = threading.Event()
        self._worker = dramatiq.Worker(waker.broker, worker_threads=settings.delivery.threads, worker_timeout=200)
        self._chores = [
            Chore("sweep", settings.delivery.sweep_seconds, lambda: sweep(waker)),
            Chore("fold counts", 2, tasks.fold_counts),
            Chore("bring out reasons", 2, tasks.bring_out_reasons),
            Chore("forget unconfirmed", 3600, tasks.forget_unconfirmed),
            Chore("apply retention", 3600, apply_retention),
        ]
        self._clock = threading.Thread(target=self._keep_time, name="schedule", daemon=True)

    def start(self) -> None:
        """Begin; what an earlier run left undone is taken up at once."""
        with self.app.app_context():
            end_leases()
        self._worker.start()
        self._clock.start()

    def stop(self) -> None:
        """Finish what is in hand and end."""
        self._stop.set()
        self._clock.join(timeout=10)
        self._worker.stop(timeout=10_000)

    def _keep_time(self) -> None:
        while not self._stop.is_set():
            for chore in self._chores:
                if time.monotonic() >= chore.due and not self._stop.is_set():
                    self._do(chore)
                    chore.due = time.monotonic() + chore.every
            self._stop.wait(TICK)

    def _do(self, chore: Chore) -> None:
        with self.app.app_context():
            try:
                chore.run()
            except Exception as error:  # noqa: BLE001 - one chore's failure must not stop the others
                report(error, "chore failed", kind=chore.name)
