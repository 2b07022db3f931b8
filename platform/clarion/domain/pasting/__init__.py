"""A petition as it was pasted, taken apart: to whom, in which languages, what is asked, why, and what is doubtful.

Staff have it in a document or a mail, and the news has just broken. Nothing is made up here and no word is changed:
what is missing, cut off or unclear is a `Doubt` for a person.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Literal

from .addressed import Addressed, read_addressed, with_roles
from .doubts import find_doubts
from .petition import Doubt, Pasted, Said
from .sections import Part, is_item, read_parts, without_mark
from .tongues import OTHER_SCRIPTS, language_of, listed, plain

__all__ = ("LONGEST", "Doubt", "Pasted", "Said", "take_apart")

LONGEST = 200_000
LONGEST_TITLE = 160

_INLINE = re.compile(r"\((\d{1,2})\)\s*")
_GREETING_END = re.compile(r"[,:]\s*$")


def take_apart(source: str, languages: Collection[str] = (), main: str = "en") -> Pasted:
    """Take a pasted petition apart; `languages` are those that the platform has, `main` is guessed where words do not
    tell. Raises `ValueError` if it is too long."""
    if len(source) > LONGEST:
        raise ValueError(f"longer than {LONGEST:,} characters")
    pasted, parts = Pasted(), list(read_parts(_cleaned(source)))
    reader = _Reader(pasted, languages, main)
    for place, part in enumerate(parts):
        reader.take(part, parts[place + 1] if place + 1 < len(parts) else None)
    reader.end()
    return pasted


def _cleaned(source: str) -> str:
    """The text with line breaks of one kind, spaces of one kind, and nothing that cannot be seen."""
    text = re.sub("\r\n?|[\u2028\u0085\v\f]", "\n", source).replace("\u2029", "\n\n")
    kept = (letter for letter in text if letter in "\n\t" or not unicodedata.category(letter).startswith("C"))
    return "".join(" " if letter not in "\n\t" and letter.isspace() else letter for letter in kept)


class _Reader:
    """Reads part after part; what a paragraph is depends on what stood before it."""

    def __init__(self, pasted: Pasted, languages: Collection[str], main: str) -> None:
        self._pasted, self._languages, self._main = pasted, languages, main
        self._now = ""
        self._in: Literal["head", "ask", "why", "reasons", "list", "over"] = "head"
        self._roles = ""

    def take(self, part: Part, following: Part | None) -> None:
        """Put one part where it belongs; `following` helps to tell the language of a short one."""
        if part.kind in ("to", "cc"):
            people = read_addressed(part.text)
            role: Literal["to", "cc"] = "cc" if part.kind == "cc" else "to"
            self._pasted.recipients += [Addressed(p.name, p.office, p.email, role, p.cut) for p in people]
            self._in = "list" if not people else self._in
        elif part.kind == "roles":
            self._roles = part.text
        elif part.kind == "title":
            self._said(part.text).title = " ".join(part.text.split())
            self._in = "ask"
        elif part.kind in ("why", "reasons", "ask"):
            self._in = part.kind
        elif part.kind == "text":
            self._text(part, following)
        elif part.kind == "closing":
            self._in = "over"

    def _text(self, part: Part, following: Part | None) -> None:
        if self._in == "reasons":
            self._reason(part.text)
            return
        if self._in == "list":
            self._pasted.recipients += read_addressed(part.text)
            self._in = "head"
            return
        if self._greets(part.text):
            return
        # few words may be a name or a quotation; letters of another script are plain at once
        plain_enough = len(part.text) > LONGEST_TITLE / 2 or part.language in OTHER_SCRIPTS
        code = part.language if plain_enough else ""
        if following and following.kind == "text" and not self._in_head and _is_title(part.text):
            # a title is short, so what follows tells its language
            code = following.language if following.language not in self._pasted.texts else code
        if code and self._now and code != self._now:
            self._now, self._in = code, "why" if code in self._pasted.texts else "ask"
        if self._in == "over" and not code:
            return
        said = self._said(part.text if following is None else f"{part.text}\n{following.text}")
        if not said.title and not said.ask and _is_title(part.text):
            said.title = " ".join(part.text.split())
            self._in = "ask"
        elif self._in == "why" or said.ask:
            said.why.append(_as_markdown(part.text))
        else:
            said.ask, said.demands = _demands(part.text)
            self._in = "ask"

    @property
    def _in_head(self) -> bool:
        """Whether nothing of the petition itself was read yet."""
        return not self._pasted.texts

    def _said(self, text: str) -> Said:
        if not self._now:
            self._now = language_of(text) or self._main
        return self._pasted.texts.setdefault(self._now, Said(self._now))

    def _greets(self, text: str) -> bool:
        """A line such as "Dear Mayor Bowser," tells to whom it goes."""
        words = plain(text)
        greeting = next((one for one in listed("greeting") if words.startswith(f"{one} ")), "")
        if not greeting or len(text) > 200 or not _GREETING_END.search(text):
            return False
        if not self._pasted.recipients:
            rest = text.strip().split(maxsplit=len(greeting.split()))[-1].rstrip(",: ")
            self._pasted.recipients += read_addressed(rest)
        return True

    def _reason(self, text: str) -> None:
        lines = [line for line in text.split("\n") if line.strip()]
        if any(is_item(line) for line in lines):
            for line in lines:
                if is_item(line) or not self._pasted.reasons:
                    self._pasted.reasons.append(without_mark(line))
                else:
                    self._pasted.reasons[-1] += f" {line.strip()}"
        else:
            self._pasted.reasons.append(" ".join(lines))

    def end(self) -> None:
        """Look at the whole, and note what is doubtful."""
        if self._roles:
            self._pasted.recipients = with_roles(self._pasted.recipients, self._roles)
        for said in self._pasted.texts.values():
            _settle(said)
        self._pasted.doubts = find_doubts(self._pasted, self._languages)


def _settle(said: Said) -> None:
    """A list that follows the ask at once belongs to it; where nothing says why, what came last does."""
    if said.ask and not said.demands and said.why and said.ask.rstrip().endswith(":"):
        items = [line for line in said.why[0].split("\n") if is_item(line)]
        if items and len(items) == len(said.why[0].split("\n")):
            said.demands = [without_mark(line) for line in items]
            del said.why[0]


def _is_title(text: str) -> bool:
    words = text.strip()
    one_line = "\n" not in words and len(words) <= LONGEST_TITLE
    return (
        one_line
        and not is_item(words)
        and not words.endswith((".", ",", ";"))
        and (len(words.split()) > 1 or not words.isascii())
    )


def _demands(text: str) -> tuple[str, list[str]]:
    """What comes before the demands, and the demands: "(1) …; (2) …; and (3) …", or a list."""
    lines = text.split("\n")
    if sum(is_item(line) for line in lines) > 1:
        first = next(n for n, line in enumerate(lines) if is_item(line))
        found: list[str] = []
        for line in lines[first:]:
            if is_item(line):
                found.append(without_mark(line))
            else:
                found[-1] += f" {line.strip()}"
        return " ".join(" ".join(lines[:first]).split()), found
    flat = " ".join(text.split())
    numbers = [int(number) for number in _INLINE.findall(flat)]
    if len(numbers) < 2 or numbers != list(range(1, len(numbers) + 1)):
        return flat, []
    before, *rest = re.split(r"\(\d{1,2}\)\s*", flat)
    joined = "|".join(sorted(listed("and"), key=len, reverse=True))
    demands = [re.sub(rf"[;,]?\s*(?:\b(?:{joined})\b)?\s*$", "", demand).strip() for demand in rest]
    return before.rstrip(), demands


def _as_markdown(text: str) -> str:
    """A paragraph as Markdown: marks of lists become those of Markdown, and the words stay as they are."""
    lines = []
    for line in text.split("\n"):
        numbered = re.match(r"^\s*\(?(\d{1,2})[.)]\s+", line)
        if numbered:
            lines.append(f"{int(numbered[1])}. {without_mark(line)}")
        elif is_item(line):
            lines.append(f"- {without_mark(line)}")
        else:
            lines.append(line.strip())
    return "\n".join(lines)
