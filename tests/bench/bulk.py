"""Very many signatures at once: rows like one that was really signed, written with COPY.

The one real signature is the pattern, so the rows have its columns and the lengths of its sealed copies
whatever the schema becomes. Nine of ten are confirmed and counted; their mails have left long ago. What
is sealed is noise of the right length: nobody opens it.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

Row = dict[str, Any]

TABLES = ("signature", "consent", "message")
DISTINCT = ("email_index", "sealed", "record", "confirm_look_up", "me_look_up", "code_mark")
TELLING = {"language": ("en", "en", "es"), "source": ("page", "embed"), "area": tuple(map(str, range(20001, 20036)))}
DAYS = 25
"""Over how many days the confirmed ones signed; those who have not confirmed did so in the last hours."""

CHUNK = 50_000


class Bulk:
    """Fills the tables of one campaign in a PostgreSQL database that holds one real signature."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self.now = datetime.now(UTC).replace(second=0, microsecond=0, tzinfo=None)
        self.patterns = {table: self._pattern(table) for table in TABLES}
        self.next = {table: pattern["id"] + 1 for table, pattern in self.patterns.items()}
        self.counts: Counter[tuple[str, str, str]] = Counter()

    def fill(self, rows: int) -> float:
        """Write so many signatures with their consents, messages and totals; the seconds it took."""
        started = time.monotonic()
        taken_away = self._take_indexes_away()
        try:
            for first in range(0, rows, CHUNK):
                self._copy(min(CHUNK, rows - first))
        finally:
            for statement in taken_away:
                self.connection.execute(statement)
        self._add_totals()
        for table in TABLES:
            self._execute("SELECT setval(pg_get_serial_sequence({name}, 'id'), (SELECT max(id) FROM {table}))", table)
            self._execute("VACUUM (FREEZE, ANALYZE) {table}", table)
        self.connection.execute("CHECKPOINT")
        return time.monotonic() - started

    def _pattern(self, table: str) -> Row:
        with self.connection.cursor(row_factory=dict_row) as cursor:
            cursor.execute(sql.SQL("SELECT * FROM {} ORDER BY id DESC LIMIT 1").format(sql.Identifier(table)))
            row = cursor.fetchone()
        assert row is not None, f"sign once before filling: there is no {table} to go by"
        return row

    def _copy(self, rows: int) -> None:
        made: dict[str, list[Row]] = {table: [] for table in TABLES}
        for _ in range(rows):
            signature = self._signature()
            made["signature"].append(signature)
            if signature["id"] % 5 < 2:
                made["consent"].append(self._consent(signature))
            made["message"].extend(self._messages(signature))
        with self.connection.cursor() as cursor:
            for table, pattern in self.patterns.items():
                columns = sql.SQL(", ").join(sql.Identifier(name) for name in pattern)
                statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
                with cursor.copy(statement) as copy:
                    for row in made[table]:
                        copy.write_row([row[name] for name in pattern])

    def _signature(self) -> Row:
        row = self._new("signature")
        place = row["id"]
        confirmed = place % 10 > 0
        signed_at = self.now - timedelta(minutes=60 + place % (DAYS * 1440) if confirmed else 30)
        row |= {name: os.urandom(len(row[name])) for name in DISTINCT}
        row |= {name: values[place % len(values)] for name, values in TELLING.items()}
        row |= {"state": "pending", "signed_at": signed_at}
        if confirmed:
            row |= {"state": "confirmed", "confirmed_at": signed_at + timedelta(minutes=5)}
            self.counts[row["language"], row["source"], row["area"]] += 1
        return row

    def _consent(self, signature: Row) -> Row:
        return self._new("consent") | {
            "signature_id": signature["id"],
            "language": signature["language"],
            "given_at": signature["signed_at"],
            "confirmed_at": signature["confirmed_at"],
        }

    def _messages(self, signature: Row) -> Iterator[Row]:
        kinds = ("confirm", "thanks") if signature["state"] == "confirmed" else ("confirm",)
        for kind in kinds:
            moment = signature["signed_at"] if kind == "confirm" else signature["confirmed_at"]
            yield self._new("message") | {
                "kind": kind,
                "signature_id": signature["id"],
                "dedupe_key": f"{kind}:{signature['id']}",
                "state": "sent",
                "due_at": moment,
                "created_at": moment,
                "sent_at": moment,
                "attempt": 1,
                "last_code": "250",
            }

    def _new(self, table: str) -> Row:
        row = {**self.patterns[table], "id": self.next[table]}
        self.next[table] += 1
        return row

    def _take_indexes_away(self) -> list[sql.Composable]:
        """Drop what makes rows slow to write, foreign keys first; the statements that bring it back, indexes first."""
        constraints = self.connection.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype FROM pg_constraint "
            "WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('f', 'u') ORDER BY contype",
            [list(TABLES)],
        ).fetchall()
        for table, name, _, _ in constraints:
            self._execute("ALTER TABLE {table} DROP CONSTRAINT {name}", table, name)
        indexes = self.connection.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
            "WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary",
            [list(TABLES)],
        ).fetchall()
        for name, _ in indexes:
            self._execute("DROP INDEX {table}", name)
        back = [
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} ").format(sql.Identifier(table), sql.Identifier(name))
            + sql.SQL(definition)
            for table, name, definition, _ in constraints
        ]
        return [*(sql.SQL(definition) for _, definition in indexes), *reversed(back)]

    def _add_totals(self) -> None:
        campaign = self.patterns["signature"]["campaign_id"]
        for (language, source, area), n in self.counts.items():
            self.connection.execute(
                "INSERT INTO count_total (campaign_id, language, source, area, n) VALUES (%s, %s, %s, %s, %s) "
                "ON CONFLICT (campaign_id, language, source, area) DO UPDATE SET n = count_total.n + excluded.n",
                [campaign, language, source, area, n],
            )

    def _execute(self, words: str, table: str, name: str = "") -> None:
        known: Mapping[str, sql.Composable] = {
            "table": sql.Identifier(table),
            "name": sql.Identifier(name) if name else sql.Literal(table),
        }
        self.connection.execute(sql.SQL(words).format(**known))
