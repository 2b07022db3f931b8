"""The fixed set of `{{words}}` that campaign texts may hold: replaced, never evaluated."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

KNOWN = ("count", "goal", "title", "link", "lead")

RESERVED = "zqslot"
"""How the marks begin at which each person's own is put into a mail; no text of a campaign may hold one."""

_PATTERN = re.compile(r"\{\{\s*([^{}]{1,40}?)\s*\}\}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with each known placeholder replaced; anything else in braces stays literal."""
    return _PATTERN.sub(lambda match: values.get(match[1], match[0]), text)


def unknown(text: str, known: Collection[str] = KNOWN) -> list[str]:
    """The placeholders in a text that do not exist there, in order of appearance."""
    return [name for name in _PATTERN.findall(text) if name not in known]
