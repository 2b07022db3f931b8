"""A new plugin's folder: small, working, tested, and ready to be changed."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from pathlib import Path

from ..hookspecs import API_VERSION
from .loading import installed

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")

SHIPPED = ("actionnetwork", "email", "embeds", "sms", "webhooks")
"""What comes with Clarion, installed or not."""


class WrongName(ValueError):
    """A plugin cannot have this name."""


class NameTaken(ValueError):
    """Another plugin has this name."""


class FolderExists(Exception):
    """There is a folder already; its path."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new plugin."""

    name: str
    folder: Path
    files: tuple[Path, ...]


def new_plugin(root: Path, name: str) -> Made:
    """Write the folder of a plugin below `root`. Raises `WrongName`, `NameTaken` or `FolderExists`."""
    name = name.replace("-", "_")
    if not NAME.fullmatch(name) or len(name) > 40:
        raise WrongName("Name it with small letters, digits and hyphens, such as door-knocks.")
    if keyword.iskeyword(_class_name(name)) or keyword.iskeyword(name):
        raise WrongName(f"{name} is a word of Python's own. Name it otherwise, such as door-knocks.")
    if name in installed():
        raise NameTaken(f"A plugin {name} is installed: switch it on with [plugins.{name}], or choose another name.")
    if name in SHIPPED:
        raise NameTaken(f"A plugin {name} comes with Clarion: install that one, or choose another name.")
    folder = root / name
    if folder.exists():
        raise FolderExists(folder)
    known = {"name": name, "title": name.replace("_", " "), "class": _class_name(name), "api": str(API_VERSION)}
    files = []
    for path, content in _FILES.items():
        file = folder / _filled(path, known)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_filled(content, known), "utf-8")
        files.append(file)
    return Made(name, folder, tuple(files))


def _class_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _filled(text: str, known: dict[str, str]) -> str:
    return re.sub(r"<(\w+)>", lambda found: known.get(found[1], found[0]), text)


_PYPROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "clarion-<name>"
version = "0.1.0"
description = "Plugin <title> of Clarion"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["clarion"]

[project.entry-points.clarion]
<name> = "clarion_<name>:<class>"

[tool.hatch.build]
dev-mode-exact = true # only the package can be imported from an editable install, never its tests

[tool.hatch.build.targets.wheel]
packages = ["clarion_<name>"]

[tool.pytest.ini_options]
addopts = ["--import-mode=importlib", "-p", "clarion.testing"]
"""

_README = """\
# clarion-<name>

Say in a sentence what it is for. It is switched on by a table in the settings:

    [plugins.<name>]
    greeting = "Hello"
"""

_PLUGIN = '''\
"""Plugin <title>: say here what it does, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from clarion.api import Figure, Plugin, PluginSettings, access, hookimpl, translations
from flask import Blueprint

_ = translations(__name__).gettext


class Settings(PluginSettings):
    """The table `[plugins.<name>]`."""

    greeting: str = "Hello"
    """What the page says."""


class <class>(Plugin):
    """Answers at `/hooks/<name>/`, which each petition links to, and counts how often."""

    api: ClassVar[int] = <api>
    Settings: ClassVar[type[PluginSettings]] = Settings
    page_slots: ClassVar[tuple[str, ...]] = ("campaign.footer",)
    personal_data: ClassVar[str] = "none"
    settings: Settings
    answered = 0

    @hookimpl
    def blueprints(self) -> Iterable[Blueprint]:
        """The one page."""
        pages = Blueprint("pages", __name__)

        @pages.get("/")
        @access("public")
        def greet() -> str:
            self.answered += 1
            return self.settings.greeting

        return [pages]

    @hookimpl
    def page_slot(self) -> str:
        """The link at the foot of each petition, in its language."""
        return f'<p><a href="/hooks/<name>/">{_("A word from <title>")}</a></p>'

    @hookimpl
    def figures(self) -> Iterable[Figure]:
        """How often the page was asked for."""
        return [Figure("answered", "Times that the page was asked for.", self.answered)]
'''

_SPANISH = """\
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "A word from <title>"
msgstr "Unas palabras de <title>"
"""

_TEST = '''\
"""What <title> promises."""

from __future__ import annotations


def test_it_answers_and_counts(make_instance) -> None:
    instance = make_instance(plugins={"<name>": {"greeting": "Good day"}})
    assert instance.client.get("/hooks/<name>/").get_data(as_text=True) == "Good day"
    assert "clarion_<name>_answered 1.0" in instance.client.get("/metrics").get_data(as_text=True)


def test_each_petition_links_to_it_in_its_language(make_instance, make_folder) -> None:
    instance = make_instance(plugins={"<name>": {}})
    instance.publish(make_folder())
    assert "A word from <title></a>" in instance.client.get("/library/en").get_data(as_text=True)
    assert "Unas palabras de <title></a>" in instance.client.get("/library/es").get_data(as_text=True)


def test_it_changes_no_signing_result(make_instance, make_folder) -> None:
    instance = make_instance(plugins={"<name>": {}})
    instance.publish(make_folder())
    assert instance.sign("library").status_code == 303
'''

_FILES = {
    "pyproject.toml": _PYPROJECT,
    "README.md": _README,
    "clarion_<name>/__init__.py": _PLUGIN,
    "clarion_<name>/translations/es/LC_MESSAGES/messages.po": _SPANISH,
    "tests/test_<name>.py": _TEST,
}
