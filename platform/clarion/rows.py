"""Insert many rows in one statement, leaving out those whose unique key is taken (rule 4).

On PostgreSQL each column travels as one array, so the statement is the same for one row and for fifty
and is parsed once; a list of values in the statement would be parsed anew for each number of rows,
which costs several times what the rows do. SQLite lives in the process: there a prepared statement for
each row is quickest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Column, Connection, Table
from sqlalchemy.dialects import postgresql

from .extensions import Base, Moment

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def insert_new_rows(
    connection: Connection, model: type[Base], rows: Sequence[Mapping[str, object]], returning: tuple[str, ...]
) -> list[tuple[Any, ...]]:
    """Insert rows that name the same columns, and return the named columns of those that were new."""
    table = cast(Table, model.__table__)
    names = tuple(rows[0])
    if connection.dialect.name == "postgresql":
        arrays = tuple(_stored(table.c[name], [row[name] for row in rows]) for name in names)
        result = connection.exec_driver_sql(_with_arrays(table, names, returning), arrays)
        return [tuple(row) for row in result] if returning else []
    columns = [_stored(table.c[name], [row[name] for row in rows], as_text=True) for name in names]
    statement = _with_values(table, names, returning)
    cursor = connection.connection.cursor()
    try:
        found = [cursor.execute(statement, values).fetchone() for values in zip(*columns, strict=True)]
    finally:
        cursor.close()
    return [tuple(row) for row in found if row is not None]


@lru_cache(maxsize=64)
def _with_values(table: Table, names: tuple[str, ...], returning: tuple[str, ...]) -> str:
    back = f" RETURNING {', '.join(returning)}" if returning else ""
    marks = ", ".join("?" for _ in names)
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks}) ON CONFLICT DO NOTHING{back}"  # noqa: S608 - names of our own tables and columns


@lru_cache(maxsize=64)
def _with_arrays(table: Table, names: tuple[str, ...], returning: tuple[str, ...]) -> str:
    arrays = ", ".join(f"%s::{table.c[name].type.compile(dialect=_DIALECT)}[]" for name in names)
    back = f" RETURNING {', '.join(returning)}" if returning else ""
    columns = ", ".join(names)
    return f"INSERT INTO {table.name} ({columns}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING{back}"  # noqa: S608 - names of our own tables and columns


def _stored(column: Column[Any], values: list[Any], *, as_text: bool = False) -> list[Any]:
    """The values in the form they are stored in, where that differs."""
    if not isinstance(column.type, Moment):
        return values
    plain = [None if moment is None else moment.astimezone(UTC).replace(tzinfo=None) for moment in values]
    return [None if moment is None else moment.isoformat(" ", "microseconds") for moment in plain] if as_text else plain
