"""Tables that plugins bring: each has a history of its own, beside the core's and in no way part of it.

A plugin's steps may touch tables named `<plugin>_…` and no others, so taking it away leaves its tables as they are and
the core as it was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from flask import current_app
from sqlalchemy import Connection, Inspector, inspect, text

from ..extensions import db
from ..settings import SettingsError
from .running import to_head
from .touched import touched


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
            with connection.begin():
                with touched(connection) as names:
                    to_head(connection, self.folder, self.version_table)
                self._check_own(inspect(connection), names)
        except Exception as error:
            reason = str(error.orig if hasattr(error, "orig") else error).strip().split("\n")[0][:200]
            raise SettingsError(f"plugins.{self.plugin}: its tables cannot be made ({reason}).") from error
        if self.is_behind:
            words = f'its step {self.head} calls itself "{self.current}"'
            raise SettingsError(f"plugins.{self.plugin}: {words}; the revision is the number of the file.")

    def _check_own(self, there: Inspector, names: set[str]) -> None:
        """Refuse steps that changed another's table or lead to one, as a foreign key would hold its rows.

        It is there for mistakes: who means harm finds a way. Raises `ValueError`.
        """
        tables = there.get_table_names()
        known = _histories(tables)
        mine = _owned(self.plugin, {*names, *tables}, known) | {self.version_table}
        led_to = {key["referred_table"] for one in mine.intersection(tables) for key in there.get_foreign_keys(one)}
        # SQLite changes a table by making another, which takes its place
        others = {name for name in names | led_to if name.removeprefix("_alembic_tmp_") not in mine}
        if others:
            raise ValueError(f"a step touches {', '.join(sorted(others))}: its own tables are named {self.plugin}_…")


def version_table(plugin: str) -> str:
    """The table that says at which step a plugin's tables stand."""
    return f"alembic_version_{plugin}"


def brought() -> list[Brought]:
    """The histories of the plugins that are on."""
    plugins = current_app.extensions["clarion.plugins"]
    return [Brought(name, folder) for name, folder in plugins.histories.items()]


def _histories(tables: Iterable[str]) -> set[str]:
    """The plugins that may have tables: those that are on, and those that were."""
    prefix = version_table("")
    were = {name.removeprefix(prefix) for name in tables if name.startswith(prefix)}
    return were | {one.plugin for one in brought()}


def _owned(plugin: str, tables: Iterable[str], known: Collection[str]) -> set[str]:
    """Those that are a plugin's: of `mail` and `mail_x` the one with the longer name has `mail_x_letters`."""
    begins = {table: [name for name in known if table.startswith(f"{name}_")] for table in tables}
    return {table for table, names in begins.items() if max(names, key=len, default="") == plugin}


def tables_of(plugin: str) -> list[str]:
    """The tables of a plugin that are in the database, whether it is on or not."""
    there = inspect(db.engine).get_table_names()
    return sorted(_owned(plugin, there, _histories(there))) if version_table(plugin) in there else []
