"""Fonts for a text: which of those on the machine show its scripts, and which scripts none of them shows.

A name that comes out as empty boxes is nobody's name. So before anything is set, every character is looked up in the
fonts' own tables (OpenType, `cmap`), and what no font has is told by its script.
"""

from __future__ import annotations

import struct
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

import typst

SERIF = ("Noto Serif", "Charter", "Libertinus Serif")
SANS = ("Noto Sans", "Libertinus Serif")
"""The platform's faces, the best first; the last one comes with the typesetter."""

EVERYWHERE = ("Noto Sans CJK SC", "Noto Sans", "Noto")
"""Whose families are asked first, by the start of their names."""

PACKAGES = "fonts-noto-core and fonts-noto-cjk (Debian, Ubuntu)"

LIBERTINUS = ((0x20, 0x24F), (0x300, 0x36F), (0x384, 0x3CE), (0x400, 0x45F), (0x1E00, 0x1EF9), (0x2010, 0x2044))
"""What the typesetter's own serif is known to show: Latin, Greek and Cyrillic with their signs."""

_UNSEEN = {"Cc", "Cf", "Zs", "Zl", "Zp"}
_VARIANTS = {chr(code) for code in range(0xFE00, 0xFE10)}
"""They choose between forms of the character before them and have none of their own."""

_SCRIPT_WORDS = {"CJK": "Chinese", "HANGUL": "Korean", "HIRAGANA": "Japanese", "KATAKANA": "Japanese"}


@dataclass(frozen=True, slots=True)
class Chosen:
    """Families that together show a text, in the order in which they are to be tried."""

    serif: tuple[str, ...]
    sans: tuple[str, ...]
    unseen: frozenset[str]
    """Characters that are in no font."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Their scripts: `Ethiopic`."""
        return tuple(sorted({script_of(character) for character in self.unseen}))


@cache
def all_fonts() -> typst.Fonts:
    """The fonts of the machine, found once: in the system's folders and with the typesetter."""
    return typst.Fonts()


def choose(letters: Set[str], fonts: typst.Fonts | None = None) -> Chosen:
    """The families that show these characters, and the scripts that cannot be shown."""
    paths: dict[str, tuple[Path, int] | None] = {}
    for font in (fonts or all_fonts()).fonts():
        if font.style == "normal" and (font.family not in paths or font.weight == 400):
            paths[font.family] = (Path(font.path), font.index) if font.path else None
    base = [family for family in dict.fromkeys((*SANS, *SERIF)) if family in paths]
    needed = {c for c in letters if unicodedata.category(c) not in _UNSEEN} - _VARIANTS
    chosen = list(base)
    for family in base:
        needed -= _shown(needed, family, paths[family])
    for family in sorted(set(paths) - set(base), key=_rank):
        if not needed:
            break
        shown = _shown(needed, family, paths[family])
        if shown:
            chosen.append(family)
            needed -= shown
    others = tuple(family for family in chosen if family not in base)
    serif, sans = (tuple(face for face in faces if face in paths) for faces in (SERIF, SANS))
    # each goes on with the other's: what one face lacks, the other may have
    return Chosen(_once(serif, others, sans), _once(sans, others, serif), frozenset(needed))


def _once(*lists: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(family for families in lists for family in families))


def _rank(family: str) -> tuple[int, str]:
    """Noto's before others, plain ones before those for special uses."""
    place = next((n for n, start in enumerate(EVERYWHERE) if family.startswith(start)), len(EVERYWHERE))
    return place, family


def script_of(character: str) -> str:
    """The script of a character in a word that can be read: `Ethiopic`, `Chinese`."""
    if is_symbol(character):
        return "symbols such as emoji"
    word = unicodedata.name(character, "UNKNOWN").split()[0]
    return _SCRIPT_WORDS.get(word, word.capitalize())


def is_symbol(character: str) -> bool:
    """Whether it is no letter of a script: an emoji, an arrow."""
    return unicodedata.category(character).startswith("S")


def _shown(needed: Set[str], family: str, place: tuple[Path, int] | None) -> set[str]:
    """Those of the characters that a family shows; none if its file cannot be read."""
    if place is None:
        ranges: Iterable[tuple[int, int]] = LIBERTINUS if family == "Libertinus Serif" else ()
        return _within(needed, ranges)
    try:
        with place[0].open("rb") as file:
            return _within(needed, _ranges(file, place[1]))
    except (OSError, struct.error):
        return set()


def _within(needed: Set[str], ranges: Iterable[tuple[int, int]]) -> set[str]:
    codes = sorted(map(ord, needed))
    found: set[str] = set()
    for first, last in ranges:
        found.update(map(chr, codes[bisect_left(codes, first) : bisect_right(codes, last)]))
    return found


def _ranges(file: BinaryIO, index: int) -> Iterator[tuple[int, int]]:
    start = 0
    if file.read(4) == b"ttcf":
        file.seek(12 + 4 * index)
        (start,) = struct.unpack(">L", file.read(4))
    file.seek(start + 4)
    (tables,) = struct.unpack(">H6x", file.read(8))
    for _ in range(tables):
        tag, offset, length = struct.unpack(">4s4xLL", file.read(16))
        if tag == b"cmap":
            file.seek(offset)
            yield from _mapped(file.read(length))
            return


def _mapped(table: bytes) -> Iterator[tuple[int, int]]:
    """The ranges of a `cmap` table: formats 4 and 12, in one of which every font of today has its Unicode."""
    (count,) = struct.unpack_from(">2xH", table)
    for n in range(count):
        (at,) = struct.unpack_from(">L", table, 8 + 8 * n)
        (form,) = struct.unpack_from(">H", table, at)
        if form == 12:
            (groups,) = struct.unpack_from(">L", table, at + 12)
            for group in range(groups):
                yield struct.unpack_from(">LL", table, at + 16 + 12 * group)
        elif form == 4:
            (doubled,) = struct.unpack_from(">H", table, at + 6)
            ends = struct.unpack_from(f">{doubled // 2}H", table, at + 14)
            starts = struct.unpack_from(f">{doubled // 2}H", table, at + 16 + doubled)
            yield from ((first, last) for first, last in zip(starts, ends, strict=True) if first != 0xFFFF)
