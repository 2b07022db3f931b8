"""What operators copy is true: settings load, commands, figures and settings that are named exist."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest

from clarion.cli import main
from clarion.plugins.manager import Plugins
from clarion.settings import Settings, SettingsError, default_settings_path, load_settings
from clarion.testing import Instance

ROOT = Path(__file__).parents[2]
PRODUCTION = ROOT / "config" / "production.toml"
DEPLOY = ROOT / "config" / "deploy"
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")
PAGES = [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")]
PAGES += sorted((ROOT / "docs").glob("*.md"))
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
UNITS = [path for path in FILES if path.suffix == ".service"]

ENVIRONMENT = {
    "DATABASE_URL": "postgresql+psycopg://clarion:made-up@127.0.0.1/clarion",
    "BROKER_URL": "redis://127.0.0.1:6379/0",
    "SMTP_PASSWORD": "made-up",
}


def flat(table: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Each setting by its whole name; a reference to a secret is one value."""
    for name, value in table.items():
        if isinstance(value, dict) and not {"env", "file"} >= set(value):
            yield from flat(value, f"{path}{name}.")
        else:
            yield path + name, value


def settings_in(path: Path) -> dict[str, Any]:
    return dict(flat(tomllib.loads(path.read_text("utf-8"))))


def load_production(environ: dict[str, str]) -> Settings:
    return load_settings({"CLARION_CONFIG": str(PRODUCTION), "CLARION_HOME": "/var/lib/clarion", **environ})


def test_the_production_file_loads_with_the_environment_that_it_asks_for() -> None:
    settings = load_production(ENVIRONMENT)
    assert settings.site.production
    assert settings.site.base_url.startswith("https://")
    assert settings.site.trusted_proxies, "else all visitors look like one network"
    assert settings.database.url.get_secret_value() == ENVIRONMENT["DATABASE_URL"]
    assert not settings.broker.in_process
    assert not settings.plugins["email"]["url"].startswith("file:")
    assert settings.keyring.folder == Path("/var/lib/clarion/keyring")


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_a_variable_that_is_missing_is_named(name: str) -> None:
    environ = {key: value for key, value in ENVIRONMENT.items() if key != name}
    with pytest.raises(SettingsError, match=name):
        load_production(environ)


def test_the_production_file_holds_only_what_differs_and_no_secret() -> None:
    defaults, changed = settings_in(default_settings_path()), settings_in(PRODUCTION)
    own = {name: value for name, value in changed.items() if not name.startswith("plugins.")}
    assert [name for name in own if name not in defaults or changed[name] == defaults[name]] == []
    secret = ("database.url", "broker.url", "plugins.email.password")
    assert [name for name in secret if not isinstance(changed[name], dict)] == []


def test_the_example_of_an_environment_is_the_one_that_is_asked_for() -> None:
    example = (DEPLOY / "environment.example").read_text("utf-8")
    given = dict(re.findall(r"^([A-Z_]+)='(.*)'$", example, re.MULTILINE))
    asked = {value["env"] for value in settings_in(PRODUCTION).values() if isinstance(value, dict)}
    assert set(given) == asked == set(ENVIRONMENT)
    assert load_production(given)


def commands_in(path: Path) -> Iterator[str]:
    """What a page tells its readers to type, from `clarion` on."""
    text = path.read_text("utf-8")
    if path in FILES:
        yield from re.findall(r"^ExecStart=\S+/clarion (.+)$", text, re.MULTILINE)
        yield from (words.replace(",", " ") for words in re.findall(r"^ *command: \[([a-z, ]+)\]$", text, re.MULTILINE))
        yield from re.findall(r"run --rm command ([a-z].*)$", text, re.MULTILINE)
    else:
        yield from re.findall(r"`clarion\s+([a-z-][^`]*)`", text)
        yield from re.findall(r"^ {4,}(?:\S*/)?clarion ([a-z-].*)$", text, re.MULTILINE)


@pytest.mark.parametrize("path", [*PAGES, *FILES], ids=lambda path: path.name)
def test_every_command_that_is_named_exists(path: Path) -> None:
    assert [words for words in commands_in(path) if not exists(words.split())] == []


def exists(words: list[str]) -> bool:
    """Whether these words are a command with its options; arguments are the reader's own."""
    command: click.Command = main
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.commands.get(words[0]) or (brought().get(words[0]) if command is main else None)
        if found is None:
            return False
        command, words = found, words[1:]
    known = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}
    return all(word.partition("=")[0] in known for word in words if word.startswith("-"))


@cache
def brought() -> dict[str, click.Command]:
    """The commands that the plugins of this repository bring where they are switched on."""
    plugins: dict[str, Any] = {"actionnetwork": {}, "embeds": {}, "sms": {}, "webhooks": {}}
    found, faults = Plugins(load_settings({}, plugins=plugins)).commands()
    assert faults == []
    return found


def test_the_command_test_can_fail() -> None:
    assert exists(["held", "a-slug", "--release"])
    assert exists(["embeds", "a-slug", "--partner"])
    assert exists(["actionnetwork", "--check"])
    assert not exists(["webhooks", "send"])
    assert not exists(["hold", "a-slug"])
    assert not exists(["held", "a-slug", "--let-go"])


