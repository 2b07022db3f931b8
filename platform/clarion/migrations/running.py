"""How Alembic is called: on a connection of ours, for one history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent


def config(connection: Connection, versions: Path | None = None, version_table: str = "alembic_version") -> Config:
    """Alembic's configuration for the core's history, or for that of the steps in another folder."""
    from alembic.config import Config  # noqa: PLC0415 - slow to import

    made = Config()
    made.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    if versions is not None:
        made.set_main_option("path_separator", "newline")
        made.set_main_option("version_locations", str(versions).replace("%", "%%"))
    made.attributes["connection"] = connection
    made.attributes["version_table"] = version_table
    return made


def to_head(connection: Connection, versions: Path | None = None, version_table: str = "alembic_version") -> None:
    """Take the steps of one history that are still to take."""
    from alembic import command  # noqa: PLC0415 - slow to import, and most starts need no step

    command.upgrade(config(connection, versions, version_table), "head")
