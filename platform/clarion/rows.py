"""Insert many rows in one statement, leaving out those whose unique key is taken (rule 4).

On PostgreSQL each column travels as one array, so the statement is the same for one row and for fifty
and is parsed once; a list of values in the statement would be parsed anew for each number of rows,
which costs several times what the rows do. SQLite reads lists of values faster than anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Column, Connection, Table
from sqlalchemy.dialects import postgresql

from .extensions import Base, Moment, insert_if_new

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def insert_new_rows(
    connection: Connection, model: type[Base], rows: Sequence[Mapping[str, object]], returning: tuple[str, ...]
) -> list[tuple[Any, ...]]:
    """Insert rows that name the same columns, and return the named columns of those that were new."""
    table = cast(Table, model.__table__)
    if connection.dialect.name != "postgresql":
        statement = insert_if_new(model)
        if not returning:
            connection.execute(statement, list(rows))
            return []
        columns = [table.c[name] for name in returning]
        return [tuple(row) for row in connection.execute(statement.returning(*columns), list(rows))]
    names = tuple(rows[0])
    arrays = tuple(_array(table.c[name], [row[name] for row in rows]) for name in names)
    result = connection.exec_driver_sql(_statement(table, names, returning), arrays)
    return [tuple(row) for row in result] if returning else []


@lru_cache(maxsize=64)
def _statement(table: Table, names: tuple[str, ...], returning: tuple[str, ...]) -> str:
    arrays = ", ".join(f"%s::{table.c[name].type.compile(dialect=_DIALECT)}[]" for name in names)
    back = f" RETURNING {', '.join(returning)}" if returning else ""
    columns = ", ".join(names)
    return f"INSERT INTO {table.name} ({columns}) SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING{back}"  # noqa: S608 - names of our own tables and columns


def _array(column: Column[Any], values: list[Any]) -> list[Any]:
    to_database = _converter(column)
    return values if to_database is None else [to_database(value) for value in values]


def _converter(column: Column[Any]) -> Callable[[Any], Any] | None:
    """What turns a value into the form it is stored in, where that differs."""
    if isinstance(column.type, Moment):
        return lambda moment: None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)
    return None
