"""A terminal on an instance: `run("messages", "retry")` types a command, `answer` is what is typed after it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from clarion.cli import main
from clarion.testing import Instance

Run = Callable[..., Result]


@pytest.fixture
def run(either_instance: Instance) -> Run:
    """Type a command on an instance with the campaign `library`, on each database in turn."""
    settings = either_instance.app.extensions["clarion.settings"]
    environment = {
        "CLARION_HOME": str(either_instance.home),
        "CLARION_DATABASE__URL": settings.database.url.get_secret_value(),
    }

    def typed(*arguments: str, answer: str = "") -> Result:
        return CliRunner().invoke(main, list(arguments), env=environment, input=answer)

    return typed
