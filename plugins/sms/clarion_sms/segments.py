"""How many segments a text takes, each of which is paid for: GSM 7 bit or UCS-2 (3GPP TS 23.038, 6.2.1 and 6.2.3).

One letter outside the GSM alphabet, a curly quote or an á, halves what a segment holds. Texts of more than one segment
lose six octets of each to the header that puts them together again (3GPP TS 23.040, 9.2.3.24.1).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Encoding = Literal["GSM-7", "UCS-2"]

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""One septet each. Of the Spanish letters é, ñ, ü and Ñ, É, Ü are in it, á, í, ó, ú and their capitals are not."""

EXTENSION = frozenset("\f^{}\\[~]|€")
"""Two septets each, an escape and the letter, which must stay in one segment."""

ALONE: dict[Encoding, int] = {"GSM-7": 160, "UCS-2": 70}
JOINED: dict[Encoding, int] = {"GSM-7": 153, "UCS-2": 67}
"""Units that a segment holds: septets, or 16 bits."""

_PLAIN = str.maketrans(
    dict.fromkeys("“”„‟«»″＂", '"')
    | dict.fromkeys("‘’‚‛‹›′´`ʼ＇", "'")
    | dict.fromkeys("‐‑‒–—―−﹣－", "-")
    | dict.fromkeys(
        "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "
    )
    | dict.fromkeys("\u00ad\u200b\u2060\ufeff", "")
    | dict.fromkeys("\u2028\u2029\u0085", "\n")
    | {"…": "...", "•": "*", "⁄": "/", "∙": "*"}
)


@dataclass(frozen=True, slots=True)
class Measure:
    """The size of a text; `units` without the headers that join segments."""

    encoding: Encoding
    units: int
    segments: int


def measure(words: str) -> Measure:
    """The encoding, the units and the segments of this text as it is; one without letters has no segment."""
    encoding, width = _widths(words)
    return Measure(encoding, sum(map(width, words)), len(parts(words)))


def parts(words: str) -> list[str]:
    """The text cut as telephones get it: no escape pair, and no surrogate pair, is cut in two."""
    encoding, width = _widths(words)
    if sum(map(width, words)) <= ALONE[encoding]:
        return [words] if words else []
    cut, start, filled = [], 0, 0
    for place, letter in enumerate(words):
        if filled + width(letter) > JOINED[encoding]:
            cut.append(words[start:place])
            start, filled = place, 0
        filled += width(letter)
    return [*cut, words[start:]]


def smart(words: str) -> str:
    """The text with typographic signs as the GSM alphabet has them, if all of it then fits into that alphabet.

    If not, as in Chinese, or with an á, that would gain nothing: then only letters and accents are put together.
    """
    composed = unicodedata.normalize("NFC", words)
    plain = composed.translate(_PLAIN)
    return plain if not _outside(plain) else composed


def odd(words: str) -> str:
    """Each character once that makes this text UCS-2 even after `smart`, so that its author can do without."""
    return _outside(unicodedata.normalize("NFC", words).translate(_PLAIN))


def _outside(words: str) -> str:
    return "".join(dict.fromkeys(letter for letter in words if letter not in BASIC and letter not in EXTENSION))


def _widths(words: str) -> tuple[Encoding, Callable[[str], int]]:
    if _outside(words):
        return "UCS-2", lambda letter: 2 if ord(letter) > 0xFFFF else 1
    return "GSM-7", lambda letter: 2 if letter in EXTENSION else 1
