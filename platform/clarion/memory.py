"""What a process does about its memory once all is loaded."""

from __future__ import annotations

import gc

OBJECTS, YOUNG, MIDDLE = 10_000, 20, 50
"""When garbage is looked for. Python's own figures suit small programs: 700, 10, 10."""


def settle_memory() -> None:
    """Leave what was loaded out of the search for garbage, and search less often.

    Code and models stay for good. Looked through again and again, they stop all threads for a tenth of a second
    each time; a request leaves little behind, and one search of ten thousand objects is cheaper than many small ones.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(OBJECTS, YOUNG, MIDDLE)
