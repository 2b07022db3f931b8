"""Commands for the database's schema: `db upgrade`, `db check`, `db downgrade`."""

from __future__ import annotations

import click

from .instance import BadInput, application


@click.group(name="db")
def database() -> None:
    """The database's schema."""


@database.command(name="upgrade")
def database_upgrade() -> None:
    """Bring the database to the newest schema."""
    from .. import migrations

    with application(upgrade=False):
        changed = migrations.upgrade()
        click.echo(f"The database is at {_where()}" + ("" if changed else ", as it was"))


@database.command(name="check")
def database_check() -> None:
    """Tell whether the database is at the newest schema; exit 1 if not."""
    from .. import migrations

    with application(upgrade=False):
        behind, where = migrations.behind(), _where()
    for plugin, current, head in behind:
        whose = f"The tables of the plugin {plugin} are" if plugin else "The database is"
        raise click.ClickException(f"{whose} at {current or 'nothing'}, not {head}. Run: clarion db upgrade")
    click.echo(f"The database is at {where}")


def _where() -> str:
    """At which step the database stands, and the tables of each plugin."""
    from .. import migrations
    from ..migrations.brought import brought

    return ", ".join([migrations.current(), *(f"{one.plugin} at {one.current}" for one in brought())])


@database.command(name="downgrade")
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Do it: what is only in the newer schema is lost.")
def database_downgrade(revision: str, *, yes: bool) -> None:
    """Take the schema back to an earlier step; without --yes only say what would be lost.

    It is for going back to a release that cannot work on the newer schema. Stop all processes and make a
    backup first. Each command that works on the database takes the step forward again, so change to the
    earlier release before you type another one.

    \b
    Examples:
      clarion db downgrade 0001          what would be lost
      clarion db downgrade 0001 --yes    do it
    """
    from .. import migrations

    with application(upgrade=False):
        current, known = migrations.current(), migrations.steps()
        if revision not in known:
            raise BadInput(f'There is no step "{revision}". Known here: {", ".join(known)}.')
        if current and current not in known:
            raise BadInput(f"The database is at {current}, which this release does not know. Use the newer release.")
        if current <= revision:
            raise BadInput(f"The database is at {current or 'nothing'}: {revision} is not a step back.")
        if not yes:
            _tell_losses(current, revision)
            raise BadInput("Nothing was changed. Stop all processes, make a backup, and add --yes.")
        migrations.downgrade(revision)
        click.echo(f"The database is at {migrations.current()}; it was at {current}")


def _tell_losses(current: str, revision: str) -> None:
    from sqlalchemy import func, select, table

    from .. import migrations
    from ..extensions import db

    tables, columns = migrations.losses(revision)
    click.echo(
        f"Going back from {current} to {revision} takes away for good" + ("" if tables or columns else " nothing")
    )
    for name in tables:
        rows = db.session.scalar(select(func.count()).select_from(table(name))) or 0
        click.echo(f"  table {name}, {rows:,} rows")
    for name in columns:
        click.echo(f"  column {name}")
