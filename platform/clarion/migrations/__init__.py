"""The schema's history: numbered steps, one head, each tried up and down on both databases."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect, text

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
    """Bring the database to the newest step; `False` if it stood there already.

    On PostgreSQL an advisory lock lets one machine do it while the others wait.
    """
    if current() == head():
        return False
    from alembic import command  # noqa: PLC0415 - slow to import, and most starts need no step
    from alembic.config import Config  # noqa: PLC0415 - the same

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_lock(724013)"))
            connection.commit()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
            connection.commit()
        finally:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_unlock(724013)"))
                connection.commit()
    return True
