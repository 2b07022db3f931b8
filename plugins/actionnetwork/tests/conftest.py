"""A server that behaves like Action Network, and instances whose people go there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .stub import Stub, serve


@pytest.fixture
def make_stub() -> Iterator[Callable[..., Stub]]:
    """Make servers that behave as told."""
    running = []

    def make(**behaviour: Any) -> Stub:
        stub = Stub(**behaviour)
        running.append(serve(stub))
        return stub

    yield make
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def stub(make_stub: Callable[..., Stub]) -> Stub:
    """One whose limit no test with a fast clock meets."""
    return make_stub(limit=1000)
