"""A campaign's colours as CSS: one accent, made readable on light and on dark paper."""

from __future__ import annotations

from functools import lru_cache

from ..domain import colours


@lru_cache(maxsize=256)
def theme_css(accent: str) -> str:
    """The few custom properties that differ between campaigns."""
    light = _properties(accent, colours.mix(accent, "#ffffff", 0.88))
    dark_accent = colours.readable(accent, colours.DARK_PAPER, "#ffffff")
    dark = _properties(dark_accent, colours.mix(colours.DARK_PAPER, dark_accent, 0.14))
    return f":root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}"


def _properties(accent: str, soft: str) -> str:
    return f"--accent:{accent};--on-accent:{colours.on_colour(accent)};--accent-soft:{soft}"