def test_every_setting_that_the_guide_names_exists() -> None:
    known = set(settings_in(default_settings_path())) | set(settings_in(PRODUCTION))
    sections = {name.split(".")[0] for name in known}
    named = {f"{s}.{k}" for s, k in re.findall(r"`([a-z]+)\.([a-z_.]+)`", OPERATIONS) if s in sections} - {"web.key"}
    assert len(named) > 20
    assert named <= known


@pytest.mark.parametrize("path", [*PAGES, *FILES], ids=lambda path: path.name)
def test_every_variable_that_is_named_is_a_setting(path: Path) -> None:
    settings = settings_in(default_settings_path()) | settings_in(PRODUCTION)
    known = {f"CLARION_{name.replace('.', '__').upper()}" for name in settings}
    assert set(re.findall(r"CLARION_[A-Z]+__[A-Z_]+", path.read_text("utf-8"))) <= known


def test_every_figure_in_alerts_and_guide_is_told(instance: Instance) -> None:
    alerts = (DEPLOY / "alerts.yml").read_text("utf-8")
    told = set(re.findall(r"^# TYPE (\w+)", instance.client.get("/metrics").get_data(as_text=True), re.MULTILINE))
    assert set(re.findall(r"\bclarion_\w+", alerts)) <= told
    assert set(re.findall(r"`(clarion_\w+)`", OPERATIONS)) == told


def test_the_guide_explains_every_alert() -> None:
    alerts = re.findall(r"^ +- alert: (\w+)$", (DEPLOY / "alerts.yml").read_text("utf-8"), re.MULTILINE)
    assert re.findall(r"^\| `(Clarion\w+)` \|", OPERATIONS, re.MULTILINE) == alerts


def test_the_guide_explains_every_line_of_the_log() -> None:
    """Whoever is woken at night finds each event that a site can log; `server.py` is `clarion serve`, for home."""
    written = re.compile(r"log\.(?:info|warning|error)\(\s*\"([^\"]+)\"|report\(error, \"([^\"]+)\"")
    package = ROOT / "platform" / "clarion"
    sources = [path for path in package.rglob("*.py") if path.name != "server.py"]
    events = {one or other for path in sources for one, other in written.findall(path.read_text("utf-8"))}
    assert "message put off" in events
    assert [event for event in sorted(events) if f"`{event}`" not in OPERATIONS] == []


def test_the_pages_get_neither_private_keys_nor_the_mail_password() -> None:
    units = {path.name: path.read_text("utf-8") for path in UNITS}
    web = units.pop("clarion-web.service")
    assert "User=clarion-web\n" in web
    assert "EnvironmentFile=/etc/clarion/web.environment" in web
    assert "EnvironmentFile=/etc/clarion/environment" not in web
    assert all("User=clarion\n" in unit for unit in units.values())
    services = (DEPLOY / "compose.yaml").read_text("utf-8").split("\nservices:\n")[1]
    (container,) = re.findall(r"^  web:\n((?:    .*\n)+)", services, re.MULTILINE)
    assert "keyring:/var/lib/clarion/keyring:ro" in container
    assert "private" not in container
    assert "*sending" not in container


def test_units_are_equally_strict() -> None:
    def strictness(path: Path) -> set[str]:
        kept = re.compile(
            r"^(SystemCallFilter=setpriority|Environment|User|Group|Exec|WorkingDirectory|State|ReadWrite|Inaccessible)"
        )
        lines = path.read_text("utf-8").partition("[Service]")[2].splitlines()
        return {line for line in lines if "=" in line and not line.startswith("#") and not kept.match(line)}

    first, *others = UNITS
    assert len(strictness(first)) > 25
    assert all(strictness(other) == strictness(first) for other in others)


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_the_proxies_keep_visitors_to_themselves(name: str) -> None:
    text = (DEPLOY / name).read_text("utf-8")
    assert all(address in text for address in ("/metrics", "/readyz"))
    assert "proxy_add_x_forwarded_for" not in text
    if name == "nginx.conf":
        assert "proxy_set_header X-Forwarded-For $remote_addr;" in text
        assert re.findall(r"access_log (.*);", text) == ["off", "off"]
        assert all(level == "emerg" for level in re.findall(r"error_log \S+ (\w+);", text))
    else:
        assert "exclude http.log.error" in text
        assert not re.search(r"^\s*(trusted_proxies|output)\b", text, re.MULTILINE)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_pages_link_to_what_is_there(path: Path) -> None:
    text = path.read_text("utf-8")
    links = re.findall(r"\]\(([^)#\s]*)(?:#([\w-]+))?\)", text)
    missing = []
    for name, anchor in links:
        if name.startswith(("https:", "http:", "mailto:")):
            continue
        target = (path.parent / name) if name else path
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            missing.append(f"{name}#{anchor}")
    assert missing == []


def anchors(page: Path) -> set[str]:
    """The places in a page that can be linked to, as Markdown viewers name them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
