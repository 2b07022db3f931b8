"""What hooks give, in the form that was wanted, or `Junk`."""

from __future__ import annotations

import re
from collections.abc import Coroutine, Generator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, TypeVar

import click
from flask import Blueprint
from markupsafe import Markup

from ..delivery.channels import Channel
from ..domain import prose
from ..hookspecs import Chore, Figure, Panel
from .guard import Junk

Thing = TypeVar("Thing")

MOST_HTML = 20_000
"""Characters that a plugin may add to a page in one place; the core's own page has about as many."""


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


def html(given: Any) -> Markup:
    """HTML for a page, cleaned like a campaign's own: no script, no style, no form, nothing from elsewhere."""
    if not isinstance(given, str):
        raise Junk(f"HTML was wanted, not {type(given).__name__}")
    if len(given) > MOST_HTML:
        raise Junk(f"HTML of {MOST_HTML} characters at most was wanted, not of {len(given)}")
    return Markup(prose.clean(given))  # noqa: S704 - cleaned by an allow-list


class _Alternates(HTMLParser):
    """Takes links to other forms of a page out of HTML; whatever stands around them is not looked at."""

    KEPT = ("rel", "type", "hreflang", "title", "href")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Markup] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep one, written anew."""
        said = dict(attrs)
        is_address = re.match(r"https?://|/(?!/)", said.get("href") or "")
        if tag == "link" and said.get("rel") == "alternate" and is_address:
            kept = (Markup(' {}="{}"').format(name, said[name]) for name in self.KEPT if said.get(name))
            self.found.append(Markup("<link{}>\n").format(Markup("").join(kept)))


def head(given: Any) -> Markup:
    """Links for the head of a page: to other forms of it, which no browser loads."""
    if not isinstance(given, str) or len(given) > MOST_HTML:
        raise Junk(f"links of {MOST_HTML} characters at most were wanted")
    reader = _Alternates()
    reader.feed(given)
    return Markup("").join(reader.found)


def panels(given: Any) -> list[Panel]:
    """Panels, each with an id of its own."""
    found = _all(given, Panel)
    panel: Any  # its fields are what a plugin put into them
    for panel in found:
        if not isinstance(panel.id, str) or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", panel.id):
            raise Junk(f"the id {panel.id!r} of a panel is not in small letters, digits and hyphens")
        if not isinstance(panel.title, str) or not panel.title.strip() or not callable(panel.render):
            raise Junk(f'the panel "{panel.id}" has no title or no render')
    if len({panel.id for panel in found}) < len(found):
        raise Junk("two panels have the same id")
    return found


def folder(given: Any) -> Path:
    """The folder of a history: steps in files that start with their number."""
    if not isinstance(given, str | Path):
        raise Junk(f"a folder was wanted, not {type(given).__name__}")
    found = Path(given).resolve()
    steps = [path.name for path in found.glob("*.py") if not path.name.startswith("_")]
    if not steps or not all(re.fullmatch(r"\d{4}_\w+\.py", name) for name in steps):
        raise Junk(f"{found} holds no steps named like 0001_first.py, or others beside them")
    return found


def origins(given: Any) -> dict[str, str]:
    """Origins with the ids of their organisations, both as texts."""
    if not isinstance(given, Mapping):
        raise Junk(f"organisations by origin were wanted, not {type(given).__name__}")
    if not all(isinstance(text, str) for pair in given.items() for text in pair):
        raise Junk("organisations by origin were wanted, and one of them is no text")
    return dict(given)


def sentences(given: Any) -> list[str]:
    """Sentences."""
    return _all(given, str)


def nothing(given: Any) -> None:
    """Nothing: who gives something back may not have done what was asked, as a generator does nothing yet."""
    if given is not None:
        raise Junk(f"nothing was wanted, not {type(given).__name__}")


def done(given: Any) -> None:
    """Whatever work gives, unless it has not even begun."""
    if isinstance(given, Generator | Coroutine):
        given.close()
        raise Junk(f"work that is done was wanted, not a {type(given).__name__}")


def _all(given: Any, kind: type[Thing]) -> list[Thing]:
    if isinstance(given, str | bytes | Mapping):
        raise Junk(f"several of {kind.__name__} were wanted, not {type(given).__name__}")
    things = list(given)
    for thing in things:
        if not isinstance(thing, kind):
            raise Junk(f"several of {kind.__name__} were wanted, not of {type(thing).__name__}")
    return things
