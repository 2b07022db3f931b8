"""What the worker does for the API."""

from __future__ import annotations

from . import repeats


def forget_calls() -> int:
    """Forget the calls of more than a day ago; how many."""
    return repeats.forget()
