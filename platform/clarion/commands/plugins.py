"""Commands for plugins: `plugins` lists what is installed, `plugins new` makes one; and the commands they bring."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..settings import load_settings
from .instance import application, shown

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from flask import Flask

    from ..hookspecs import Plugin


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
    from ..plugins.loading import installed

    known, (named, app, faults) = installed(), _tried()
    general = faults.pop("", "")
    for name in sorted({*known, *faults}):
        dist = known[name][0].dist if name in known else None
        called = f"{name} {dist.version if dist else '?'}" if name in known else name
        if name in faults:
            click.echo(f"{called}, CANNOT BE USED:")
        elif name in named:
            click.echo(f"{called}, on")
        else:
            click.echo(f"{called}, off: a table [plugins.{name}] in the settings switches it on")
        for line in dict.fromkeys([*faults.get(name, "").splitlines(), *_lines(name, known, app)]):
            click.echo(f"  {line}")
    if not known:
        click.echo("No plugin is installed. Install one with pip, or make one: clarion plugins new NAME")
    if faults:
        raise click.ClickException("The site does not start: mend what is marked above.")
    if general:
        raise click.ClickException(general)


def _tried() -> tuple[Collection[str], Flask | None, dict[str, str]]:
    """The plugins that the settings name, the application with those that are right, and the faults of the others.

    A fault of none of them stands under an empty name; then there is no application.
    """
    from ..app import create_app
    from ..settings import SettingsError

    named: Collection[str] = ()
    faults: dict[str, str] = {}
    while True:
        try:
            settings = load_settings(without=faults)
            named = settings.plugins
            return named, create_app(settings), faults
        except SettingsError as error:
            about = re.match(r"plugins\b(?:\.(\w+))?", str(error))
            if about is None or about[1] in faults:
                raise
            faults[about[1] or ""] = str(error)
            if about[1] is None:
                return named, None, faults


def _lines(name: str, known: Mapping[str, Sequence[EntryPoint]], app: Flask | None) -> list[str]:
    """What can be told of an installed plugin, on or off."""
    from ..plugins.loading import plugin_class
    from ..settings import SettingsError

    if name not in known:
        return []
    try:
        made = plugin_class(name, known)
    except SettingsError as error:
        return str(error).splitlines()
    return [*_told(name, made, app), *(_tables(name, app) if app else ())]


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


def _told(name: str, made: type[Plugin], app: Flask | None) -> list[str]:
    from ..plugins.loading import HOOKS

    routes = app.extensions["clarion.plugins"].routes if app else {}
    hooks = [hook for hook in HOOKS if hasattr(made, hook)]
    lines = [
        (made.__doc__ or "").strip().partition("\n")[0],
        f"hooks: {', '.join(hooks) or 'none'}",
        f"routes: {', '.join(route for route in routes[name] if route.startswith('/hooks/')) or 'none'}"
        if name in routes
        else "",
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
    from ..plugins.scaffold import FolderExists, NameTaken, WrongName, new_plugin

    try:
        made = new_plugin(Path(folder), name)
    except (WrongName, NameTaken) as error:
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


def brought() -> tuple[Mapping[str, click.Command], Sequence[str]]:
    """The commands of the plugins that are on, by name, and what is wrong where some cannot be had."""
    from ..settings import SettingsError

    try:
        settings = load_settings()
        if not settings.plugins:
            return {}, ()
        from ..plugins.manager import Plugins

        commands, faults = Plugins(settings).commands()
    except SettingsError as error:
        # help must be had with settings that are wrong
        return {}, str(error).splitlines()
    return {name: _inside(command) for name, command in commands.items()}, faults


def _inside(command: click.Command) -> click.Command:
    """A plugin's command that finds the application and its database, as those of Clarion do."""
    run = command.invoke

    def invoke(context: click.Context) -> object:
        with application():
            return run(context)

    command.invoke = invoke  # type: ignore[assignment,method-assign]
    return command
