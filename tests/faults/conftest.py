"""One whole site for all fault tests: a start costs seconds, so each test leaves it as it found it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.stage import Stage


@pytest.fixture(scope="session")
def whole_stage() -> Iterator[Stage]:
    """The running site with all its parts, apart from pytest's folders: another pytest that starts would shut them to
    the user as whom PostgreSQL runs."""
    with tempfile.TemporaryDirectory(prefix="clarion-stage-") as folder:
        stage = Stage(Path(folder))
        try:
            stage.site.prepare()
            stage.site.start()
            yield stage
        finally:
            stage.close()


@pytest.fixture
def stage(whole_stage: Stage) -> Iterator[Stage]:
    """The same, whole again after whatever the test before did to it; what it says meanwhile is kept for a failure."""
    whole_stage.heal()
    said = len(whole_stage.site.log)
    yield whole_stage
    sys.stdout.write(whole_stage.site.log[said:])
