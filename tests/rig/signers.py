"""Very many confirmed signers who said yes to mails, each with an address of their own that a worker can open."""

from __future__ import annotations

import os
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from clarion.sealing import Keyring, Link, open_sealed, seal

from .site import Postgres, Site

Row = dict[str, Any]


def add_signers(
    site: Site,
    postgres: Postgres,
    number: int,
    organisation: str = "",
    domain: str = "signers.example",
    prefix: str = "ana",
) -> list[str]:
    """Write them like the newest real signature, with COPY; their addresses.

    With an organisation they have confirmed and said yes to its mails; without one they have done neither.
    """
    address = postgres.url.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True, row_factory=dict_row) as connection:
        pattern = _one(connection, "SELECT * FROM signature ORDER BY id DESC LIMIT 1")
        campaign = _one(connection, f"SELECT * FROM campaign WHERE id = {pattern['campaign_id']}")
        keyring = Keyring(site.home / "var" / "keyring")
        details = open_sealed(keyring.private_key(campaign["key_id"]), bytes(pattern["sealed"]))
        people = {f"{prefix}{n}@{domain}": Link() for n in range(number)}
        signatures, consents = [], []
        for id, (email, link) in enumerate(people.items(), pattern["id"] + 1):
            sealed = seal(bytes(campaign["public_key"]), {**details, "email": email, "link": link.text})
            unique = {name: os.urandom(16) for name in ("email_index", "confirm_look_up", "me_look_up")}
            said = {"state": "pending", "confirmed_at": None, "language": ("en", "es")[id % 2]}
            if organisation:
                said |= {"state": "confirmed", "confirmed_at": pattern["signed_at"]}
            signatures.append({**pattern, **unique, **said, "id": id, "sealed": sealed})
            yes = {"organisation": organisation, "channel": "email", "edition_id": pattern["edition_id"]}
            given = {
                "language": said["language"],
                "given_at": pattern["signed_at"],
                "confirmed_at": said["confirmed_at"],
            }
            consents.append({"signature_id": id, **yes, **given})
        _copy(connection, "signature", signatures)
        if organisation:
            _copy(connection, "consent", consents)
        connection.execute("SELECT setval(pg_get_serial_sequence('signature', 'id'), (SELECT max(id) FROM signature))")
        connection.execute("ANALYZE signature, consent")
    return list(people)


def _one(connection: psycopg.Connection[Row], question: str) -> Row:
    row = connection.execute(question).fetchone()  # type: ignore[arg-type]
    assert row is not None, question
    return row


def _copy(connection: psycopg.Connection[Row], table: str, rows: list[Row]) -> None:
    columns = sql.SQL(", ").join(sql.Identifier(name) for name in rows[0])
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(list(row.values()))
