"""The database and Babel as bare objects, so that every floor can import them without a circle."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from flask import Flask
from flask_babel import Babel
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Engine, Integer, MetaData, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import DeclarativeBase, Session, scoped_session
from sqlalchemy.types import TypeDecorator

from .patience import Patience, bound
from .settings import SettingsError

BigId = BigInteger().with_variant(Integer, "sqlite")
"""A key that counts itself: SQLite does that for its INTEGER only."""

NEVER_REUSED = {"sqlite_autoincrement": True}
"""Table arguments: SQLite would give the number of an erased signature to the next person."""


SQLITE_CACHE = 16 * 1024
"""KiB of pages that a connection may keep: blind indexes come in no order, so each signature touches pages anywhere."""

SQLITE_PATIENCE = 10
"""Seconds for which one who wants to write waits for the others."""

AWAY: tuple[type[Exception], ...] = (OperationalError, InterfaceError, PoolTimeoutError)
"""What is raised when the database does not answer, or has no connection left for us in time."""

CONNECTIONS = 20
"""Connections that a process opens at most, but for a worker whose threads need more: few ask at the same moment, as
signers share one, and a server takes a hundred as it comes."""


def own_metadata() -> MetaData:
    """What a base of models needs: its tables are known apart from all others, and constraints have names.

    With names migrations can change them. A plugin's base takes one of its own, so that nobody takes its tables for
    Clarion's: `class Base(DeclarativeBase): metadata = own_metadata()`.
    """
    return MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Base(DeclarativeBase):
    """The base of all models of the core."""

    metadata = own_metadata()


class Moment(TypeDecorator[datetime]):
    """A moment in UTC: aware in Python, stored without an offset, equal on both databases."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Take aware moments only: a naive one would be a guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment its UTC back."""
        return None if value is None else value.replace(tzinfo=UTC)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
babel = Babel()

Transaction = scoped_session[Session]
"""The session of a write, as `transaction` hands it out."""


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def this_minute() -> datetime:
    """This moment to the minute: all that is kept of when a person did something."""
    return now().replace(second=0, microsecond=0)


@contextmanager
def transaction(*, durable: bool = True) -> Iterator[Transaction]:
    """One write: all of it on disk when the block ends, or nothing (rule 2).

    On SQLite it takes the writer's place at once; a transaction that starts by reading and wants
    to write later can be refused in the middle.

    Without `durable` PostgreSQL answers before its disk does. That is for what nothing rests on before a durable
    transaction has followed: PostgreSQL writes its log in order, so what is on disk has all before it there too.
    """
    session: Transaction = db.session  # type: ignore[assignment]  # Flask-SQLAlchemy narrows the session's class
    session.rollback()
    session.connection(execution_options={"clarion_writes": True, "clarion_durable": durable})
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


@contextmanager
def writing(*, durable: bool = True) -> Iterator[Connection]:
    """One write on a connection of its own, for the few hot paths where a session would cost more than the rows."""
    options = {"clarion_writes": True, "clarion_durable": durable}
    with db.engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def insert_if_new(model: type[DeclarativeBase]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that does nothing where a unique key is taken, in the words of either database (rule 4)."""
    table = cast(Table, model.__table__)
    if db.engine.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def init_database(app: Flask, url: str, patience: Patience, senders: int = 0) -> None:
    """Bind the database to the app, with the durability that rule 2 rests on and an end to every wait.

    Each of a worker's `senders` reads over a connection of its own; beside them there are the book and the chores.
    """
    if url.startswith("sqlite:///"):
        folder = Path(url.removeprefix("sqlite:///")).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"database.url: the folder {folder} cannot be made: {error.strerror}.") from error
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = _engine_options(url, patience, max(CONNECTIONS, senders + 4))
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _prepare_sqlite(db.engine)
        else:
            bound(db.engine, patience)
            _prepare_postgres(db.engine)


def _engine_options(url: str, patience: Patience, connections: int) -> dict[str, Any]:
    if url.startswith("sqlite"):
        # the connection given back last is taken first: one connection then does most of the writing, and the
        # pages it keeps stay true, which they do not once another has written
        return {
            "connect_args": {"timeout": SQLITE_PATIENCE},
            "pool_size": 4,
            "max_overflow": 28,
            "pool_use_lifo": True,
            "hide_parameters": True,
        }
    return {
        "hide_parameters": True,
        "pool_pre_ping": True,
        "pool_size": connections,
        "max_overflow": 0,
        "pool_timeout": patience.connection,
        "pool_use_lifo": True,
        "connect_args": {
            "connect_timeout": patience.connection,
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "options": "-c synchronous_commit=on -c timezone=UTC" + patience.server_options,
        },
    }


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        _write_ahead(connection)
        for pragma in (
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            f"busy_timeout={1000 * SQLITE_PATIENCE}",
            f"cache_size=-{SQLITE_CACHE}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("clarion_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgres(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        if not connection.get_execution_options().get("clarion_durable", True):
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")


def _write_ahead(connection: Any) -> None:
    """Turn the write-ahead log on; where several begin with a new file at once, SQLite refuses all but one, unasked."""
    until = time.monotonic() + SQLITE_PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return
