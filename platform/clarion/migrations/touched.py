"""Which tables were changed in a transaction, in rows or in shape: the database itself is asked.

Nobody reads SQL here, which could be written in a hundred ways. SQLite tells what a statement does while it is prepared
(`sqlite3_set_authorizer`). In PostgreSQL every change takes a lock on its table that is kept until the transaction ends
(`pg_locks`), and the catalog knows what is new, renamed or gone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, text

_FIRST = ("CREATE_TABLE", "CREATE_VIEW", "CREATE_VTABLE", "DROP_TABLE", "DROP_VIEW", "DROP_VTABLE")
_FIRST_TOO = ("INSERT", "UPDATE", "DELETE")
_SECOND = ("CREATE_INDEX", "CREATE_TRIGGER", "DROP_INDEX", "DROP_TRIGGER", "ALTER_TABLE", "CREATE_TEMP_TRIGGER")
_PLACES = {getattr(sqlite3, f"SQLITE_{name}"): 0 for name in _FIRST + _FIRST_TOO} | {
    getattr(sqlite3, f"SQLITE_{name}"): 1 for name in _SECOND
}
"""Where each of SQLite's actions has the name of the table (https://www.sqlite.org/c3ref/c_alter_table.html)."""

_SQLITE_TABLES = text("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
"""Of a table that is renamed SQLite says only what it was called before."""

_TABLES = text("""
    SELECT c.oid, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
""")
_CHANGED = text("""
    SELECT DISTINCT relation FROM pg_locks
    WHERE locktype = 'relation' AND pid = pg_backend_pid() AND mode NOT IN ('AccessShareLock', 'RowShareLock')
""")


@contextmanager
def touched(connection: Connection) -> Iterator[set[str]]:
    """The names of the tables and views that are changed within: complete at its end, before the commit."""
    names: set[str] = set()
    with _by_locks(connection, names) if connection.dialect.name == "postgresql" else _as_told(connection, names):
        yield names


@contextmanager
def _by_locks(connection: Connection, names: set[str]) -> Iterator[None]:
    before = set(connection.execute(_TABLES))
    yield
    changed = set(connection.scalars(_CHANGED))
    names |= {name for _, name in before ^ set(connection.execute(_TABLES))}
    names |= {name for oid, name in before if oid in changed}


@contextmanager
def _as_told(connection: Connection, names: set[str]) -> Iterator[None]:
    def note(action: int, first: str | None, second: str | None, schema: str | None, _inner: str | None) -> int:
        if (place := _PLACES.get(action)) is not None and schema != "temp":
            names.add(str((first, second)[place]))
        return sqlite3.SQLITE_OK

    before = set(connection.scalars(_SQLITE_TABLES))
    driver: Any = connection.connection.driver_connection
    driver.set_authorizer(note)
    try:
        yield
    finally:
        driver.set_authorizer(None)
    names |= before ^ set(connection.scalars(_SQLITE_TABLES))
    names -= {name for name in names if name.startswith("sqlite_")}
