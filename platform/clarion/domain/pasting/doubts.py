"""What is doubtful in a pasted petition, and how it is said."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from .petition import Code, Doubt, Pasted, Said

_CUT = re.compile(r"(?:\.\.\.|…)\s*$")
_SHOWN = 60

WORDS: dict[str, str] = {
    "cut off": "it breaks off in the middle: %(detail)s",
    "no office": "the office of %(detail)s is not told",
    "no title": "there is no title",
    "no ask": "nothing says what is asked",
    "no why": "nothing says why it is important",
    "no recipients": "nobody is addressed",
    "nothing": "there is no text",
    "language": "some of it seems to be in a language that is not offered here: %(detail)s",
}
"""By code; pages translate these."""


def in_words(doubt: Doubt) -> str:
    """A doubt for whoever reads English."""
    return f"{doubt.place}: {WORDS[doubt.code] % {'detail': doubt.detail}}"


def find_doubts(pasted: Pasted, languages: Collection[str] = ()) -> list[Doubt]:
    """All that a person had better look at; `languages` are those that the platform has."""
    found = [] if pasted.texts else [Doubt("text", "nothing")]
    found += [Doubt("text", "language", code) for code in pasted.texts if languages and code not in languages]
    found += _of_recipients(pasted)
    for said in pasted.texts.values():
        found += _of_text(said)
    return found


def _of_recipients(pasted: Pasted) -> Iterator[Doubt]:
    if not pasted.recipients:
        yield Doubt("recipients", "no recipients")
    for person in pasted.recipients:
        if person.cut:
            yield Doubt("recipients", "cut off", person.name)
        elif not person.office:
            yield Doubt("recipients", "no office", person.name)


def _of_text(said: Said) -> Iterator[Doubt]:
    missing: dict[str, tuple[Code, object]] = {
        "title": ("no title", said.title),
        "ask": ("no ask", said.ask_as_markdown),
        "why": ("no why", said.why),
    }
    for part, (code, words) in missing.items():
        if not words:
            yield Doubt(f"{said.language}.{part}", code)
    for part, some in (("ask", [said.ask, *said.demands]), ("why", said.why)):
        for words in some:
            if _CUT.search(words):
                yield Doubt(f"{said.language}.{part}", "cut off", words[-_SHOWN:])
