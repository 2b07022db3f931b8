"""`clarion run`: starts the processes of a site, starts anew what dies, and ends them gently.

A process that ends is started again at once; one that keeps ending is given longer pauses. When the
supervisor itself is killed, the kernel ends its children, so that nothing is left holding the port.
"""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .monitoring import log

LOOK = 0.2
"""Seconds between two looks at the children."""

SETTLED = 10.0
"""Seconds after which a start counts as a success."""

LONGEST_PAUSE = 5.0
GRACE = 25.0
"""Seconds that a child has to finish what it is at."""

_PR_SET_PDEATHSIG = 1


def die_with_parent(how: signal.Signals) -> None:
    """Ask the kernel to send this process a signal when its parent ends (Linux; elsewhere nothing)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(how))


@dataclass(slots=True)
class Child:
    """One process that shall run."""

    name: str
    arguments: tuple[str, ...]
    reload: signal.Signals | None = None
    """The signal by which it renews itself; without one it is ended and started again."""
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    not_before: float = 0.0
    failures: int = 0

    def start(self) -> None:
        """Start the process."""
        command = [sys.executable, "-m", "clarion", *self.arguments]
        self.process = subprocess.Popen(command, preexec_fn=lambda: die_with_parent(signal.SIGTERM))  # noqa: PLW1509, S603 - the child does nothing before the exec but ask the kernel; the command is our own
        self.started = time.monotonic()
        log.info("started", kind=self.name)

    def look(self) -> None:
        """Start it if it is not running and its pause is over."""
        if self.process is not None and self.process.poll() is None:
            return
        if self.process is not None:
            log.warning("ended", kind=self.name, code=self.process.returncode)
            lasted = time.monotonic() - self.started
            self.failures = 0 if lasted >= SETTLED else self.failures + 1
            pause = 0.0 if self.failures <= 1 else min(2.0 ** (self.failures - 2), LONGEST_PAUSE)
            self.not_before = time.monotonic() + pause
            self.process = None
        if time.monotonic() >= self.not_before:
            self.start()

    def send(self, how: signal.Signals) -> None:
        """Send it a signal if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)

    def wait(self, deadline: float) -> None:
        """Wait for its end, and force it after the deadline."""
        if self.process is None:
            return
        try:
            self.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass(slots=True)
class Supervisor:
    """Keeps children running until it is told to stop."""

    children: Sequence[Child]
    say: Callable[[str], None]
    stopping: bool = False
    renewing: list[Child] = field(default_factory=list)

    def run(self) -> None:
        """Run until SIGTERM or SIGINT; SIGHUP renews one process after the other."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGHUP, self._renew)
        for child in self.children:
            child.start()
        while not self.stopping:
            for child in self.children:
                child.look()
            self._renew_next()
            time.sleep(LOOK)
        self._end()

    def _renew_next(self) -> None:
        """Renew one child, once the one before has started again: the others go on meanwhile."""
        if not self.renewing or any(time.monotonic() - child.started < 2.0 for child in self.children):
            return
        child = self.renewing.pop(0)
        child.send(child.reload or signal.SIGTERM)
        if child.reload is not None:
            child.started = time.monotonic()

    def _end(self) -> None:
        deadline = time.monotonic() + GRACE
        for child in self.children:
            child.send(signal.SIGTERM)
        for child in self.children:
            child.wait(deadline)

    def _stop(self, _signal: int, _frame: object) -> None:
        self.stopping = True

    def _renew(self, _signal: int, _frame: object) -> None:
        self.renewing = list(self.children)
