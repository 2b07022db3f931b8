"""The file of defaults is the reference of all settings: complete, explained, and free of secrets."""

import re
import tomllib

import pytest
from pydantic import BaseModel

from clarion.settings import Settings, default_settings_path

SOURCE = default_settings_path().read_text("utf-8")
TABLES = tomllib.loads(SOURCE)
PLUGINS = TABLES.pop("plugins")


def sections() -> dict[str, type[BaseModel]]:
    """The sections of the settings, by name."""
    found = {}
    for name, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found[name] = field.annotation
    return found


def test_no_plugin_is_on_by_default() -> None:
    """So one whose folder is taken away leaves nothing behind."""
    assert PLUGINS == {}


def test_every_setting_has_a_default_and_no_other_is_there() -> None:
    assert {name: set(table) for name, table in TABLES.items()} == {
        name: set(section.model_fields) for name, section in sections().items()
    }


@pytest.mark.parametrize(("section", "key"), [(section, key) for section, table in TABLES.items() for key in table])
def test_every_setting_is_explained(section: str, key: str) -> None:
    body = SOURCE.split(f"\n[{section}]\n")[1].split("\n[")[0]
    (line,) = (line for line in body.splitlines() if re.match(rf"{key}\s*=", line))
    _, _, comment = line.partition("  # ")
    assert len(comment.split()) >= 3


def test_no_default_is_a_secret() -> None:
    for name, section in sections().items():
        for key, field in section.model_fields.items():
            if "Secret" in str(field.annotation):
                assert "@" not in str(TABLES[name][key])


def test_every_section_says_what_it_is_for() -> None:
    assert all(section.__doc__ for section in sections().values())
