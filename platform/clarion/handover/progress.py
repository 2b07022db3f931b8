"""How a long work tells how far it is: the terminal shows a bar, tests and scripts nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Step = Callable[[int], object]
"""Told each time so many more are done."""

Progress = Callable[[str, int], AbstractContextManager[Step]]
"""Asked at the start of each part: its name in a few words, and how many there are to do."""


@contextmanager
def silence(_words: str, _length: int) -> Iterator[Step]:
    """Progress that nobody watches."""
    yield lambda _done: None
