"""Isolation: a plugin that raises, hangs or gives junk harms itself only, and is left alone after five failures."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..delivery.channels import Channel, Mail, Unsure
from ..monitoring import log, report

Given = TypeVar("Given")

FAILURES = 5
"""In a row, after which a hook of a plugin is not asked again by this process."""


class Junk(TypeError):
    """A hook gave something else than it should."""


class TookTooLong(TimeoutError):
    """A hook gave nothing within its limit. Its thread is left behind: Python cannot end it."""


@dataclass(slots=True)
class Guard:
    """Stands before one hook of one plugin."""

    plugin: str
    hook: str
    limit: float
    """Seconds."""
    failed: int = 0
    """In all, for `/metrics`."""
    _in_a_row: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def off(self) -> bool:
        """Whether it failed too often to be asked again."""
        return self._in_a_row >= FAILURES

    def ask(self, function: Callable[[], Any], as_wanted: Callable[[Any], Given], otherwise: Given) -> Given:
        """What the hook gives, in the form of `as_wanted`, which raises `Junk`; or `otherwise`, whatever goes wrong."""
        if self.off:
            return otherwise
        try:
            given = within(self.limit, lambda: as_wanted(function()))
        except BaseException as error:  # noqa: BLE001 - a plugin may even try to end the process
            self._note(error)
            return otherwise
        with self._lock:
            self._in_a_row = 0
        return given

    def _note(self, error: BaseException) -> None:
        with self._lock:
            self.failed += 1
            self._in_a_row += 1
        report(error, "plugin failed", kind=f"{self.plugin}.{self.hook}", count=self._in_a_row)
        if self.off:
            log.error("plugin switched off", kind=f"{self.plugin}.{self.hook}")


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
        raise TookTooLong
    return result[0]


class GuardedChannel:
    """A plugin's channel as the relay sees it: what it may raise stands in `Channel`, and it ends no process."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    def send(self, mail: Mail) -> str:
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
