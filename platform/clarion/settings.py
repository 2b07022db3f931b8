"""Settings: typed, frozen, read once at start and handed down.

Defaults come from `config/default.toml`, a file named by `CLARION_CONFIG`, or else `config/home.toml` of the instance
folder where there is one, changes some of them,
`CLARION_<SECTION>__<KEY>` changes single values. A key that does not exist stops the start, because
a misspelt setting that is silently ignored is found out on the worst day.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from .domain.faults import did_you_mean

PREFIX = "CLARION_"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PLACES = {"CLARION_CONFIG", "CLARION_HOME"}
HOME_FILE = "config/home.toml"
"""In the instance folder: read where no file is named, so that every command there finds the same settings."""


class SettingsError(Exception):
    """The settings cannot be used; the message says which key and what to do."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Site(_Section):
    """Where the site is reached and whom it answers."""

    name: str
    base_url: str
    trusted_hosts: tuple[str, ...]
    trusted_proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]
    environment: Literal["home", "production"]

    @field_validator("base_url")
    @classmethod
    def _is_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        more = parts.path.strip("/") or parts.query or parts.fragment or parts.username
        if parts.scheme not in ("http", "https") or not parts.hostname or more:
            raise ValueError('write it as "https://petitions.example.org"')
        return value.rstrip("/")

    @property
    def production(self) -> bool:
        """Whether this is a real site, with everything unsafe refused."""
        return self.environment == "production"

    @property
    def hosts(self) -> frozenset[str]:
        """The host names that are answered; any other gets a 400."""
        own = urlsplit(self.base_url).hostname or ""
        return frozenset({own, *self.trusted_hosts, *(LOOPBACK if own in LOOPBACK else ())})


class Campaigns(_Section):
    """Where campaign folders are."""

    folder: Path
    watch: bool


class Database(_Section):
    """The one place where everything is kept."""

    url: SecretStr

    @field_validator("url")
    @classmethod
    def _is_supported(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError('write it as "sqlite:///var/clarion.db" or "postgresql+psycopg://user@host/name"')
        return value


class Broker(_Section):
    """What carries wake-ups to the workers."""

    url: SecretStr

    @field_validator("url")
    @classmethod
    def _is_supported(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(("memory://", "redis://", "rediss://")):
            raise ValueError('write it as "memory://" or "redis://host:6379/0"')
        return value

    @property
    def in_process(self) -> bool:
        """Whether wake-ups reach this process only."""
        return self.url.get_secret_value().startswith("memory://")


class Web(_Section):
    """The processes that answer requests."""

    host: str
    port: int = Field(ge=1, le=65535)
    processes: int = Field(ge=1, le=64)
    threads: int = Field(ge=1, le=1024)
    console_port: int = Field(ge=1, le=65535)


class Workers(_Section):
    """The processes that send messages."""

    processes: int = Field(ge=1, le=64)
    threads: int = Field(ge=1, le=64)
    sweep_seconds: float = Field(gt=0, le=600)


class Keyring(_Section):
    """Where the keys are."""

    folder: Path


class Signing(_Section):
    """Limits of the sign form and of confirmation."""

    form_hours: int = Field(ge=3, le=72)
    code_tries: int = Field(ge=1, le=20)
    unconfirmed_days: int = Field(ge=1, le=30)
    network_limit: int = Field(ge=1, le=1_000_000)


class Api(_Section):
    """How often programs may call."""

    network_per_minute: int = Field(ge=1, le=1_000_000)
    key_per_minute: int = Field(ge=1, le=1_000_000)


class Monitoring(_Section):
    """What is written down about the running system."""

    log_level: Literal["debug", "info", "warning", "error"]
    sentry_dsn: SecretStr


class Settings(_Section):
    """All settings of one instance, with every path absolute."""

    home: Path
    site: Site
    campaigns: Campaigns
    database: Database
    broker: Broker
    keyring: Keyring
    plugins: dict[str, dict[str, Any]] = Field(repr=False)
    """One table for each plugin that is on, as it was written: the plugin's own model checks it."""
    web: Web
    worker: Workers
    signing: Signing
    api: Api
    monitoring: Monitoring

    @model_validator(mode="after")
    def _is_safe_in_production(self) -> Self:
        if self.site.production and not self.site.base_url.startswith("https://"):
            raise ValueError("site.base_url must start with https:// in production")
        return self


def default_settings_path() -> Path:
    """The file with every setting: inside the installed package, or at the repository's root."""
    packaged = Path(str(resources.files("clarion"))) / "config" / "default.toml"
    return packaged if packaged.exists() else Path(__file__).parents[2] / "config" / "default.toml"


def load_settings(
    environ: Mapping[str, str] | None = None, *, without: Iterable[str] = (), **overrides: Mapping[str, Any]
) -> Settings:
    """Read defaults, the file named in `CLARION_CONFIG` or `HOME_FILE`, the environment, `overrides`, in this order.

    `overrides` are tables as in the file, `site={"base_url": …}`; entries and tests use them. `without` leaves out the
    tables of plugins.
    Raises `SettingsError` with one line for each thing that is wrong.
    """
    environ = os.environ if environ is None else environ
    home = Path(environ.get("CLARION_HOME", ".")).resolve()
    values = _read_toml(default_settings_path())
    name = environ.get("CLARION_CONFIG", "") or (HOME_FILE if (home / HOME_FILE).exists() else "")
    if name:
        _merge(values, _read_toml(home / name), source=name)
    for key, value in sorted(environ.items()):
        if key.startswith(PREFIX) and key not in PLACES:
            _merge(values, _from_variable(key, value, values), source=key)
    for section, table in overrides.items():
        _merge(values, {section: dict(table)}, source=f"the override of {section}")
    for name in without:
        values["plugins"].pop(name, None)
    try:
        return Settings(home=home, **_resolve(values, home, environ))
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(e) for e in error.errors())) from error


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"Cannot read the settings file {path}: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {path} is not valid TOML: {error}.") from error


