"""What the command and the settings say."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from clarion.campaigns.live import live_campaigns
from clarion.cli import main
from clarion.settings import SettingsError

from .crowd import add_crowd, make, send, settings, signed
from .stub import KEY, Stub


def test_groups_for_what_no_campaign_has_are_told(make_instance, make_folder, stub: Stub) -> None:
    petition = {"libary": "d91b4b2e-ae0e-4cd3-9ed7-d0ec501b0bc3"}
    instance, _ = make(make_instance, make_folder(), stub, petitions=petition)
    with instance.context():
        campaigns = [live.campaign for live in live_campaigns().all()]
        told = instance.app.extensions["clarion.plugins"].site_warnings(campaigns)
    assert told == ['plugins.actionnetwork: groups.readers: There is no campaign "libary". Did you mean "library"?']


def test_the_commands(make_instance, make_folder, stub: Stub, monkeypatch) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    signed(instance, "Ana", consent_readers_email="y")
    send(instance, courier)
    monkeypatch.chdir(instance.home)
    monkeypatch.setenv("READERS_KEY", KEY)
    monkeypatch.setenv("CLARION_CONFIG", "own.toml")
    (instance.home / "own.toml").write_text(
        f'[plugins.actionnetwork.groups.readers]\norganisation = "readers"\nurl = "{stub.url}"\n'
        'key = { env = "READERS_KEY" }\ncalls_a_second = 200\ncampaigns = ["library"]\n'
    )
    said_all: list[str] = []

    def said(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["actionnetwork", *words])
        said_all.append(done.output)
        return done.exit_code, done.output

    code, told = said()
    assert code == 0
    assert told.startswith("readers  for readers: 1 there, 0 waiting, 0 failed; last 200 at ")
    assert said("--check") == (0, "readers: 127.0.0.1 takes the key\n")
    add_crowd(instance, 3)
    assert said("backfill", "readers") == (0, "4 looked at, 3 of them new\n")
    assert said("backfill", "readers", "--campaign", "parks")[0] == 2
    assert "3 waiting, the oldest for" in said()[1]
    stub.keys.clear()
    code, told = said("--check")
    assert (code, "its key is refused" in told, "(403)" in told) == (1, True, True)
    courier.desk.clock.go(minutes=1)
    send(instance, courier)
    assert "stopped: its key is refused" in said()[1]
    stub.keys.add(KEY)
    assert said("retry", "readers") == (0, "0 are tried again by a worker\n")
    assert "stopped" not in said()[1]
    assert said("retry", "reeders")[0] == 2
    assert KEY not in "".join(said_all)
    assert "readers.example" not in "".join(said_all)


WRONG = {
    "no key": ({"key": ""}, "this is no API key"),
    "key with a space": ({"key": "two words of a key"}, "this is no API key"),
    "http": ({"url": "http://actionnetwork.org/api/v2"}, "https://"),
    "user": ({"url": "https://me:secret@actionnetwork.org/api/v2"}, "write it as"),
    "no address": ({"url": "actionnetwork"}, "write it as"),
    "port": ({"url": "https://actionnetwork.org:x/api"}, "write it as"),
    "petition": ({"petitions": {"library": "12"}}, "a petition's id looks like"),
    "petition of another": ({"campaigns": ["parks"]}, "not among the campaigns"),
    "too fast": ({"url": "https://actionnetwork.org/api/v2"}, "4 calls a second at most"),
    "tag": ({"tags": [" "]}, "a tag has"),
    "unknown": ({"petition": "x"}, "petition"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_settings_stop_the_start(what: str, make_instance, stub: Stub) -> None:
    more, told = WRONG[what]
    with pytest.raises(SettingsError) as stopped:
        make_instance(plugins={"actionnetwork": {"groups": {"readers": settings(stub, **more)}}})
    assert told in str(stopped.value)
    assert KEY not in str(stopped.value)
    assert "secret" not in str(stopped.value)


def test_two_organisations_cannot_share_a_key_and_names_are_plain(make_instance, stub: Stub) -> None:
    groups: dict[str, Any] = {"readers": settings(stub), "writers": settings(stub, organisation="writers")}
    with pytest.raises(SettingsError, match="key of another organisation"):
        make_instance(plugins={"actionnetwork": {"groups": groups}})
    with pytest.raises(SettingsError, match="no name of a group"):
        make_instance(plugins={"actionnetwork": {"groups": {"Our Readers": settings(stub)}}})


def test_no_group_is_said(make_instance, monkeypatch) -> None:
    instance = make_instance(plugins={"actionnetwork": {}})
    monkeypatch.chdir(instance.home)
    monkeypatch.setenv("CLARION_CONFIG", "own.toml")
    (instance.home / "own.toml").write_text("[plugins.actionnetwork]\n")
    done = CliRunner().invoke(main, ["actionnetwork"])
    assert done.output == "No group is set up. Name one in the settings: [plugins.actionnetwork.groups.NAME]\n"
