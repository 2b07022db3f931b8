"""A heap of due mails, each to a signer of its own: a mailbox gets only so many a day."""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg
from psycopg import sql

from rig.signers import add_signers
from rig.site import Postgres, Site

DOMAIN = "heap.example"

MESSAGES: LiteralString = """
INSERT INTO message (signature_id, dedupe_key, kind, priority, state, attempt, due_at, {names})
SELECT signature.id, 'heap:' || signature.id,
       CASE WHEN signature.id % 2 = 0 THEN 'confirm' ELSE 'again' END, CASE WHEN signature.id % 2 = 0 THEN 0 ELSE 9 END,
       'due', 0, now() AT TIME ZONE 'UTC' - (1 + signature.id % 2) * interval '1 hour',
       {values}
FROM signature, (SELECT * FROM message WHERE kind = 'confirm' AND state = 'sent' ORDER BY id DESC LIMIT 1) AS pattern
WHERE signature.id > {last}
"""
"""Half are confirmations, half may wait and have waited longer."""

MADE = ("id", "signature_id", "dedupe_key", "kind", "priority", "state", "attempt", "due_at", "sent_at")


def heap_up(site: Site, postgres: Postgres, number: int) -> None:
    """Write so many due mails like the last one that was sent, to so many signers who have not confirmed."""
    last = postgres.query("SELECT max(id) FROM signature")
    add_signers(site, postgres, number, domain=DOMAIN)
    with psycopg.connect(postgres.url.replace("+psycopg", ""), autocommit=True) as connection:
        columns = [sql.Identifier(name) for name in _copied(connection)]
        values = [sql.SQL("pattern.") + column for column in columns]
        statement = sql.SQL(MESSAGES).format(
            names=sql.SQL(", ").join(columns), values=sql.SQL(", ").join(values), last=sql.Literal(last)
        )
        assert connection.execute(statement).rowcount == number


def _copied(connection: psycopg.Connection[Any]) -> list[str]:
    """The columns of a message that a copy takes over."""
    question = (
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'message' AND table_schema = 'public'"
    )
    return [name for (name,) in connection.execute(question) if name not in MADE]
