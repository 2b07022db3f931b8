"""Endpoints for what no campaign has are told when folders are checked and by the doctor: nothing else would tell."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from clarion.cli import main
from clarion.testing import Instance

from .conftest import SECRET

READERS: dict[str, Any] = {"url": "https://hooks.readers.example/in", "organisation": "readers"}


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ({"organisation": "readers"}, None),
        ({"organisation": "readers", "campaigns": ["library"]}, None),
        ({"organisation": "raeders"}, 'No campaign has an organisation "raeders". Did you mean "readers"?'),
        (
            {"organisation": "readers", "campaigns": ["libary"]},
            'There is no campaign "libary". Did you mean "library"?',
        ),
        (
            {"organisation": "zoo", "campaigns": ["library"]},
            'The campaign "library" has no organisation "zoo". Known here: readers, writers.',
        ),
    ],
)
def test_what_no_campaign_has_is_told_when_folders_are_checked_and_by_the_doctor(
    endpoint: dict[str, Any], words: str | None, instance: Instance, monkeypatch
) -> None:
    monkeypatch.chdir(instance.home)
    monkeypatch.setenv("CLARION_CONFIG", "own.toml")
    monkeypatch.setenv("SECRET", SECRET)
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in {**READERS, **endpoint}.items())
    table = "[plugins.webhooks.endpoints.crm]\nsecret = { env = 'SECRET' }\n"
    (instance.home / "own.toml").write_text(table + lines)

    def said(*command: str) -> list[str]:
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 0, done.output
        return [line for line in done.output.splitlines() if "plugins." in line]

    said("db", "upgrade")
    expected = f"plugins.webhooks: endpoints.crm: {words}"
    assert said("check") == ([f"warning: {expected}"] if words else [])
    assert said("check", "library") == [], "whether it is elsewhere is not known"
    assert said("doctor") == ([f"look   {expected}"] if words else [])


def test_where_no_campaign_is_known_yet_nothing_is_told(make_instance) -> None:
    instance = make_instance(plugins={"webhooks": {"endpoints": {"readers": {**READERS, "secret": SECRET}}}})
    assert instance.app.extensions["clarion.plugins"].site_warnings([]) == []
