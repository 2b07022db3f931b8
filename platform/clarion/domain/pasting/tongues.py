"""Which language a paragraph is in, by the words that stand in almost every sentence."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

_WORD = re.compile(r"[^\W\d_]+")

_SCRIPTS = {
    "CJK": "zh",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "ARABIC": "ar",
    "ETHIOPIC": "am",
    "CYRILLIC": "ru",
    "HEBREW": "he",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
}
"""By the first word of a letter's Unicode name: the language that most people here write with it."""

OTHER_SCRIPTS = frozenset(_SCRIPTS.values())

SURE = 3
"""Common words of one language more than of any other, from which on it is plain."""

Words = Mapping[str, Mapping[str, tuple[str, ...]]]


@cache
def words() -> Words:
    """The lists of `words.toml` by language and name, in plain letters."""
    raw = tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))
    return {code: {name: tuple(map(plain, some)) for name, some in lists.items()} for code, lists in raw.items()}


def plain(text: str) -> str:
    """Small letters without accents and signs, one space between words."""
    apart = unicodedata.normalize("NFD", text.casefold())
    return " ".join(_WORD.findall("".join(letter for letter in apart if not unicodedata.combining(letter))))


def language_of(text: str) -> str:
    """The language of a text, or "" where neither letters nor words tell."""
    if script := _script(text):
        return script
    known = words()
    found = plain(text).split()
    counts = {code: sum(word in lists["common"] for word in found) for code, lists in known.items()}
    ranked = sorted(counts, key=lambda code: -counts[code])
    first, second = ranked[0], ranked[1]
    enough = counts[first] - counts[second] >= min(SURE, max(1, len(found) // 4))
    return first if enough and counts[first] else ""


def _script(text: str) -> str:
    """The language that most letters stand for by themselves."""
    names = Counter(unicodedata.name(letter, "").partition(" ")[0] for letter in text if letter.isalpha())
    most = names.most_common(1)
    return _SCRIPTS.get(most[0][0], "") if most else ""


def listed(name: str) -> frozenset[str]:
    """The entries of a list in all languages, as people mix them."""
    return frozenset(entry for lists in words().values() for entry in lists.get(name, ()))
