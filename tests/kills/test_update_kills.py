"""An update whose workers are killed again and again: each signer gets it exactly once, or is listed as unknown."""

from pathlib import Path

import pytest

from faults.news import THREADS, spread_under_kills
from faults.stage import Stage
from rig.site import SLUG

SIGNERS = 1500
KILLS = 4
LONGEST = 300
"""Seconds, on a machine that is four times as slow as the usual one."""


@pytest.mark.timeout(LONGEST)
def test_each_signer_gets_it_once_or_is_listed(stage: Stage, tmp_path: Path) -> None:
    spread = spread_under_kills(stage, tmp_path, SIGNERS, KILLS, seconds=200.0)
    assert spread.wrong == [], spread.states
    assert set(spread.states) <= {"sent", "unknown"}
    assert sum(spread.states.values()) == SIGNERS
    assert spread.states["unknown"] <= KILLS * THREADS
    told = stage.site.clarion("update", SLUG, spread.name, "--wait").stdout
    assert f"written 1,500 of 1,500, sent {spread.states['sent']:,}" in told
    messages = stage.site.clarion("messages", "--state", "unknown").stdout
    assert messages.count(" update ") == min(spread.states["unknown"], 50)
