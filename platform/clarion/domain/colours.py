"""Accent colours that can be read: contrast as WCAG 2.2 defines it (1.4.3, level AA)."""

from __future__ import annotations

import re

AA = 4.5
LIGHT_PAPERS = ("#ffffff", "#fbf9f5")
DARK_PAPER = "#211e1a"
DARK_INK = "#14110e"

_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def is_colour(text: str) -> bool:
    """Whether the text is a colour as a campaign writes it: `#a3321f`."""
    return bool(_HEX.fullmatch(text))


def reads_on_paper(colour: str) -> bool:
    """Whether the text is a colour that reads on the papers of our pages, as an accent must."""
    return is_colour(colour) and all(contrast(colour, paper) >= AA for paper in LIGHT_PAPERS)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mix(colour: str, other: str, share: float) -> str:
    """`colour` with `share` (0 to 1) of `other` in it."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def readable(colour: str, paper: str, towards: str) -> str:
    """The colour moved towards another, no further than it needs, until it reads on the paper."""
    for step in range(21):
        tried = mix(colour, towards, step / 20)
        if contrast(tried, paper) >= AA:
            return tried
    return towards


def on_colour(colour: str) -> str:
    """The ink, white or near black, that reads better on the colour."""
    return max(("#ffffff", DARK_INK), key=lambda ink: contrast(ink, colour))


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    def linear(channel: int) -> float:
        value = channel / 255
        return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(c) for c in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
