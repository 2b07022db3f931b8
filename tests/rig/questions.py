"""What is asked of a database, and how it finds the answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event


@contextmanager
def asked_of(target: Connection | Engine) -> Iterator[list[tuple[str, Any]]]:
    """The questions that go over a connection, or over all of an engine."""
    found: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, given: object, *_more: object) -> None:
        found.append((statement, given))

    event.listen(target, "before_cursor_execute", note)
    yield found
    event.remove(target, "before_cursor_execute", note)


def plan_of(connection: Connection, statement: str, given: Any) -> str:
    """How the database would find what a question asks for."""
    explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    return str(list(connection.exec_driver_sql(f"{explain} {statement}", given)))
