"""The book of a worker: what was begun and what became of it, on disk before and after each try.

A mail takes a line: it settles the last message of its page and begins the next. On PostgreSQL the lines of all threads
that wait at the same moment are one statement and one commit, as signatures are: a disk that is asked once for six
mails has time for others. So whoever writes waits until half of the threads that send have a line for it, and for a
moment at most. Between two statements no transaction is open, so nothing is held while a mail travels.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import TracebackType

from sqlalchemy import Connection

from ..extensions import AWAY, db, this_minute
from . import service
from .models import SENT
from .service import Leased, Settlement

GATHERING = 0.005
"""Seconds that a writer waits for the lines of others, at most."""

_LINES = """
WITH line AS (
    SELECT * FROM json_to_recordset(%s::json) AS line(
        id bigint, token text, last bigint, last_token text, tried int,
        state text, code text, due_at timestamp, sent_at timestamp
    )
), settled AS (
    UPDATE message SET state = line.state, last_code = line.code, due_at = coalesce(line.due_at, message.due_at),
        sent_at = line.sent_at, lease_until = NULL, lease_token = NULL, trying = false
    FROM line
    WHERE message.id = ANY(%s::bigint[])
        AND message.id = line.last AND message.lease_token = line.last_token AND message.attempt = line.tried
)
UPDATE message SET trying = true, attempt = message.attempt + 1
FROM line
WHERE message.id = ANY(%s::bigint[])
    AND message.id = line.id AND message.lease_token = line.token AND message.state = 'due'
RETURNING message.id, message.lease_token, message.attempt
"""
"""Fenced in both halves: a worker that was taken for dead may not overwrite what its successor did.

The numbers are given once more by themselves, so that rows are found by their key however small the table is taken
to be.
"""


@dataclass(slots=True)
class _Line:
    """What one thread has to write, and what came of it."""

    leased: Leased
    last: Settlement | None
    attempt: int | None = None
    error: BaseException | None = None
    done: bool = False
    turn: threading.Event = field(default_factory=threading.Event)
    """Set once: when the line is written, or when its thread shall write for all who wait."""


class Book:
    """Use it with `with`, in as many threads as like; a connection that failed is made anew for the next lines.

    Who finds nobody writing writes. Each thread is woken by itself once its line is written: were they to queue for
    a lock, those who are done would wait behind the next who writes.
    """

    def __init__(self) -> None:
        self._guard = threading.Condition(threading.Lock())
        self._waiting: list[_Line] = []
        self._busy = False
        self._users = 0
        self._connection: Connection | None = None

    def __enter__(self) -> Book:
        """Open nothing yet."""
        with self._guard:
            self._users += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the connection back with the last who uses it."""
        with self._guard:
            self._users -= 1
            if not self._users:
                self._close()

    def begin(self, leased: Leased, settled: Sequence[Settlement], unless: bytes | None = None) -> Leased | None:
        """Settle what came before and begin the next, as `service.begin` does."""
        if db.engine.dialect.name != "postgresql" or len(settled) > 1 or unless is not None:
            return service.begin(leased, settled, unless)
        line = _Line(leased, settled[0] if settled else None)
        with self._guard:
            self._waiting.append(line)
            writes, self._busy = not self._busy, True
            if self._enough():
                self._guard.notify()
        if not writes:
            line.turn.wait()
        if not line.done:
            self._write()
        if line.error is not None:
            raise line.error
        return None if line.attempt is None else replace(leased, attempt=line.attempt)

    def _enough(self) -> bool:
        return 2 * len(self._waiting) >= self._users

    def _write(self) -> None:
        """Write for all who wait, and let the first who came meanwhile write next."""
        with self._guard:
            self._guard.wait_for(self._enough, GATHERING)
            lines, self._waiting = self._waiting, []
        try:
            self._write_together(lines)
        except BaseException as error:
            for line in lines:
                line.error = line.error or error
            raise
        finally:
            for line in lines:
                line.done = True
                line.turn.set()
            with self._guard:
                self._busy = bool(self._waiting)
                if self._busy:
                    self._waiting[0].turn.set()

    def _write_together(self, lines: Sequence[_Line]) -> None:
        try:
            begun = self._run(lines)
        except Exception as error:  # noqa: BLE001 - the thread that waits for the line raises it
            self._close()
            if len(lines) > 1 and not isinstance(error, AWAY):
                # whatever is wrong with one line must not fail the others
                for line in lines:
                    self._write_together([line])
                return
            for line in lines:
                line.error = error
        else:
            for line in lines:
                line.attempt = begun.get((line.leased.id, line.leased.token))

    def _run(self, lines: Sequence[_Line]) -> dict[tuple[int, str], int]:
        if self._connection is None:
            self._connection = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        last = [line.last.leased.id for line in lines if line.last]
        given = (json.dumps([_told(line) for line in lines]), last, [line.leased.id for line in lines])
        rows = self._connection.exec_driver_sql(_LINES, given)
        return {(row.id, row.lease_token): row.attempt for row in rows}

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _told(line: _Line) -> dict[str, object]:
    told: dict[str, object] = {"id": line.leased.id, "token": line.leased.token}
    if line.last is None:
        return told
    leased, state = line.last.leased, line.last.state
    return told | {
        "last": leased.id,
        "last_token": leased.token,
        "tried": leased.attempt,
        "state": state,
        "code": line.last.code[:80],
        "due_at": _plain(line.last.due_at) if line.last.due_at else None,
        "sent_at": _plain(this_minute()) if state == SENT else None,
    }


def _plain(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat()
