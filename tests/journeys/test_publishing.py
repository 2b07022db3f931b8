"""What the server does with folders: at start, while they are edited, and when they are broken."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from clarion.testing import TABLE, wait_for

TITLE = "title: "
BROKEN = {
    "no-table": {"campaign.toml": None},
    "not-toml": {"campaign.toml": "status = live"},
    "unknown-key": {"campaign.toml": TABLE.replace("goal", "gaol")},
    "no-lead": {"campaign.toml": TABLE.replace('lead = "readers"', 'lead = "nobody"')},
    "no-spanish": {"es.md": None},
    "no-title": {"en.md": "---\nask: Fund it.\n---\n\nBecause.\n"},
    "not-utf8": {"en.md": b"---\ntitle: \xff\n---\n"},
    "half-written": {"en.md": "---\ntitle: Keep"},
    "nobody": {"recipients.csv": "role,name\nto,\n"},
    "bad-mail": {"recipients.csv": "role,name,email\nto,Ana,ana@\n"},
}


def _clarion(home, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CLARION_")}
    command = [sys.executable, "-m", "clarion", *arguments]
    environment |= {"CLARION_HOME": str(home), "COLUMNS": "200"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def _shows(served, words: str, path: str = "/dc-sanctuary/en") -> None:
    wait_for(lambda: words in served.ask("GET", path).text, lambda: f"{path} does not show {words!r}")


def _retitle(served, language: str, title: str) -> None:
    path = served.home / "campaigns" / "dc-sanctuary" / f"{language}.md"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(f"{TITLE}{title}\n" if line.startswith(TITLE) else line for line in lines), "utf-8")


def test_an_edit_goes_live_and_a_broken_one_keeps_the_last_good_edition(served) -> None:
    _retitle(served, "en", "A new headline")
    _shows(served, "A new headline")
    good = (served.home / "campaigns" / "dc-sanctuary" / "es.md").read_bytes()
    _retitle(served, "es", "")
    wait_for(lambda: "es.md:" in served.log.read_text(), served.log.read_text)
    assert "stays live" in served.log.read_text()
    assert served.ask("GET", "/dc-sanctuary/es").status == 200
    _shows(served, "A new headline")
    (served.home / "campaigns" / "dc-sanctuary" / "es.md").write_bytes(good)
    _retitle(served, "en", "One more headline")
    _shows(served, "One more headline")


def test_a_rollback_holds_in_all_languages_and_over_a_restart(served) -> None:
    before = served.ask("GET", "/dc-sanctuary/es").text
    _retitle(served, "es", "Otro titular")
    _shows(served, "Otro titular", "/dc-sanctuary/es")
    rolled = _clarion(served.home, "rollback", "dc-sanctuary")
    assert rolled.returncode == 0, rolled.stderr
    wait_for(lambda: "Otro titular" not in served.ask("GET", "/dc-sanctuary/es").text, lambda: "still the new edition")
    served.stop(signal.SIGTERM)
    served.start()
    assert "Otro titular" not in served.ask("GET", "/dc-sanctuary/es").text
    assert len(before) > 0
    assert "was rolled back" in served.log.read_text()
    listing = _clarion(served.home, "editions", "dc-sanctuary").stdout.splitlines()
    assert [line.split()[0] for line in listing if "*" in line.split()[1]] == ["1"]
    assert "Otro titular" not in listing[0]
    assert "live" in listing[0]


def test_broken_folders_beside_it_leave_the_good_one_alone(served, make_folder) -> None:
    served.stop()
    for slug, files in BROKEN.items():
        make_folder(slug, files)
    served.start()
    assert served.ask("GET", "/dc-sanctuary/en").status == 200
    assert served.sign().status == 303
    told = served.log.read_text()
    assert not [slug for slug in BROKEN if f"{slug}: not published" not in told]
    checked = _clarion(served.home, "check")
    assert checked.returncode == 1
    assert "dc-sanctuary: ready to publish" in checked.stdout
    assert not [slug for slug in BROKEN if f"{slug}/" not in checked.stdout]


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_when_it_is_told_to(served, signal_number: signal.Signals) -> None:
    process = served.process
    served.stop(signal_number)
    assert process.returncode == 0
    assert "Traceback" not in served.log.read_text()


def test_a_server_in_the_background_takes_an_interrupt(served) -> None:
    """A shell starts what runs in the background with the interrupt ignored."""
    served.stop()
    kept = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        served.start()
    finally:
        signal.signal(signal.SIGINT, kept)
    process = served.process
    served.stop(signal.SIGINT)
    assert process.returncode == 0


def test_a_taken_port_is_one_clear_line(served) -> None:
    second = _clarion(served.home, "serve", "--port", str(served.port))
    assert second.returncode == 1
    assert "Choose another with --port" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_setting_that_does_not_exist_is_one_clear_line(tmp_path) -> None:
    (tmp_path / "mine.toml").write_text('[site]\nbase_ulr = "https://x.example"\n')
    environment = {**os.environ, "CLARION_HOME": str(tmp_path), "CLARION_CONFIG": "mine.toml"}
    command = [sys.executable, "-m", "clarion", "serve"]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert told.returncode == 1
    assert 'Did you mean "base_url"?' in told.stderr
    assert "Traceback" not in told.stderr
