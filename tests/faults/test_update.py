"""An update to 100,000 signers, killed ten times: each gets it exactly once, or is listed as unknown."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import pytest

from faults.news import THREADS, spread_under_kills
from faults.stage import Stage

SIGNERS = 100_000
KILLS = 10
LONGEST = 3000


@pytest.mark.timeout(LONGEST)
def test_an_update_to_a_hundred_thousand(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="clarion-stage-") as folder:
        stage = Stage(Path(folder), keep_bodies=False)
        try:
            stage.site.prepare()
            stage.site.start()
            stage.heal()
            started = time.monotonic()
            spread = spread_under_kills(stage, tmp_path, SIGNERS, KILLS, seconds=LONGEST)
            took = time.monotonic() - started
        finally:
            stage.close()
    sys.stdout.write(f"{SIGNERS:,} signers, {KILLS} kills: {dict(spread.states)} in {took:.0f} s\n")
    assert spread.wrong == []
    assert set(spread.states) <= {"sent", "unknown"}
    assert sum(spread.states.values()) == SIGNERS
    assert spread.states["unknown"] <= KILLS * THREADS
