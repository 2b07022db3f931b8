"""Signers brought to a server that behaves like Action Network, by two workers that are killed: each is there once."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import pytest

from faults.sync import sync_under_kills

SIGNERS = 5_000
"""`python -m faults.sync` takes a hundred thousand."""
KILLS = 5
LIMIT = 250
LONGEST = 900


@pytest.mark.timeout(LONGEST)
def test_each_is_there_once_and_none_without_a_yes() -> None:
    with tempfile.TemporaryDirectory(prefix="clarion-sync-") as folder:
        came = sync_under_kills(Path(folder), SIGNERS, KILLS, LIMIT, LONGEST - 60)
    sys.stdout.write(f"{SIGNERS:,} signers, {KILLS} kills: {came.calls:,} calls in {came.seconds:.0f} s\n")
    assert (came.missing, came.strangers, came.twice) == ([], [], [])
    assert (came.there, came.left) == (SIGNERS, 0)
    assert (came.over, came.most <= LIMIT) == (0, True)
    assert came.background > 0
