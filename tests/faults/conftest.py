"""One whole site for all fault tests: a start costs seconds, so each test leaves it as it found it."""

from __future__ import annotations

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
def stage(whole_stage: Stage) -> Stage:
    """The same, whole again after whatever the test before did to it."""
    whole_stage.heal()
    return whole_stage
