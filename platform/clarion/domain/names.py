"""Names of people and their own words: what is taken, how it is cleaned, what is shown of it."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

MAX_NAME = 120
MAX_REASON = 1000

Refusal = Literal["empty", "too_long", "link", "start", "characters"]

_JOINERS = "\u200c\u200d"
"""Zero-width joiners: needed by Persian, Indic and other scripts, so they stay inside a name."""

_OPENERS = "'’ʻ‘`´\"“„«"

_SYLLABLES = ("CJK ", "IDEOGRAPHIC ", "HANGUL ", "HIRAGANA ", "KATAKANA ", "BOPOMOFO ")
"""What the Unicode names of such characters start with."""

_SUFFIXES = {"jr", "sr", "ii", "iii", "iv"}

# The first kind of ending is no word of any name, so spaces around the dot betray a link that hides. The second
# is: `Dr. Ly` and `Mr. Dev Patel` are people.
_LINK = re.compile(
    r"(?:https?|ftp)\s*:|//|\bwww\s*\.|@\w|"
    r"\b[\w-]{2,}\s?\.\s?(?:com|org|net|info|biz|xyz|online)\b|"
    r"\b[\w-]{2,}(?:\.|\s\.\s?)(?:io|co|ly|me|ru|cn|top|site|shop|app|dev)\b|"
    r"(?:\bw\s*){3}\.",
    re.IGNORECASE,
)


class TextRefused(ValueError):
    """A name that cannot be taken; `reason` says why in one word."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason)
        self.reason: Refusal = reason


def clean_text(text: str) -> str:
    """Free text without what cannot be seen: controls and direction overrides out, NFC, trimmed.

    Line breaks stay. Direction overrides let a name or a reason rewrite the look of the words
    around it (Unicode TR 36, section 3).
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    seen = (c for c in text if c == "\n" or c in _JOINERS or unicodedata.category(c)[0] != "C")
    return unicodedata.normalize("NFC", "".join(seen)).strip()


def clean_name(text: str) -> str:
    """A person's name on one line, or `TextRefused`.

    Any script, any length from one letter, mononyms, apostrophes and hyphens are names. A name
    starts with a letter (or a mark that opens a quotation), which keeps spreadsheet formulas out,
    and holds no address of a web page.
    """
    if any(c == "\ufffd" or unicodedata.category(c) in ("Cc", "Cs", "Cn") for c in text.strip()):
        raise TextRefused("characters")
    name = " ".join(clean_text(text).split())
    if not name:
        raise TextRefused("empty")
    if len(name) > MAX_NAME:
        raise TextRefused("too_long")
    if _LINK.search(name):
        raise TextRefused("link")
    first = name.lstrip(_OPENERS)[:1]
    if not first or unicodedata.category(first)[0] not in "LM":
        raise TextRefused("start")
    return name


def public_name(name: str) -> str:
    """What is shown in public of a name whose owner agreed: first name and initial, `Ana L.`

    A single word is taken for a first name and stays. Where names are written in characters of one
    syllable each, an initial would be a whole given name, so only the first one is shown: `李.` for
    `李明` and for `李 明`.
    """
    if any(_is_syllable(c) for c in name):
        return f"{next(c for c in name if unicodedata.category(c)[0] == 'L')}."
    words = [w for w in name.split() if w.strip(".,").lower() not in _SUFFIXES] or name.split()
    if len(words) == 1:
        return words[0]
    initial = next((c for c in words[-1] if unicodedata.category(c)[0] == "L"), "")
    first = words[0].rstrip(",")
    return f"{first} {initial.upper()}." if initial else first


def _is_syllable(character: str) -> bool:
    return unicodedata.name(character, "").startswith(_SYLLABLES)
