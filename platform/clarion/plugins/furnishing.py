"""What is found in a plugin's package by the name of its folder: templates and catalogs, read at the start."""

from __future__ import annotations

import sys
from collections import ChainMap
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2 import BaseLoader, Environment, FileSystemLoader, Template, TemplateSyntaxError, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from ..extensions import db
from ..hookspecs import Plugin
from ..settings import SettingsError
from ..vocabulary import EXTENSION, CatalogFault, Vocabulary, read_catalogs


class Templates(BaseLoader):
    """The core's templates under their own names, a plugin's under `<plugin>/…` and with its own words.

    A name with a plugin's before it is looked up there and nowhere else, any other never there: so no plugin can
    put a template in the place of the core's or of another plugin's.
    """

    def __init__(self, core: BaseLoader, own: Mapping[str, BaseLoader], words: Mapping[str, Vocabulary]) -> None:
        self._core, self._own, self._words = core, own, words

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        """The source, from its one place."""
        plugin, _, name = template.partition("/")
        if plugin in self._own:
            return self._own[plugin].get_source(environment, name)
        return self._core.get_source(environment, template)

    def load(self, environment: Environment, name: str, globals: MutableMapping[str, Any] | None = None) -> Template:
        """The template; `_()` in a plugin's speaks the words of its catalogs."""
        plugin = name.partition("/")[0]
        if plugin in self._words:
            globals = ChainMap(_speaking(self._words[plugin]), globals or {})
        return super().load(environment, name, globals)


def furnish(app: Flask, plugins: Mapping[str, Plugin]) -> None:
    """Make the templates and catalogs of plugins known to an application. Raises `SettingsError`."""
    folders = {name: folder for name, plugin in plugins.items() if (folder := _package_folder(plugin))}
    catalogs = {}
    core_words = Path(app.config["BABEL_TRANSLATION_DIRECTORIES"])
    for name, folder in folders.items():
        try:
            catalogs[_package(plugins[name])] = read_catalogs(folder / "translations", core_words)
        except CatalogFault as fault:
            raise SettingsError(f"plugins.{name}: {fault}.") from fault
    app.extensions[EXTENSION] = catalogs
    own = {
        name: FileSystemLoader(found) for name, folder in folders.items() if (found := _templates(app, name, folder))
    }
    words = {name: Vocabulary(_package(plugins[name])) for name in own}
    core = app.jinja_env.loader
    assert core is not None
    app.jinja_env.loader = Templates(core, own, words)
    for name, loader in own.items():
        _compile(app.jinja_env, name, loader)


def check_prefix(name: str) -> None:
    """Refuse tables that could be taken for the core's. Raises `SettingsError`."""
    if any(table.startswith(f"{name}_") for table in (*db.metadata.tables, "alembic_version_")):
        raise SettingsError(
            f"plugins.{name}: Clarion has tables that are named {name}_… itself; it needs another name."
        )


def _templates(app: Flask, name: str, folder: Path) -> Path | None:
    """The folder of a plugin's templates, if it has any."""
    found = folder / "templates"
    if not found.is_dir():
        return None
    if astray := sorted(path.name for path in found.iterdir() if path.name != name):
        words = f"its templates belong into {found.name}/{name}/, where {astray[0]} is not."
        raise SettingsError(f"plugins.{name}: {words}")
    if (Path(app.root_path) / "templates" / name).exists():
        raise SettingsError(f"plugins.{name}: Clarion has templates of this name itself; it needs another one.")
    return found / name


def _compile(environment: Environment, name: str, loader: FileSystemLoader) -> None:
    for template in loader.list_templates():
        try:
            environment.get_template(f"{name}/{template}")
        except TemplateSyntaxError as error:
            words = f"templates/{name}/{template}:{error.lineno}: {error.message}"
            raise SettingsError(f"plugins.{name}: {words}") from error
        except (OSError, ValueError) as error:
            raise SettingsError(f"plugins.{name}: templates/{name}/{template} cannot be read ({error}).") from error


def _package(plugin: Plugin) -> str:
    return type(plugin).__module__.partition(".")[0]


def _package_folder(plugin: Plugin) -> Path | None:
    """Where the package of a plugin lies; one that is a single module has no folder."""
    package = sys.modules.get(_package(plugin))
    file = getattr(package, "__file__", None)
    return Path(file).parent if file and hasattr(package, "__path__") else None


def _speaking(words: Vocabulary) -> dict[str, Any]:
    """What `_()` and `{% trans %}` call in a template."""

    @pass_context
    def gettext(context: Context, message: str, /, **values: Any) -> str:
        return _safe(context, words.gettext(message)) % values

    @pass_context
    def ngettext(context: Context, singular: str, plural: str, num: int, /, **values: Any) -> str:
        # a template may give the number as it is written, `num=number(count)`
        form = words.form(singular, plural, num)
        return _safe(context, form) % {"num": num, **values}

    return {"gettext": gettext, "ngettext": ngettext}


def _safe(context: Context, words: str) -> str:
    return Markup(words) if context.eval_ctx.autoescape else words  # noqa: S704 - a catalog's, as trusted as its template
