"""Secrets: given by reference, found or the start stops, and shown nowhere."""

import traceback
from pathlib import Path

import pytest

from clarion.settings import Settings, SettingsError, load_settings

PASSWORD = "correct-horse"
URL = f"postgresql+psycopg://clarion:{PASSWORD}@db.example/clarion"


def load(home: Path, file: str, **environ: str) -> Settings:
    (home / "own.toml").write_text(file, "utf-8")
    return load_settings({"CLARION_HOME": str(home), "CLARION_CONFIG": "own.toml", **environ})


def test_a_secret_from_the_environment(tmp_path: Path) -> None:
    settings = load(tmp_path, '[database]\nurl = { env = "DATABASE" }', DATABASE=URL)
    assert settings.database.url.get_secret_value() == URL


@pytest.mark.parametrize("absolute", [True, False])
def test_a_secret_from_a_file(tmp_path: Path, absolute: bool) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "database").write_text(f"{URL}\n", "utf-8")
    name = str(tmp_path / "secrets" / "database") if absolute else "secrets/database"
    settings = load(tmp_path, f'[database]\nurl = {{ file = "{name}" }}')
    assert settings.database.url.get_secret_value() == URL


def test_any_value_may_be_given_by_reference(tmp_path: Path) -> None:
    file = '[monitoring]\nsentry_dsn = { env = "DSN" }\n[worker]\nthreads = { env = "THREADS" }\n'
    settings = load(tmp_path, file, DSN="https://key@errors.example/1", THREADS="7")
    assert settings.monitoring.sentry_dsn.get_secret_value() == "https://key@errors.example/1"
    assert settings.worker.threads == 7


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ('{ env = "NOT_SET" }', "NOT_SET is not set"),
        ('{ file = "none" }', "No such file"),
        ('{ file = "." }', "directory"),
        ('{ file = "noise" }', "UTF-8"),
        ('{ vault = "x" }', '{ env = "NAME" } or { file = "path" }'),
        ('{ env = "HOME", file = "x" }', '{ env = "NAME" } or { file = "path" }'),
        ("{ env = 5 }", "5 is not set"),
        ("{}", '{ env = "NAME" } or { file = "path" }'),
    ],
)
def test_a_reference_that_leads_nowhere_stops_the_start(tmp_path: Path, reference: str, words: str) -> None:
    (tmp_path / "noise").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError) as stopped:
        load(tmp_path, f"[database]\nurl = {reference}")
    assert str(stopped.value).startswith("database.url: ")
    assert words in str(stopped.value)


def test_settings_show_no_secret(tmp_path: Path) -> None:
    file = '[database]\nurl = { env = "DATABASE" }\n[monitoring]\nsentry_dsn = { env = "DSN" }\n'
    settings = load(tmp_path, file, DATABASE=URL, DSN=f"https://{PASSWORD}@errors.example/1")
    shown = [
        repr(settings),
        str(settings),
        f"{settings.database}",
        repr(settings.monitoring),
        repr(settings.model_dump()),
    ]
    shown += [settings.model_dump_json(), repr(dict(settings))]
    assert not [text for text in shown if PASSWORD in text]


@pytest.mark.parametrize("url", [URL.replace("+psycopg", ""), f"mysql://{PASSWORD}", PASSWORD])
def test_a_mistake_in_a_secret_does_not_tell_it(tmp_path: Path, url: str) -> None:
    """Not even in the trace that a server writes to its log."""
    with pytest.raises(SettingsError) as stopped:
        load(tmp_path, '[database]\nurl = { env = "DATABASE" }\n[worker]\nthreads = 0\n', DATABASE=url)
    trace = "".join(traceback.format_exception(stopped.value))
    assert "database.url" in trace
    assert PASSWORD not in trace
