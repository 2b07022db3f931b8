"""The schema's history: numbered steps, one head, each tried up and down on both databases."""

from __future__ import annotations

import fcntl
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from ..extensions import db
from .brought import brought
from .running import FOLDER, config, to_head


def steps() -> list[str]:
    """The numbers of all steps, the oldest first, from their file names: cheap enough for every start."""
    return sorted(path.name.split("_", 1)[0] for path in (FOLDER / "versions").glob("[0-9]*_*.py"))


def head() -> str:
    """The number of the newest step."""
    return steps()[-1]


def current() -> str:
    """The number of the step the database stands at, or an empty string for a new one."""
    if not inspect(db.engine).has_table("alembic_version"):
        return ""
    with db.engine.connect() as connection:
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")) or "")


def behind() -> list[tuple[str, str, str]]:
    """What is not at its newest step: whose it is, empty for the core, where it stands, and where it should."""
    # where a newer release was first, its schema serves this one too, as each step expands before it contracts
    core = [("", current(), head())]
    found = core + [(one.plugin, one.current, one.head) for one in brought()]
    return [(whose, stands, newest) for whose, stands, newest in found if stands < newest]


def upgrade() -> bool:
    """Bring the database to the newest step, then plugins' tables to theirs; `False` if all stood there already.

    Raises `SettingsError` if a plugin's tables cannot be made; the core's are there then.
    """
    if not behind():
        return False
    with db.engine.connect() as connection, _alone(connection):
        if not behind():
            return False
        if current() < head():
            to_head(connection)
            connection.commit()
        for one in brought():
            if one.is_behind:
                one.upgrade(connection)
    return True


def downgrade(revision: str) -> bool:
    """Take the database back to an earlier step; `False` if it does not stand at a later one by now."""
    from alembic import command  # noqa: PLC0415 - slow to import

    with db.engine.connect() as connection, _alone(connection):
        if current() <= revision:
            return False
        command.downgrade(config(connection), revision)
        connection.commit()
    return True


def losses(revision: str) -> tuple[list[str], list[str]]:
    """The tables, and the columns of others as `message.priority`, that going back to a step takes away.

    The steps are not done but written down as SQL, in PostgreSQL's words: there no step needs to look at a
    table first.
    """
    from alembic.operations import Operations  # noqa: PLC0415 - slow to import
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415 - the same
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - the same

    written = io.StringIO()
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": written})
    with Operations.context(context):
        for step in ScriptDirectory(str(FOLDER)).iterate_revisions(current(), revision):
            step.module.downgrade()
    tables = re.findall(r'^DROP TABLE "?(\w+)', written.getvalue(), re.MULTILINE)
    columns = re.findall(r'^ALTER TABLE "?(\w+)"? DROP COLUMN "?(\w+)', written.getvalue(), re.MULTILINE)
    return tables, [f"{table}.{column}" for table, column in columns if table not in tables]


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
