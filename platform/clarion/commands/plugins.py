"""Commands for plugins: `plugins` lists what is installed, `plugins new` makes one; and the commands they bring."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..settings import load_settings
from .instance import application, shown

if TYPE_CHECKING:
    from flask import Flask

    from ..hookspecs import Plugin
    from ..plugins.manager import Plugins


@click.group(invoke_without_command=True)
@click.pass_context
def plugins(context: click.Context) -> None:
    """List the plugins that are installed: what each brings, and which personal data it sees.

    \b
    Examples:
      clarion plugins
      clarion plugins new door-knocks      a new one in plugins/door_knocks, with a test
    """
    if context.invoked_subcommand is not None:
        return
    from ..plugins.loading import installed, plugin_class
    from ..settings import SettingsError

    known, settings = installed(), load_settings()
    app = _application()
    on: Plugins = app.extensions["clarion.plugins"]
    for name in sorted(known):
        point = known[name][0]
        version = point.dist.version if point.dist else "?"
        if name in settings.plugins:
            click.echo(f"{name} {version}, on")
        else:
            click.echo(f"{name} {version}, off: a table [plugins.{name}] in the settings switches it on")
        try:
            made = plugin_class(name, known)
        except SettingsError as error:
            click.echo(f"  cannot be used: {error}")
            continue
        for line in [*_told(name, made, on), *_tables(name, app)]:
            click.echo(f"  {line}")
    if not known:
        click.echo("No plugin is installed. Install one with pip, or make one: clarion plugins new NAME")


def _application() -> Flask:
    from ..app import create_app

    return create_app(load_settings())


def _tables(name: str, app: Flask) -> list[str]:
    """What a plugin has in the database, also after it was switched off."""
    from sqlalchemy.exc import SQLAlchemyError

    from ..extensions import db
    from ..migrations.brought import tables_of

    with app.app_context():
        try:
            found = tables_of(name)
        except SQLAlchemyError:
            return ["tables: the database does not answer"]
        finally:
            db.session.remove()
            db.engine.dispose()
    return [f"tables: {', '.join(found)}"] if found else []


def _told(name: str, made: type[Plugin], on: Plugins) -> list[str]:
    from ..plugins.loading import HOOKS

    hooks = [hook for hook in HOOKS if hasattr(made, hook)]
    lines = [
        f"{(made.__doc__ or '').strip().splitlines()[0]}" if made.__doc__ else "",
        f"hooks: {', '.join(hooks) or 'none'}",
        f"routes: {', '.join(route for route in on.routes.get(name, ()) if route.startswith('/hooks/')) or 'none'}",
        f"routes elsewhere: {', '.join(made.routes_elsewhere)}" if made.routes_elsewhere else "",
        f"page slots: {', '.join(made.page_slots)}" if made.page_slots else "",
        f"personal data: {made.personal_data}",
        f"settings: {', '.join(made.Settings.model_fields) or 'none'}",
    ]
    if made.CampaignSettings is not None:
        lines.append(f"settings of a campaign: {', '.join(made.CampaignSettings.model_fields)}")
    return [line for line in lines if line]


@plugins.command()
@click.argument("name")
@click.option("--folder", default="plugins", show_default=True, help="The folder in which it gets a folder.")
def new(name: str, folder: str) -> None:
    """Make a plugin that works, with a test.

    \b
    Example:
      clarion plugins new door-knocks
    """
    from ..plugins.scaffold import FolderExists, WrongName, new_plugin

    try:
        made = new_plugin(Path(folder), name)
    except WrongName as error:
        raise click.ClickException(str(error)) from error
    except FolderExists as error:
        raise click.ClickException(f"There is a folder {error} already. Nothing was changed.") from error
    click.echo("Made:")
    for path in made.files:
        click.echo(f"  {shown(path.resolve())}")
    click.echo("Next:")
    click.echo(f"  pip install -e {shown(made.folder.resolve())}")
    click.echo(f"  pytest {shown(made.folder.resolve())}")
    click.echo(f"  and switch it on in the settings: [plugins.{made.name}]")


def brought() -> Mapping[str, click.Command]:
    """The commands of the plugins that are on, by name. Raises `SettingsError`."""
    settings = load_settings()
    if not settings.plugins:
        return {}
    from ..plugins.manager import Plugins

    return {name: _inside(command) for name, command in Plugins(settings).commands().items()}


def _inside(command: click.Command) -> click.Command:
    """A plugin's command that finds the application and its database, as those of Clarion do."""
    run = command.invoke

    def invoke(context: click.Context) -> object:
        with application():
            return run(context)

    command.invoke = invoke  # type: ignore[assignment,method-assign]
    return command
