"""The disk is full: signing pauses, pages stay, and nothing half-written is left."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from rig.ledger import Ledger, sign_form
from rig.site import SLUG, Site, wait_until

ROOM = 64 * 1024
"""Bytes that are left when the disk begins to fill."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Site]:
    """Clarion in one process, on SQLite."""
    site = Site(tmp_path / "home", "sqlite:///var/clarion.db", "memory://")
    command = [sys.executable, "-m", "clarion", "serve", "--port", str(site.port)]
    with (site.home / "site.log").open("ab") as log:
        site.process = subprocess.Popen(command, env=site.environment, stdout=log, stderr=log)
    try:
        wait_until(site.is_ready, lambda: site.log)
        yield site
    finally:
        site.stop()


def test_a_full_disk_is_a_pause(home: Site) -> None:
    with Ledger(home) as ledger:
        ledger.wait_for(40)
        fill_the_disk(home, full=True)
        wait_until(lambda: ledger.answers[503] > 20, lambda: ledger.told)
        assert "typed@disk.example" in refusal(home, "typed@disk.example")
        with urllib.request.urlopen(f"{home.base_url}/{SLUG}/en", timeout=5) as page:
            assert page.status == 200
        fill_the_disk(home, full=False)
        ledger.wait_for(40)
    assert not ledger.bad_answers, ledger.told
    assert not ledger.unanswered, ledger.told
    assert query(home, "PRAGMA integrity_check") == "ok"
    signatures = query(home, "SELECT count(*) FROM signature")
    assert signatures == len(ledger.acknowledged)
    assert query(home, "SELECT count(DISTINCT signature_id) FROM message") == signatures
    wait_until(lambda: len(list((home.home / "var" / "mail").glob("*.eml"))) == signatures)


def fill_the_disk(site: Site, *, full: bool) -> None:
    """Let no file of the process grow much beyond what the largest is now: its writes fail as on a full disk."""
    assert site.process is not None
    largest = max(path.stat().st_size for path in (site.home / "var").glob("clarion.db*"))
    limit = largest + ROOM if full else resource.RLIM_INFINITY
    resource.prlimit(site.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


def refusal(site: Site, address: str) -> str:
    """The page that says that nothing can be written now."""
    form = urlencode(sign_form(site.form_token(), address)).encode()
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{site.base_url}/{SLUG}/en/sign", form, timeout=20)
    with refused.value as answer:
        assert answer.status == 503
        assert answer.headers["Retry-After"]
        return answer.read().decode()


def query(site: Site, sql: str) -> object:
    """The first value of an answer."""
    connection = sqlite3.connect(site.home / "var" / "clarion.db")
    try:
        return connection.execute(sql).fetchone()[0]
    finally:
        connection.close()
