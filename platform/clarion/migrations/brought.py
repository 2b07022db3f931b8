"""Tables that plugins bring: each has a history of its own, beside the core's and in no way part of it.

A plugin's steps may touch tables named `<plugin>_…` and no others, so taking it away leaves its tables as they are and
the core as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import Connection, event, inspect, text

from ..extensions import db
from ..settings import SettingsError
from .running import to_head

_TOUCHES = re.compile(
    r"\s*(?:(?:CREATE|ALTER|DROP)\s+TABLE(?:\s+IF\s+(?:NOT\s+)?EXISTS)?|CREATE\s+(?:UNIQUE\s+)?INDEX\b.*?\bON"
    r'|INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)',
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Brought:
    """The history of one plugin's tables."""

    plugin: str
    folder: Path

    @property
    def version_table(self) -> str:
        """The table that says where it stands."""
        return version_table(self.plugin)

    @property
    def head(self) -> str:
        """The number of its newest step."""
        return max(path.name.split("_", 1)[0] for path in self.folder.glob("[0-9]*_*.py"))

    @property
    def current(self) -> str:
        """The number of the step at which its tables stand, or an empty text where there are none yet."""
        if not inspect(db.engine).has_table(self.version_table):
            return ""
        with db.engine.connect() as connection:
            found = connection.scalar(text(f"SELECT version_num FROM {self.version_table}"))  # noqa: S608 - a name
            return str(found or "")

    @property
    def is_behind(self) -> bool:
        """Whether there are steps to take; a newer release of the plugin may have been here first."""
        return self.current < self.head

    def upgrade(self, connection: Connection) -> None:
        """Take them, all or none. Raises `SettingsError`."""
        try:
            with self._own_tables_only(connection):
                to_head(connection, self.folder, self.version_table)
            connection.commit()
        except Exception as error:
            connection.rollback()
            reason = str(error.orig if hasattr(error, "orig") else error).strip().split("\n")[0][:200]
            raise SettingsError(f"plugins.{self.plugin}: its tables cannot be made ({reason}).") from error
        if self.is_behind:
            words = f'its step {self.head} calls itself "{self.current}"'
            raise SettingsError(f"plugins.{self.plugin}: {words}; the revision is the number of the file.")

    @contextmanager
    def _own_tables_only(self, connection: Connection) -> Iterator[None]:
        def look(_connection: object, _cursor: object, statement: str, *_: Any) -> None:
            found = _TOUCHES.match(statement)
            name = found[1].removeprefix("_alembic_tmp_") if found else ""
            if name and name != self.version_table and not name.startswith(f"{self.plugin}_"):
                raise ValueError(f"a step touches the table {name}; its own are named {self.plugin}_…")

        event.listen(connection, "before_cursor_execute", look)
        try:
            yield
        finally:
            event.remove(connection, "before_cursor_execute", look)


def version_table(plugin: str) -> str:
    """The table that says at which step a plugin's tables stand."""
    return f"alembic_version_{plugin}"


def brought() -> list[Brought]:
    """The histories of the plugins that are on."""
    plugins = current_app.extensions["clarion.plugins"]
    return [Brought(name, folder) for name, folder in plugins.histories.items()]


def tables_of(plugin: str) -> list[str]:
    """The tables of a plugin that are in the database, whether it is on or not."""
    there = inspect(db.engine).get_table_names()
    if version_table(plugin) not in there:
        return []
    return sorted(name for name in there if name.startswith(f"{plugin}_"))
