"""A heap of due mails, written by the database itself: each a copy of one that was really signed for."""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg
from psycopg import sql

from rig.site import Postgres

COPIES: LiteralString = """
WITH pattern AS (SELECT signature_id FROM message WHERE id = {message}), copies AS (
  INSERT INTO signature (email_index, confirm_look_up, me_look_up, {signature_columns})
  SELECT decode(md5('i' || n || {run}), 'hex'), decode(md5('c' || n || {run}), 'hex'),
         decode(md5('m' || n || {run}), 'hex'), {signature_columns}
  FROM signature, generate_series(1, {number}) AS n WHERE id = (SELECT signature_id FROM pattern)
  RETURNING id
)
INSERT INTO message (signature_id, dedupe_key, kind, priority, state, attempt, due_at, {message_columns})
SELECT copies.id, 'heap:' || copies.id,
       CASE WHEN copies.id % 2 = 0 THEN 'confirm' ELSE 'again' END, CASE WHEN copies.id % 2 = 0 THEN 0 ELSE 9 END,
       'due', 0, now() AT TIME ZONE 'UTC' - (1 + copies.id % 2) * interval '1 hour',
       {message_columns}
FROM copies, message WHERE message.id = {message}
"""
"""Half are confirmations, half may wait and have waited longer."""

MADE = {
    "signature": ("id", "email_index", "confirm_look_up", "me_look_up"),
    "message": ("id", "signature_id", "dedupe_key", "kind", "priority", "state", "attempt", "due_at", "sent_at"),
}


def heap_up(postgres: Postgres, message_id: int, number: int) -> None:
    """Write so many due mails like a given one."""
    with psycopg.connect(postgres.url.replace("+psycopg", ""), autocommit=True) as connection:
        statement = sql.SQL(COPIES).format(
            message=sql.Literal(message_id),
            number=sql.Literal(number),
            run=sql.Literal(str(message_id)),
            signature_columns=_columns(connection, "signature"),
            message_columns=_columns(connection, "message"),
        )
        connection.execute(statement)


def _columns(connection: psycopg.Connection[Any], table: str) -> sql.Composable:
    """All columns of a table that a copy takes over."""
    question = "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = 'public'"
    names = [name for (name,) in connection.execute(question, [table]) if name not in MADE[table]]
    return sql.SQL(", ").join([sql.Identifier(name) for name in names])
