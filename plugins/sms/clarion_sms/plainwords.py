"""Makes words plain, so that one entry of a list finds all ways to write it: capitals, accents, tricks, slips."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_ALIKE = str.maketrans("đłøıىةکی", "dloiيهكي") | dict.fromkeys(map(ord, "'’‘ʼ`´ʻـ"))
"""Letters that do not decompose; apostrophes and the Arabic tatweel, which people leave out."""

_DIGITS = str.maketrans("013457$@", "oieastsa")
"""What stands for a letter in "st0p"."""

_LONE = re.compile(r"([\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff])")
"""Han, kana, Hangul: written without spaces, or with endings grown on, so that each is a word of its own here."""

_SPELT = re.compile(r"(?<!\w)[^\W\d_](?:[\s.*_-]{1,2}[^\W\d_]){2,}(?!\w)")
_NUMBER = re.compile(r"(?<!\w)#(?![\w#])")
"""In "wrong #"."""

_BESIDE = re.compile(r"(?<=\w)[-_](?=\w)|[*#_@&]")
_REPEATS = re.compile(r"(.)\1{2,}")


def plain(text: str) -> str:
    """Without capitals, accents and invisible characters; what looks like a letter is one, "s t o p" is a word."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    apart = unicodedata.normalize("NFD", folded)
    kept = "".join(_seen(letter) for letter in apart)
    whole = unicodedata.normalize("NFC", kept).translate(_ALIKE)
    return _SPELT.sub(lambda found: re.sub(r"[\W_]", "", found[0]), whole)


def _seen(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind in ("Zs", "Zl", "Zp"):
        return "\n" if kind != "Zs" else " "
    if kind == "Cc":
        return "\n" if letter in "\r\n\v\f" else " "
    # Marks are accents and what picks the colour of a picture; Sk has the skin tones.
    return "" if kind in ("Mn", "Me", "Cf", "Cs", "Co", "Cn", "Sk") else letter


def clauses(text: str) -> Iterator[str]:
    """The clauses of a plain text, each as words with one space between; pictures are words of their own."""
    for clause in "".join(map(_cut, _BESIDE.sub(" ", _NUMBER.sub("number", text)))).split("\n"):
        words = " ".join(_LONE.sub(r" \1 ", clause).split())
        if words:
            yield words


def _cut(letter: str) -> str:
    if letter.isalnum() or letter in " \n$" or unicodedata.category(letter) == "Mc":
        return letter
    return f" {letter} " if unicodedata.category(letter) == "So" else "\n"


def compact(text: str) -> str:
    """The letters alone."""
    return "".join(letter for letter in plain(text) if letter.isalpha())


def words_of(token: str) -> Iterator[str]:
    """What a word may stand for: itself, with digits as letters, with long-drawn letters short."""
    lettered = token.translate(_DIGITS) if any(letter.isalpha() for letter in token) else token
    for word in dict.fromkeys((token, lettered)):
        yield word
        if _REPEATS.search(word):
            yield _REPEATS.sub(r"\1", word)
            yield _REPEATS.sub(r"\1\1", word)


def distance(one: str, other: str) -> int:
    """How many letters were left out, put in, mistaken or swapped with the next (optimal string alignment)."""
    if abs(len(one) - len(other)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