def _from_variable(key: str, value: str, known: Mapping[str, Any]) -> dict[str, Any]:
    path = key.removeprefix(PREFIX).lower().split("__")
    if len(path) < 2:
        names = [f"{PREFIX}{'__'.join(place)}".upper() for place in _places(known)]
        raise SettingsError(f"{key} is no setting. {did_you_mean(key, [*names, *PLACES])}")
    current: Any = known
    for name in path:
        current = current.get(name) if isinstance(current, Mapping) else None
    given: Any = [part.strip() for part in value.split(",") if part.strip()] if isinstance(current, list) else value
    for name in reversed(path):
        given = {name: given}
    return dict(given)


def _places(table: Mapping[str, Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The paths of all settings."""
    found: list[tuple[str, ...]] = []
    for name, value in table.items():
        found += _places(value, (*path, name)) if isinstance(value, Mapping) else [(*path, name)]
    return found


def _merge(values: dict[str, Any], changes: Mapping[str, Any], source: str, path: tuple[str, ...] = ()) -> None:
    """Put changes over values, section by section; what does not exist there is refused with a hint."""
    for name, value in changes.items():
        here = ".".join((*path, name))
        if path == ("plugins",):
            values.setdefault(name, {})
        elif path[:1] == ("plugins",) and name not in values:
            values[name] = value
            continue
        if name not in values:
            kind = "setting" if path else "section"
            raise SettingsError(f'{source}: there is no {kind} "{here}". {did_you_mean(name, values)}')
        if isinstance(values[name], dict) and not _is_reference(values[name]):
            if not isinstance(value, Mapping):
                raise SettingsError(f'{source}: "{here}" is a section, write it as [{here}].')
            _merge(values[name], value, source, (*path, name))
        elif isinstance(value, Mapping) and source.startswith(PREFIX):
            raise SettingsError(f'{source}: there is no setting "{here}.{next(iter(value))}". {here} is one value.')
        else:
            values[name] = value


def _resolve(values: dict[str, Any], home: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    resolved = _without_references(values, home, environ)
    for section in ("campaigns", "keyring"):
        resolved[section]["folder"] = home / str(resolved[section]["folder"])
    url = str(resolved["database"]["url"])
    if url.startswith("sqlite:///") and not url.startswith("sqlite:////"):
        resolved["database"]["url"] = f"sqlite:///{home / url.removeprefix('sqlite:///')}"
    return resolved


def _without_references(
    table: Mapping[str, Any], home: Path, environ: Mapping[str, str], path: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The table with each secret in the place of its reference."""
    return {
        name: _without_references(value, home, environ, (*path, name))
        if isinstance(value, Mapping) and (not path or (path[0] == "plugins" and not _is_reference(value)))
        else _secret(".".join((*path, name)), value, home, environ)
        for name, value in table.items()
    }


def _is_reference(value: Mapping[str, Any]) -> bool:
    return set(value) in ({"env"}, {"file"})


def _secret(name: str, value: Any, home: Path, environ: Mapping[str, str]) -> Any:
    """The value itself, or what its reference `{ env = … }` or `{ file = … }` points to."""
    if not isinstance(value, Mapping):
        return value
    if set(value) == {"env"}:
        if value["env"] not in environ:
            raise SettingsError(f"{name}: the environment variable {value['env']} is not set.")
        return environ[value["env"]]
    if set(value) == {"file"}:
        path = home / str(value["file"])
        try:
            return path.read_text("utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{name}: cannot read {path}: {error.strerror}.") from error
        except UnicodeDecodeError as error:
            raise SettingsError(f"{name}: {path} is not text in UTF-8.") from error
    raise SettingsError(f'{name}: write {{ env = "NAME" }} or {{ file = "path" }}.')


def _explain(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}." if place else f"{message}."
