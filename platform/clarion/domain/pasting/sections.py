"""What each part of a pasted text is: a label, a heading, an aside, a paragraph, with its language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .tongues import language_of, listed, plain

Kind = Literal["to", "cc", "title", "ask", "why", "reasons", "aside", "roles", "closing", "text"]

_LABEL = re.compile(r"^\s*\**\s*([^:\n]{1,40}?)\s*\**\s*:\s*(.*)$", re.DOTALL)
_STARS = re.compile(r"^\W*[*_~=-]{2,}\W*.*?\W*[*_~=-]{2,}\W*$")
_ROLES = re.compile(r"^\(?\s*(?:to|para|a)\s*:.*\bcc\s*:.*\)?$", re.IGNORECASE | re.DOTALL)
_ITEM = re.compile(r"^\s*(?:[•*·▪–-]|\(?\d{1,2}[.)])\s+")

LONGEST_HEADING = 8
"""Words."""

LONGEST_SIGN_OFF = 200
"""Letters of "Sincerely," and who signs below."""


@dataclass(frozen=True, slots=True)
class Part:
    """One paragraph."""

    kind: Kind
    text: str
    language: str = ""


def read_parts(text: str) -> Iterator[Part]:
    """The paragraphs of a text; a heading stands by itself even where no empty line follows."""
    for block in re.split(r"\n\s*\n", text):
        rest: list[str] = []
        for line in block.split("\n"):
            kind = _heading(line)
            if kind is not None:
                if rest:
                    yield _paragraph("\n".join(rest))
                    rest = []
                yield Part(kind, "", language_of(line))
            elif line.strip():
                rest.append(line)
        if rest:
            yield _paragraph("\n".join(rest))


def _heading(line: str) -> Kind | None:
    """What a line heads, if it is nothing but a heading."""
    words = plain(line)
    if not words or len(words.split()) > LONGEST_HEADING or line.strip().endswith((".", ",")):
        return None
    for kind in ("why", "reasons", "ask"):
        if words in listed(kind):
            return kind
    return None


def _paragraph(block: str) -> Part:
    text = block.strip()
    if _ROLES.match(text):
        return Part("roles", text)
    words = plain(text)
    aside = len(words.split()) <= 5 and (
        words in listed("below") or any(words.endswith(one) for one in ("abajo", "below"))
    )
    if aside or (_STARS.match(text) and len(words.split()) <= LONGEST_HEADING):
        return Part("aside", text)
    first = text.split("\n", 1)[0]
    label = _LABEL.match(text)
    if label and not is_item(first):
        name = plain(label[1])
        for kind in ("to", "cc", "title"):
            if name in listed(kind):
                return Part(kind, label[2].strip(), language_of(label[2]))
    ends = plain(first)
    short = len(ends.split()) <= 4 and len(text) <= LONGEST_SIGN_OFF
    if short and any(ends == one or ends.startswith(f"{one} ") for one in listed("closing")):
        return Part("closing", text)
    return Part("text", text, language_of(text))


def is_item(line: str) -> bool:
    """Whether a line is one of a list."""
    return bool(_ITEM.match(line))


def without_mark(line: str) -> str:
    """A line of a list without what marks it."""
    return _ITEM.sub("", line, count=1).strip()
