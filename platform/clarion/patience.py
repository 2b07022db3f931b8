"""How long a process waits for PostgreSQL: a database that hangs must not take every thread with it.

The server's own limits help only while it answers, and a partner whose machine takes our bytes without
ever answering trips no limit of TCP either. So each wait is bounded on this side as well. Once one was in
vain, new connections are refused at once, but for one that is tried every second.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Engine, event

Result = TypeVar("Result")

REST = 1.0
"""Seconds for which nothing is tried after a failure."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait for each thing."""

    connection: int
    """For a new connection; libpq takes no less than 2."""
    ping: float
    """For the answer whether a connection that was kept still lives."""
    statement: float | None
    """For one statement; `None` for as long as it takes."""

    @property
    def server_options(self) -> str:
        """What the server is told: it gives up a little earlier, and its connection stays good."""
        if self.statement is None:
            return ""
        limit = int(self.statement * 1000)
        # planned anew each time: a plan that was kept from when a table was small would read all of it
        plans = " -c plan_cache_mode=force_custom_plan"
        return f" -c statement_timeout={limit} -c idle_in_transaction_session_timeout={limit * 6}{plans}"


PAGES = Patience(connection=2, ping=2.0, statement=5.0)
"""For processes in which visitors wait: a thread is free again after nine seconds at most: two for
a connection, two to try whether it lives, five for a statement."""

WORK = Patience(connection=5, ping=5.0, statement=60.0)
"""For workers, whose statements may touch many rows."""

COMMANDS = Patience(connection=5, ping=5.0, statement=None)
"""For commands that a person watches: a migration may take its hour."""

MARGIN = 1.0
"""Seconds by which this side waits longer than the server does."""


class Door:
    """Where new connections come in; after a failure one at a time, and one a second at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shut = False
        self._trying = False
        self._not_before = 0.0

    def enter(self, connect: Callable[[], Result]) -> Result:
        """Connect, or raise `psycopg.OperationalError` at once where that was in vain a moment ago."""
        with self._lock:
            if self._shut and (self._trying or time.monotonic() < self._not_before):
                raise psycopg.OperationalError("the database was away a moment ago")
            self._trying = self._shut
        try:
            made = connect()
        except BaseException:
            self.shut()
            raise
        with self._lock:
            self._shut = self._trying = False
        return made

    def shut(self) -> None:
        """Note that the database is away."""
        with self._lock:
            self._shut, self._trying = True, False
            self._not_before = time.monotonic() + REST


def bound(engine: Engine, patience: Patience) -> None:
    """Let every wait of an engine for PostgreSQL end."""
    door = Door()

    class Bounded(psycopg.Connection[Any]):
        def wait(self, gen: Generator[Any, Any, Result], *args: Any, **known: Any) -> Result:
            # only the question of the pool whether a connection still lives is asked outside a transaction
            seconds = patience.ping if self.autocommit else patience.statement
            if seconds is None:
                return super().wait(gen, *args, **known)
            try:
                return super().wait(_until(gen, time.monotonic() + seconds + MARGIN), *args, **known)
            except TimeoutError:
                door.shut()
                with suppress(psycopg.Error):
                    self.close()
                raise psycopg.OperationalError("the database does not answer") from None

        def rollback(self) -> None:
            try:
                super().rollback()
            except psycopg.OperationalError:
                # with the connection everything begun on it is gone, and no answer should fail over that
                self.close()

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: object, _record: object, args: tuple[Any, ...], known: dict[str, Any]) -> Any:
        return door.enter(lambda: Bounded.connect(*args, **known))


def _until(gen: Generator[Any, Any, Result], deadline: float) -> Generator[Any, Any, Result]:
    """What psycopg waits for, with an end; it looks up ten times a second where nothing comes."""
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > deadline:
                raise TimeoutError
            wanted = gen.send(ready)
    except StopIteration as end:
        result: Result = end.value
        return result
