"""Settings: where a value comes from, which one wins, and what stops the start."""

from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import ValidationError

from clarion.settings import Settings, SettingsError, load_settings

Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load settings for a home of their own: `load(file="[site]…", CLARION_SITE__NAME="x", site={…})`."""

    def load_it(file: str = "", overrides: dict[str, dict[str, object]] | None = None, **environ: str) -> Settings:
        environ = {"CLARION_HOME": str(tmp_path), **environ}
        if file:
            (tmp_path / "own.toml").write_text(file, "utf-8")
            environ["CLARION_CONFIG"] = "own.toml"
        return load_settings(environ, **(overrides or {}))

    return load_it


def test_everything_has_a_default(load: Load, tmp_path: Path) -> None:
    settings = load()
    assert settings.home == tmp_path
    assert settings.site.base_url == "http://127.0.0.1:8000"
    assert not settings.site.production
    assert settings.campaigns.folder == tmp_path / "campaigns"
    assert settings.keyring.folder == tmp_path / "var" / "keyring"
    assert settings.plugins == {}
    assert settings.database.url.get_secret_value() == f"sqlite:///{tmp_path}/var/clarion.db"


def test_the_order_is_defaults_file_environment_overrides(load: Load) -> None:
    names = [
        load().site.name,
        load('[site]\nname = "file"').site.name,
        load('[site]\nname = "file"', CLARION_SITE__NAME="environment").site.name,
        load('[site]\nname = "file"', {"site": {"name": "override"}}, CLARION_SITE__NAME="environment").site.name,
    ]
    assert names == ["Clarion", "file", "environment", "override"]


def test_a_file_changes_only_what_it_names(load: Load) -> None:
    settings = load("[site]\nname = 'Ours'\n[signing]\nform_hours = 6\n")
    assert (settings.site.name, settings.signing.form_hours) == ("Ours", 6)
    assert (settings.site.base_url, settings.signing.code_tries) == (load().site.base_url, load().signing.code_tries)


def test_the_file_of_the_instance_folder_is_read_where_no_other_is_named(load: Load, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "home.toml").write_text("[site]\nname = 'Home'\n[plugins.embeds]\n", "utf-8")
    found = load()
    assert (found.site.name, found.plugins) == ("Home", {"embeds": {}})
    other = load("[signing]\nform_hours = 6\n")
    assert (other.site.name, other.plugins) == ("Clarion", {})


def test_values_from_the_environment_get_their_types(load: Load) -> None:
    settings = load(
        CLARION_CAMPAIGNS__WATCH="false",
        CLARION_SIGNING__FORM_HOURS="6",
        CLARION_WORKER__SWEEP_SECONDS="0.5",
        CLARION_SITE__TRUSTED_HOSTS="a.example, b.example",
        CLARION_SITE__TRUSTED_PROXIES="10.0.0.0/8,fd00::/8,",
    )
    assert (settings.campaigns.watch, settings.signing.form_hours, settings.worker.sweep_seconds) == (False, 6, 0.5)
    assert {"a.example", "b.example", "127.0.0.1"} <= settings.site.hosts
    assert settings.site.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert load(CLARION_SITE__TRUSTED_HOSTS="").site.trusted_hosts == ()


def test_other_variables_are_no_settings(load: Load) -> None:
    assert load(PATH="/bin", XCLARION_SITE__NAME="x", clarion_site__name="x").site.name == "Clarion"


def test_the_process_environment_is_what_counts_unless_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CLARION_HOME", str(tmp_path))
    monkeypatch.setenv("CLARION_SITE__NAME", "Ours")
    assert (load_settings().home, load_settings().site.name) == (tmp_path, "Ours")


def test_the_home_is_the_current_folder_unless_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings({}).home == tmp_path


def test_absolute_paths_stay(load: Load, tmp_path: Path) -> None:
    elsewhere = tmp_path / "else where"
    settings = load(
        f"[campaigns]\nfolder = '{elsewhere}'\n[database]\nurl = 'sqlite:///{elsewhere}/x.db'\n",
        CLARION_KEYRING__FOLDER=str(elsewhere),
    )
    assert settings.campaigns.folder == settings.keyring.folder == elsewhere
    assert settings.database.url.get_secret_value() == f"sqlite:///{elsewhere}/x.db"


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("[siet]\nname = 'x'", ['section "siet"', 'Did you mean "site"?']),
        ("[site]\nbase_ur = 'x'", ['"site.base_ur"', 'Did you mean "base_url"?']),
        ("[site]\nxyz = 1", ['"site.xyz"', "base_url", "trusted_hosts"]),
        ("base_url = 'x'", ['section "base_url"']),
        ("site = 'x'", ['"site"', "[site]"]),
        ("[site", ["own.toml", "not valid TOML"]),
    ],
)
def test_a_mistake_in_the_file_stops_the_start_with_a_hint(load: Load, file: str, words: list[str]) -> None:
    with pytest.raises(SettingsError) as stopped:
        load(file)
    assert "own.toml" in str(stopped.value)
    assert [word for word in words if word not in str(stopped.value)] == []


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("CLARION_SIET__NAME", ["CLARION_SIET__NAME", 'section "siet"', 'Did you mean "site"?']),
        ("CLARION_SITE__BASE_URI", ["CLARION_SITE__BASE_URI", '"site.base_uri"', 'Did you mean "base_url"?']),
        ("CLARION_SITE_BASE_URL", ["CLARION_SITE_BASE_URL", 'Did you mean "CLARION_SITE__BASE_URL"?']),
        ("CLARION_HOMES", ["CLARION_HOMES", 'Did you mean "CLARION_HOME"?']),
        ("CLARION_SITE__NAME__FIRST", ['"site.name.first"']),
        ("CLARION___NAME", ['section ""']),
    ],
)
def test_a_mistake_in_the_environment_stops_the_start_with_a_hint(load: Load, variable: str, words: list[str]) -> None:
    with pytest.raises(SettingsError) as stopped:
        load(**{variable: "x"})
    assert [word for word in words if word not in str(stopped.value)] == []


def test_an_override_that_does_not_exist_is_a_mistake_too(load: Load) -> None:
    with pytest.raises(SettingsError, match=r'"site.naem".*Did you mean "name"'):
        load(overrides={"site": {"naem": "x"}})


def test_a_file_that_is_not_there_stops_the_start(load: Load) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml.*No such file"):
        load(CLARION_CONFIG="none.toml")


def test_a_file_that_is_not_text_stops_the_start(load: Load, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes("[site]\nname = 'Peña'".encode("cp1252"))
    with pytest.raises(SettingsError, match=r"own\.toml"):
        load(CLARION_CONFIG="own.toml")


@pytest.mark.parametrize(
    ("variable", "value", "place"),
    [
        ("CLARION_SITE__BASE_URL", "petitions.example.org", "site.base_url: write it as"),
        ("CLARION_SITE__BASE_URL", "ftp://a.example", "site.base_url: write it as"),
        ("CLARION_SITE__BASE_URL", "https://", "site.base_url: write it as"),
        ("CLARION_SITE__BASE_URL", "https://a.example/petitions", "site.base_url: write it as"),
        ("CLARION_SITE__BASE_URL", "https://a.example?x=1", "site.base_url: write it as"),
        ("CLARION_SITE__BASE_URL", "https://user@a.example", "site.base_url: write it as"),
        ("CLARION_SITE__BASE_URL", "https://[::1", "site.base_url: "),
        ("CLARION_SITE__ENVIRONMENT", "prod", "site.environment: "),
        ("CLARION_SITE__TRUSTED_PROXIES", "10.0.0.1/8", "site.trusted_proxies.0"),
        ("CLARION_SITE__TRUSTED_PROXIES", "everyone", "site.trusted_proxies.0"),
        ("CLARION_DATABASE__URL", "mysql://a/b", "database.url: write it as"),
        ("CLARION_DATABASE__URL", "postgresql://a/b", "database.url: write it as"),
        ("CLARION_BROKER__URL", "amqp://a", "broker.url: "),
        ("CLARION_CAMPAIGNS__WATCH", "perhaps", "campaigns.watch: "),
        ("CLARION_WORKER__THREADS", "0", "worker.threads: "),
        ("CLARION_WORKER__THREADS", "many", "worker.threads: "),
        ("CLARION_WORKER__SWEEP_SECONDS", "0", "worker.sweep_seconds: "),
        ("CLARION_SIGNING__FORM_HOURS", "1", "signing.form_hours: "),
        ("CLARION_SIGNING__CODE_TRIES", "1000", "signing.code_tries: "),
        ("CLARION_SIGNING__UNCONFIRMED_DAYS", "-1", "signing.unconfirmed_days: "),
        ("CLARION_MONITORING__LOG_LEVEL", "loud", "monitoring.log_level: "),
    ],
)
def test_a_value_that_does_not_fit_is_named(load: Load, variable: str, value: str, place: str) -> None:
    with pytest.raises(SettingsError) as stopped:
        load(**{variable: value})
    assert str(stopped.value).startswith(place)


def test_everything_that_is_wrong_is_told_at_once(load: Load) -> None:
    with pytest.raises(SettingsError) as stopped:
        load(CLARION_WORKER__THREADS="0", CLARION_SITE__BASE_URL="x", CLARION_MONITORING__LOG_LEVEL="loud")
    told = [line.split(":")[0] for line in str(stopped.value).splitlines()]
    assert sorted(told) == ["monitoring.log_level", "site.base_url", "worker.threads"]


@pytest.mark.parametrize("base_url", ["http://petitions.example.org", "http://127.0.0.1:8000", "HTTP://a.example"])
def test_production_refuses_links_that_anyone_can_read_along(load: Load, base_url: str) -> None:
    with pytest.raises(SettingsError, match="https://"):
        load(CLARION_SITE__ENVIRONMENT="production", CLARION_SITE__BASE_URL=base_url)


def test_production_with_https_starts(load: Load) -> None:
    settings = load(CLARION_SITE__ENVIRONMENT="production", CLARION_SITE__BASE_URL="https://a.example/")
    assert settings.site.production
    assert settings.site.base_url == "https://a.example"
    assert settings.site.hosts == {"a.example"}


def test_settings_cannot_be_changed(load: Load) -> None:
    settings = load()
    for section, key in (("site", "name"), ("worker", "threads"), ("database", "url")):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(getattr(settings, section), key, "x")
    with pytest.raises(ValidationError, match="frozen"):
        settings.site = settings.site  # type: ignore[misc]
