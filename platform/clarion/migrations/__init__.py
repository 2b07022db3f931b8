"""The schema's history: numbered steps, one head, each tried up and down on both databases."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from ..extensions import db

FOLDER = Path(__file__).parent


def head() -> str:
    """The number of the newest step, from its file name: cheap enough for every start."""
    return max(path.name.split("_", 1)[0] for path in (FOLDER / "versions").glob("[0-9]*_*.py"))


def current() -> str:
    """The number of the step the database stands at, or an empty string for a new one."""
    if not inspect(db.engine).has_table("alembic_version"):
        return ""
    with db.engine.connect() as connection:
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")) or "")


def upgrade() -> bool:
    """Bring the database to the newest step; `False` if it stood there already."""
    if current() >= head():
        # a newer release was here first; its schema serves this one too, as each step expands before it contracts
        return False
    from alembic import command  # noqa: PLC0415 - slow to import, and most starts need no step
    from alembic.config import Config  # noqa: PLC0415 - the same

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    with db.engine.connect() as connection, _alone(connection):
        if current() == head():
            return False
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
    return True


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Let one process change the schema while others that started at the same moment wait.

    PostgreSQL holds the lock for all machines. SQLite cannot wait in the middle of a change, so there
    the folder of the database is locked; that leaves no file behind.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_lock(724013)"))
        connection.commit()
        try:
            yield
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(724013)"))
            connection.commit()
    else:
        folder = os.open(Path(str(connection.engine.url.database)).parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)
