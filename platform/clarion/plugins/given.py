"""What hooks give, in the form that was wanted, or `Junk`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import click
from flask import Blueprint

from ..delivery.channels import Channel
from ..hookspecs import Chore, Figure
from .guard import Junk

Thing = TypeVar("Thing")


def channels(given: Any) -> dict[str, Channel]:
    """Channels by name; one for mails says who they come from."""
    if not isinstance(given, Mapping):
        raise Junk(f"channels by name were wanted, not {type(given).__name__}")
    for name, channel in given.items():
        if not isinstance(name, str) or not callable(getattr(channel, "send", None)):
            raise Junk(f"the channel {name!r} has no send")
        if name == "email" and not isinstance(getattr(channel, "sender", None), str):
            raise Junk("a channel for mails has a sender")
    return dict(given)


def blueprints(given: Any) -> list[Blueprint]:
    """Blueprints."""
    return _all(given, Blueprint)


def commands(given: Any) -> list[click.Command]:
    """Commands that have a name."""
    found = _all(given, click.Command)
    if any(not command.name for command in found):
        raise Junk("a command has no name")
    return found


def chores(given: Any) -> list[Chore]:
    """Chores."""
    return _all(given, Chore)


def figures(given: Any) -> list[Figure]:
    """Figures."""
    return [Figure(one.name, one.meaning, float(one.value)) for one in _all(given, Figure)]


def sentences(given: Any) -> list[str]:
    """Sentences."""
    return _all(given, str)


def nothing(given: Any) -> None:
    """Whatever it was."""


def _all(given: Any, kind: type[Thing]) -> list[Thing]:
    if isinstance(given, str | bytes | Mapping):
        raise Junk(f"several of {kind.__name__} were wanted, not {type(given).__name__}")
    things = list(given)
    for thing in things:
        if not isinstance(thing, kind):
            raise Junk(f"several of {kind.__name__} were wanted, not of {type(thing).__name__}")
    return things
