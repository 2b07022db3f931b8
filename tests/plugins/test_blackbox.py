"""A hook that ends its process outright is known to the processes after it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from clarion.plugins.blackbox import KEPT, BlackBox
from clarion.plugins.guard import FAILURES, FIRST, Guard

DIES = """
import os, sys
from pathlib import Path
from clarion.plugins.blackbox import BlackBox
box = BlackBox(Path(sys.argv[1]))
with box.asking("odd.innocent"):
    pass
with box.asking("odd.page_slot"):
    os._exit(int(sys.argv[2]))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "hooks"


def die(folder: Path, times: int = 1) -> None:
    for _ in range(times):
        done = subprocess.run([sys.executable, "-c", DIES, str(folder), "9"], check=False, capture_output=True)
        assert done.returncode == 9, done.stderr


def test_whoever_was_asked_when_a_process_died_is_known_to_others(folder: Path) -> None:
    die(folder, 2)
    box = BlackBox(folder)
    assert len(box.deaths("odd.page_slot")) == 2
    assert time.time() - box.deaths("odd.page_slot")[-1] < 60
    assert box.deaths("odd.innocent") == []
    assert BlackBox(folder, lambda: time.time() + KEPT + 60).deaths("odd.page_slot") == []
    assert list(folder.iterdir()) == []


def test_who_is_asked_by_a_process_that_lives_has_ended_none(folder: Path) -> None:
    mine = BlackBox(folder)
    with mine.asking("odd.page_slot"), mine.asking("odd.page_slot"), mine.asking("odd.figures"):
        assert BlackBox(folder).deaths("odd.page_slot") == []
        assert len(list(folder.iterdir())) == 1
    mine.close()
    assert BlackBox(folder).deaths("odd.page_slot") == []
    assert list(folder.iterdir()) == []


def test_after_five_deaths_a_hook_is_left_alone_for_a_while_and_tried_again(folder: Path) -> None:
    die(folder, FAILURES - 1)
    assert not Guard("odd", "page_slot", 5.0, box=BlackBox(folder)).off
    die(folder)
    moment = [1000.0]
    guard = Guard("odd", "page_slot", 5.0, lambda: moment[0], BlackBox(folder))
    assert guard.off
    assert guard.ask(lambda: "given", str, "otherwise") == "otherwise"
    assert not Guard("odd", "figures", 5.0, box=BlackBox(folder)).off
    moment[0] += FIRST
    assert guard.ask(lambda: "given", str, "otherwise") == "given"
    assert guard.ask(lambda: "given", str, "otherwise") == "given"


def test_where_nothing_can_be_written_hooks_are_asked_as_ever(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    guard = Guard("odd", "page_slot", 5.0, box=BlackBox(tmp_path / "file" / "hooks"))
    assert guard.ask(lambda: "given", str, "otherwise") == "given"
