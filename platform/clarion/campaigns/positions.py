"""Where a key stands in a TOML file: the parser does not say, and a fault without its line is half a help."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_TABLE = re.compile(r"^\s*\[([^\[\]]+)\]\s*(?:#.*)?$")
_PAIR = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")

TOO_MANY_PARTS = 20
_DOTTED = re.compile(rf"""(?:[\w"'-]{{1,100}}[ \t]{{0,9}}\.[ \t]{{0,9}}){{{TOO_MANY_PARTS}}}""")
DEEPEST = 5
"""Parts of a path that are told apart: no key of the table lies deeper."""


def key_lines(source: str) -> dict[tuple[str, ...], int]:
    """The line (from 1) of every table and key, by its path from the root."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(source.split("\n"), 1):
        if match := _TABLE.match(line):
            table = _split(match[1])
            for depth in range(1, len(table) + 1):
                found.setdefault(table[:depth], number)
        elif match := _PAIR.match(line):
            path = table + _split(match[1])
            for depth in range(len(table) + 1, len(path) + 1):
                found.setdefault(path[:depth], number)
    return found


def line_of(lines: Mapping[tuple[str, ...], int], path: Sequence[object]) -> int | None:
    """The line of a path, or of the nearest table that holds it."""
    words = tuple(str(part) for part in path)
    for depth in range(len(words), 0, -1):
        if words[:depth] in lines:
            return lines[words[:depth]]
    return None


def too_deep(source: str) -> int | None:
    """The line of a dotted key of twenty parts and more, which would cost the parser all memory there is."""
    lines = enumerate(source.split("\n"), 1)
    return next((n for n, line in lines if line.count(".") >= TOO_MANY_PARTS and _DOTTED.search(line)), None)


def toml_hint(source: str, line: int | None, message: str) -> str:
    """What to do about a line that the parser does not take: what people write by habit is told by name."""
    lines = source.split("\n")
    text = lines[line - 1] if line and line <= len(lines) else ""
    key, _, value = (part.strip() for part in text.partition("="))
    if "overwrite" in message:
        return "Keep one of the two."
    if re.search("(^|[\\[,])\\s*[“”„‟«»‘’]", value):
        return 'Write straight quotes " instead of curly ones.'
    if number := re.match(r"\d{1,3}(,\d{3})+", value):
        return f"Write the number without a comma: {key} = {number[0].replace(',', '')}"
    if re.match(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}", value):
        return "Write a day that exists, as year, month and day: 2026-07-12."
    if word := re.match(r"[^\W\d][\w-]*", value):
        return f'Put words into quotes: {key} = "{word[0]}"'
    return 'Write each line as key = "value".'


def _split(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split(".", DEEPEST)[:DEEPEST])
