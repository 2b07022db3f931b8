"""The book of one page: what was begun and what became of it, one line on disk for each message.

On PostgreSQL settling the last message and beginning the next is one statement on a connection that
stays with the page, and commits by itself: between two lines no transaction is open, so nothing is held
while a mail travels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType

from sqlalchemy import Connection

from ..extensions import AWAY, db, this_minute
from . import service
from .models import SENT
from .service import Leased, Settlement

_LINE = """
WITH settled AS (
    UPDATE message SET state = %s, last_code = %s, due_at = coalesce(%s::timestamp, due_at), sent_at = %s::timestamp,
        lease_until = NULL, lease_token = NULL, trying = false
    WHERE id = %s AND lease_token = %s AND attempt = %s
)
UPDATE message SET trying = true, attempt = attempt + 1
WHERE id = %s AND lease_token = %s AND state = 'due'
RETURNING attempt
"""
"""Fenced in both halves: a worker that was taken for dead may not overwrite what its successor did."""


class Book:
    """Use it with `with`; a connection that failed is made anew at the next line."""

    def __init__(self) -> None:
        self._connection: Connection | None = None

    def __enter__(self) -> Book:
        """Open nothing yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the connection back."""
        self._close()

    def begin(self, leased: Leased, settled: Sequence[Settlement]) -> Leased | None:
        """Settle what came before and begin the next, as `service.begin` does."""
        if db.engine.dialect.name != "postgresql" or len(settled) > 1:
            return service.begin(leased, settled)
        last = _line_of(settled[0]) if settled else (None,) * 7
        try:
            row = self._open().exec_driver_sql(_LINE, (*last, leased.id, leased.token)).one_or_none()
        except AWAY:
            self._close()
            raise
        return None if row is None else replace(leased, attempt=row.attempt)

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = db.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _line_of(settlement: Settlement) -> tuple[object, ...]:
    leased = settlement.leased
    sent_at = _plain(this_minute()) if settlement.state == SENT else None
    due_at = _plain(settlement.due_at) if settlement.due_at else None
    return settlement.state, settlement.code[:80], due_at, sent_at, leased.id, leased.token, leased.attempt


def _plain(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
