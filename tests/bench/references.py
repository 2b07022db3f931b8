"""What the product is measured against: as little as Flask, WTForms, SQLAlchemy and smtplib allow.

Each leaves out what the product has to do: no seal, no blind index, no consent, no refusal of a second
signature, no languages, no headers, no outbox that survives a kill.
"""

from __future__ import annotations

import json
import os
import signal
import smtplib
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from flask import Flask, Response, redirect, request
from sqlalchemy import event
from wtforms import Form, StringField
from wtforms.validators import Email, InputRequired, Length

from clarion.supervisor import die_with_parent

metadata = sa.MetaData()
signature = sa.Table(
    "bare_signature",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("email", sa.String(254), nullable=False, unique=True),
    sa.Column("postal_code", sa.String(20), nullable=False),
    sa.Column("signed_at", sa.DateTime(), nullable=False),
)
message = sa.Table(
    "bare_message",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
    sa.Column("signature_id", sa.ForeignKey("bare_signature.id"), nullable=False, index=True),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("created_at", sa.DateTime(), nullable=False),
)


def page() -> Flask:
    """One view that returns the bytes of the campaign page, packed as the product sent them."""
    die_with_parent(signal.SIGKILL)
    app = Flask("bare")
    kept = json.loads(Path(os.environ["BENCH_PAGE"]).read_text())
    body, headers = bytes.fromhex(kept["body"]), kept["headers"]

    @app.get("/page")
    def view() -> Response:
        return Response(body, headers=headers)

    return app


class SignForm(Form):
    """The three fields that the campaign asks for."""

    name = StringField(validators=[InputRequired(), Length(max=120)])
    email = StringField(validators=[InputRequired(), Length(max=254), Email()])
    postal_code = StringField(validators=[InputRequired(), Length(max=20)])


def signing() -> Flask:
    """One view that checks the form, writes two rows and commits."""
    die_with_parent(signal.SIGKILL)
    app = Flask("bare")
    engine = open_database(os.environ["CLARION_DATABASE__URL"])

    @app.post("/sign")
    def view() -> tuple[str, int] | Response:
        form = SignForm(request.form)
        if not form.validate():
            return "no", 422
        moment = datetime.now(UTC).replace(tzinfo=None)
        row = {"name": form.name.data, "email": form.email.data, "postal_code": form.postal_code.data}
        with engine.begin() as connection:
            done = connection.execute(sa.insert(signature).values(**row, signed_at=moment))
            (id,) = done.inserted_primary_key
            connection.execute(sa.insert(message).values(signature_id=id, state="due", created_at=moment))
        return redirect("/thanks", 303)

    return app


def open_database(url: str) -> sa.Engine:
    """The database with the durability that the product has: an answer means it is on disk."""
    if url.startswith("sqlite"):
        engine = sa.create_engine(url, pool_size=16, connect_args={"timeout": 30})

        @event.listens_for(engine, "connect")
        def _durable(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                connection.cursor().execute(f"PRAGMA {pragma}")
    else:
        engine = sa.create_engine(url, pool_size=16, connect_args={"options": "-c synchronous_commit=on"})
    metadata.create_all(engine)
    return engine


def send(port: int, path: str, count: int) -> float:
    """Send one mail again and again over one connection, as fast as smtplib can; mails a second."""
    raw = Path(path).read_bytes()
    with smtplib.SMTP("127.0.0.1", port) as connection:
        started = time.monotonic()
        for number in range(count):
            connection.sendmail("petitions@bench.example", [f"signer-{number:07d}@readers.example"], raw)
        return count / (time.monotonic() - started)


if __name__ == "__main__":
    die_with_parent(signal.SIGTERM)
    sys.stdout.write(f"{send(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))}\n")
