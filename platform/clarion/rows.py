"""Insert and find many rows at once, on the few paths where signers wait for it.

On PostgreSQL the rows travel as one text of JSON, so the statement is the same for one row and for fifty and
is parsed once. SQLite lives in the process and its statements take little; there the rows go in portions
of a few fixed sizes, so that their statements stay prepared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Column, Connection, Table
from sqlalchemy.dialects import postgresql

from .extensions import Base, Moment

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_PORTIONS = (32, 16, 8, 4, 2, 1)

Rows = Sequence[Mapping[str, Any]]


def insert_new_rows(
    connection: Connection, model: type[Base], rows: Rows, returning: tuple[str, ...] = ()
) -> list[tuple[Any, ...]]:
    """Insert rows that name the same columns, leaving out those whose unique key is taken (rule 4).

    Returns the named columns of those that were new, in no order.
    """
    table = cast(Table, model.__table__)
    back = f" RETURNING {', '.join(returning)}" if returning else ""
    return _run(connection, table, rows, returning, "insert", f"ON CONFLICT DO NOTHING{back}")


def count_rows(connection: Connection, model: type[Base], rows: Rows, column: str, most: int) -> list[tuple[Any, ...]]:
    """Insert rows, or count `column` up by one in those that are there, up to `most`; the keys of those that were.

    One statement decides for each row, so of any number of transactions at once no more than `most` get through. Rows
    are locked in the order in which they are given; no two may have one key.
    """
    table = cast(Table, model.__table__)
    keys = tuple(key.name for key in table.primary_key)
    names = ", ".join(keys)
    up = f"{column} = {table.name}.{column} + 1 WHERE {table.name}.{column} < {int(most)}"
    words = f"ON CONFLICT ({names}) DO UPDATE SET {up} RETURNING {names}"
    return _run(connection, table, rows, keys, "insert", words)


def find_rows(connection: Connection, model: type[Base], keys: Rows, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """The named columns of the rows that have one of the keys, in no order.

    The keys' columns have a unique index, by which each row is found: the time stays the same however many there are.
    """
    return _run(connection, cast(Table, model.__table__), keys, columns, "select", ", ".join(columns))


def _run(
    connection: Connection, table: Table, rows: Rows, returning: tuple[str, ...], verb: str, words: str
) -> list[tuple[Any, ...]]:
    names = tuple(rows[0])
    found: list[tuple[Any, ...]] = []
    # through SQLAlchemy, which turns a driver's errors into its own and gives up a connection that is gone
    if connection.dialect.name == "postgresql":
        text = json.dumps(rows, default=_as_text)
        result = connection.exec_driver_sql(_with_json(table, names, verb, words), (text,))
        found = [tuple(row) for row in result] if returning else []
    else:
        for portion in _portions(rows):
            values = tuple(_for_sqlite(row[name]) for row in portion for name in names)
            result = connection.exec_driver_sql(_with_values(table, names, len(portion), verb, words), values)
            found += [tuple(row) for row in result] if returning else []
    moments = [isinstance(table.c[name].type, Moment) for name in returning]
    return [tuple(map(_found, row, moments)) for row in found] if any(moments) else found


@lru_cache(maxsize=64)
def _with_json(table: Table, names: tuple[str, ...], verb: str, words: str) -> str:
    listed = ", ".join(names)
    given = f"json_to_recordset(%s::json) AS given({', '.join(_typed(table.c[name]) for name in names)})"
    if verb == "insert":
        return f"INSERT INTO {table.name} ({listed}) SELECT {listed} FROM {given} {words}"  # noqa: S608 - names of our own tables and columns
    # LATERAL with LIMIT: each key by itself, through the unique index. Given all at once, the planner reads the
    # whole table while it takes that for small
    key = ", ".join(f"given.{name}" for name in names)
    one = f"SELECT {words} FROM {table.name} WHERE ({listed}) = ({key}) LIMIT 1"  # noqa: S608 - as above
    return f"SELECT found.* FROM {given} CROSS JOIN LATERAL ({one}) AS found"  # noqa: S608 - as above


@lru_cache(maxsize=128)
def _with_values(table: Table, names: tuple[str, ...], count: int, verb: str, words: str) -> str:
    listed = ", ".join(names)
    given = "VALUES " + ", ".join([f"({', '.join('?' * len(names))})"] * count)
    if verb == "insert":
        return f"INSERT INTO {table.name} ({listed}) {given} {words}"
    # SQLite reads the whole table for "(a, b) IN (VALUES …)"; CROSS JOIN holds it to the order written here
    key = " AND ".join(f"{table.name}.{name} = given.{name}" for name in names)
    found = ", ".join(f"{table.name}.{name}" for name in words.split(", "))
    return f"WITH given({listed}) AS ({given}) SELECT {found} FROM given CROSS JOIN {table.name} ON {key}"  # noqa: S608 - as above


def _portions(rows: Rows) -> Iterator[Rows]:
    at = 0
    while at < len(rows):
        size = next(size for size in _PORTIONS if size <= len(rows) - at)
        yield rows[at : at + size]
        at += size


def _typed(column: Column[Any]) -> str:
    return f"{column.name} {column.type.compile(dialect=_DIALECT)}"


def _as_text(value: object) -> str:
    """How JSON carries what it has no words for, in the form in which PostgreSQL reads it."""
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, datetime):
        return _plain(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))


def _for_sqlite(value: object) -> object:
    if isinstance(value, datetime):
        return _plain(value).isoformat(" ", "microseconds")
    return value.isoformat() if isinstance(value, date) else value


def _plain(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _found(value: Any, is_moment: bool) -> Any:
    """What came back, as `Moment` would give it."""
    if not is_moment or value is None:
        return value
    return (value if isinstance(value, datetime) else datetime.fromisoformat(value)).replace(tzinfo=UTC)
