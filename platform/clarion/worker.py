"""The worker: threads that send messages, and one that keeps the time.

The same inside `clarion serve` and as a process of its own, `clarion worker`. Everything it does can be
taken up again by another, so it may die at any moment.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import dramatiq
from flask import Flask

from .broker import Waker
from .campaigns.tasks import note_ends
from .delivery import consequences, mailboxes
from .delivery.tasks import Relay, sweep
from .events import forget_unheard
from .monitoring import report
from .outbox import chores, service
from .plugins.manager import Plugins
from .privacy.tasks import apply_retention
from .recipients.tasks import write_to_recipients
from .rest.tasks import forget_calls
from .settings import Settings
from .signatures import tasks
from .staff.tasks import forget_ended, write_to_staff
from .updates.tasks import spread

TICK = 0.5
SOON = 1.0
HEARTBEAT = 5.0
HOUR = 3600.0


@dataclass(slots=True)
class Chore:
    """Something done again and again; `shared` means by one worker of the whole cluster."""

    name: str
    every: float
    run: Callable[[], object]
    shared: bool = True
    due: float = 0.0


class Worker:
    """Dramatiq's worker threads and the schedule, in one process."""

    def __init__(self, app: Flask, *, alone: bool = False) -> None:
        settings: Settings = app.extensions["clarion.settings"]
        waker: Waker = app.extensions["clarion.waker"]
        plugins: Plugins = app.extensions["clarion.plugins"]
        self.relay: Relay = app.extensions["clarion.relay"]
        self.app = app
        self.alone = alone
        """No other worker uses the database: what is leased at the start was left by a dead one."""
        self._stop = threading.Event()
        self._worker = dramatiq.Worker(waker.broker, worker_threads=settings.worker.threads, worker_timeout=200)
        self._clocks = [
            threading.Thread(target=self._keep_time, args=(due,), name=name, daemon=True)
            for name, due in self._schedules(settings, waker, plugins).items()
        ]
        self._tellers = [
            # one for each plugin, so that one that hangs keeps no other waiting, and no chore
            threading.Thread(target=self._tell, args=(plugins, name), name=f"events of {name}", daemon=True)
            for name in plugins.listeners()
        ]

    def _schedules(self, settings: Settings, waker: Waker, plugins: Plugins) -> dict[str, list[Chore]]:
        """The chores by the thread that does them: what takes long keeps nothing else from its turn.

        A lease that is not renewed within seconds is another worker's, so the heartbeat waits for nobody.
        """
        return {
            "heartbeat": [
                Chore("heartbeat", HEARTBEAT, self.relay.keep_alive, shared=False),
                Chore("sweep", settings.worker.sweep_seconds, lambda: sweep(waker), shared=False),
            ],
            "schedule": [
                Chore("fold counts", 2, tasks.fold_counts),
                Chore("bring out reasons", 2, tasks.bring_out_reasons),
                Chore("spread updates", 1, spread),
                Chore("note ends of campaigns", 2, note_ends),
                Chore("apply feedback", 2, consequences.apply_feedback),
                Chore("forget what ended of staff", HOUR, forget_ended),
                Chore("remind", HOUR, tasks.remind),
                Chore("forget unconfirmed", HOUR, tasks.forget_unconfirmed),
                Chore("forget feedback", HOUR, consequences.forget_feedback),
                Chore("forget counts of mails", HOUR, mailboxes.forget_counts),
                Chore("forget calls", HOUR, forget_calls),
                Chore("forget unheard events", HOUR, forget_unheard),
            ],
            # a person waits for each of these, and a mail server may let one wait; each letter is taken by one worker
            "staff": [Chore("write to staff", SOON, write_to_staff, shared=False)],
            "long work": [
                Chore("write to recipients", 60, write_to_recipients),
                Chore("apply retention", HOUR, apply_retention),
            ],
            **_of_plugins(plugins),
        }

    def start(self) -> None:
        """Begin; what an earlier run left undone is taken up at once."""
        if self.alone:
            with self.app.app_context():
                service.end_leases()
        self._worker.start()
        for thread in (*self._clocks, *self._tellers):
            thread.start()

    def stop(self) -> None:
        """Finish the message in hand, give the rest back, and end."""
        self.relay.stopping = True
        self._stop.set()
        for thread in (*self._clocks, *self._tellers):
            thread.join(timeout=10)
        self._worker.stop(timeout=20_000)

    def _tell(self, plugins: Plugins, name: str) -> None:
        """Tell a plugin what happened, as soon as it did."""
        while not self._stop.wait(SOON):
            with self.app.app_context():
                try:
                    while not self._stop.is_set() and plugins.pass_on(name):
                        pass
                except Exception as error:  # noqa: BLE001 - what is not told now is told later
                    report(error, "chore failed", kind=f"events of {name}")

    def _keep_time(self, due: list[Chore]) -> None:
        while not self._stop.is_set():
            for chore in due:
                if time.monotonic() >= chore.due and not self._stop.is_set():
                    self._do(chore)
                    chore.due = time.monotonic() + min(chore.every, 60)
            self._stop.wait(TICK)

    def _do(self, chore: Chore) -> None:
        with self.app.app_context():
            try:
                if not chore.shared or chores.take(chore.name, chore.every):
                    chore.run()
            except Exception as error:  # noqa: BLE001 - one chore's failure must not stop the others
                report(error, "chore failed", kind=chore.name)


def _of_plugins(plugins: Plugins) -> dict[str, list[Chore]]:
    """A thread for each plugin's chores: one that hangs keeps neither another's nor ours from their turn."""
    found: dict[str, list[Chore]] = {}
    for chore in plugins.chores():
        own = found.setdefault(f"chores of {chore.name.partition(':')[0]}", [])
        own.append(Chore(chore.name, chore.every, chore.run))
    return found
