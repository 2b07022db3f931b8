"""What is wrong with a campaign folder, said so that its author can mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: where it is, what is wrong and what to do; a `warning` does not stop publishing."""

    file: str
    message: str
    hint: str
    line: int | None = None
    key: str = ""
    level: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        key = f" [{self.key}]" if self.key else ""
        return printable(f"{place}:{key} {self.message} {self.hint}".rstrip())


def printable(words: str) -> str:
    """Words that every terminal takes: the name of a file on disk need not be valid UTF-8."""
    return words.encode("utf-8", "backslashreplace").decode("utf-8")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`Did you mean "x"?` for the closest known word, else the list of those that exist."""
    options = sorted(known)
    close = difflib.get_close_matches(word, options, n=1, cutoff=0.6)
    if close:
        return f'Did you mean "{close[0]}"?'
    return f"Known here: {', '.join(options)}."
