"""One whole site for all fault tests: a start costs seconds, so each test leaves it as it found it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from faults.stage import Stage


@pytest.fixture(scope="session")
def whole_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The running site with all its parts."""
    stage = Stage(tmp_path_factory.mktemp("stage"))
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
