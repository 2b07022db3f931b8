"""The fixtures themselves, where a fault in them would be taken for one of what they are used on."""

from __future__ import annotations

import stat
from pathlib import Path

import psycopg
import pytest

from clarion.testing import postgres_url


def test_postgresql_lives_on_when_another_pytest_starts(
    postgres_server: Path, postgres_url: str, tmp_path_factory
) -> None:
    """Each pytest that starts shuts the folders of all runs to other users; under root the server is one of them."""
    folder = tmp_path_factory.getbasetemp()
    before = stat.S_IMODE(folder.stat().st_mode)
    folder.chmod(0o700)
    try:
        with psycopg.connect(host=str(postgres_server), user="postgres", dbname="postgres", autocommit=True) as admin:
            admin.execute("CHECKPOINT")
            assert admin.execute("SELECT 1").fetchone() == (1,)
    finally:
        folder.chmod(before)


def test_who_finds_no_postgresql_is_shown_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("PANIC:  could not open file\n")
    with pytest.raises(psycopg.OperationalError) as told:
        next(postgres_url.__wrapped__(tmp_path))
    assert "PANIC:  could not open file" in told.value.__notes__[0]
