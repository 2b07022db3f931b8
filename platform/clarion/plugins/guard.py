"""Isolation: a plugin that raises, hangs or gives junk harms itself only.

A hook that failed five times in a row is left alone for a while. Then one call tries it for all: most of what breaks
mends by itself, such as a service that was away, and nobody should have to start a site anew for it. One that ends its
process outright cannot be caught, but five processes that died over it are failures too: those after leave it alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..delivery.channels import Channel, Due, Mail, Signer, Text, TextChannel, Unsure
from ..monitoring import log, report
from .blackbox import BlackBox

Given = TypeVar("Given")

FAILURES = 5
"""In a row, after which a hook of a plugin is switched off for a while in this process."""

FIRST, LONGEST = 600.0, 3600.0
"""Seconds for which it is switched off: twice as long after each try in vain."""


class Junk(TypeError):
    """A hook gave something else than it should."""


class TookTooLong(TimeoutError):
    """A hook gave nothing within its limit. Its thread is left behind: Python cannot end it."""

    def __init__(self, thread: threading.Thread) -> None:
        super().__init__()
        self.thread = thread


@dataclass(slots=True)
class Guard:
    """Stands before one hook of one plugin."""

    plugin: str
    hook: str
    limit: float
    """Seconds."""
    clock: Callable[[], float] = time.monotonic
    box: BlackBox | None = None
    failed: int = 0
    """In all, for `/metrics`."""
    _in_a_row: int = 0
    _until: float = 0.0
    """Until when it is switched off."""
    _pauses: int = 0
    """How often it was switched off since it last worked, and how often it was tried again."""
    _tries: int = 0
    _hanging: list[threading.Thread] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Leave it alone from the start where it ended too many processes."""
        deaths = self.box.deaths(self.place) if self.box is not None else []
        if len(deaths) >= FAILURES:
            self._in_a_row, self._pauses = len(deaths), 1
            self._until = self.clock() + FIRST - (time.time() - deaths[-1])
            log.error("plugin switched off", kind=self.place, detail=f"{len(deaths)} processes died while it was asked")

    @property
    def place(self) -> str:
        """How it is called in the log."""
        return f"{self.plugin}.{self.hook}"

    @property
    def off(self) -> bool:
        """Whether it failed too often to be asked now."""
        return self.clock() < self._until

    def ask(self, function: Callable[[], Any], as_wanted: Callable[[Any], Given], otherwise: Given) -> Given:
        """What the hook gives, in the form of `as_wanted`, which raises `Junk`; or `otherwise`, whatever goes wrong."""
        if not self._may_ask():
            return otherwise
        try:
            with self.box.asking(self.place) if self.box is not None else nullcontext():
                given = within(self.limit, lambda: as_wanted(function()))
        except BaseException as error:  # noqa: BLE001 - a plugin may even try to end the process
            self._note(error)
            return otherwise
        self._worked()
        return given

    def _may_ask(self) -> bool:
        """Whether it is asked; after a pause only one is let through, and tries it for all others."""
        with self._lock:
            if self._in_a_row < FAILURES:
                return True
            if self.off:
                return False
            # what still hangs holds its thread, perhaps a connection too: another such call would cost one more
            self._hanging = [thread for thread in self._hanging if thread.is_alive()]
            self._until = self.clock() + (FIRST if self._hanging else self.limit)
            self._tries += not self._hanging
            return not self._hanging

    def _worked(self) -> None:
        with self._lock:
            was_off = self._in_a_row >= FAILURES
            self._in_a_row, self._until, self._pauses, self._tries = 0, 0.0, 0, 0
            self._hanging.clear()
        if was_off:
            log.info("plugin works again", kind=self.place)

    def _note(self, error: BaseException) -> None:
        with self._lock:
            self.failed += 1
            self._in_a_row += 1
            seconds = min(FIRST * 2 ** min(self._tries, 10), LONGEST)
            # of many that fail at the same moment only one makes the pause
            switches = self._in_a_row >= FAILURES and self._pauses == self._tries
            if switches:
                self._until = self.clock() + seconds
                self._pauses += 1
            if isinstance(error, TookTooLong):
                self._hanging.append(error.thread)
        report(error, "plugin failed", kind=self.place, count=self._in_a_row)
        if switches:
            log.error("plugin switched off", kind=self.place, detail=f"for {seconds / 60:.0f} minutes")


def within(seconds: float, function: Callable[[], Given]) -> Given:
    """Call a function in a thread of its own and wait so long for it. Raises `TookTooLong`, or what it raises."""
    result: list[Given] = []
    errors: list[BaseException] = []

    def call() -> None:
        try:
            result.append(function())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            errors.append(error)

    thread = threading.Thread(target=call, name="plugin", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not result:
        raise TookTooLong(thread)
    return result[0]


class GuardedChannel:
    """A plugin's channel as the relay sees it: what it may raise stands in `Channel`, and it ends no process."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def send(self, mail: Mail | Text) -> str:
        """Send it. What came of a mail whose channel tried to end the process, or gave no code, nobody can tell."""
        try:
            code: Any = self._channel.send(mail)
        except Exception:
            raise
        except BaseException as error:
            raise Unsure(f"plugin raised {type(error).__name__}") from error
        if not isinstance(code, str):
            raise Unsure("plugin gave no code")
        return "".join(sign for sign in code[:80] if sign.isprintable())


class GuardedTextChannel(GuardedChannel):
    """The same for a channel that puts its messages into words itself."""

    _channel: TextChannel

    def compose(self, message: Due, signer: Signer | None) -> Text:
        """What a message says; a plugin that tries to end the process says nothing, and its message stays visible."""
        try:
            made: Any = self._channel.compose(message, signer)
        except Exception:
            raise
        except BaseException as error:
            raise Junk(f"plugin raised {type(error).__name__}") from error
        if not isinstance(made, Text):
            raise Junk("plugin made no text")
        return made


def guarded(channel: Channel) -> GuardedChannel:
    """A channel behind its guard."""
    return GuardedTextChannel(channel) if hasattr(channel, "compose") else GuardedChannel(channel)
