"""A campaign's colours as CSS: one accent, made readable on light and on dark paper."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from ..assets import FOLDER
from ..domain import colours

Scheme = Literal["auto", "light", "dark"]

_DARK = re.compile(r"\(prefers-color-scheme: ?dark\)")


@lru_cache(maxsize=256)
def theme_css(accent: str) -> str:
    """The few custom properties that differ between campaigns."""
    light = _properties(accent, colours.mix(accent, "#ffffff", 0.88))
    dark_accent = colours.readable(accent, colours.DARK_PAPER, "#ffffff")
    dark = _properties(dark_accent, colours.mix(colours.DARK_PAPER, dark_accent, 0.14))
    return f":root{{{light}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}"


def page_style(accent: str, scheme: Scheme = "auto", more: str = "", *, bare: bool = False) -> str:
    """The whole style of our pages as one text, for a page that can load none; `more` comes last.

    `light` and `dark` hold whatever the reader's device prefers. With `bare` it begins with colours and typefaces only.
    """
    css = f"{_tokens() if bare else _sheet()}{theme_css(accent)}{more}"
    if scheme != "auto":
        css = _DARK.sub(" all" if scheme == "dark" else " not all", css)
        css = css.replace("color-scheme:light dark", f"color-scheme:{scheme}")
    return css


@lru_cache(maxsize=1)
def _sheet() -> str:
    """The sheet of our pages without its comments and without space that says nothing."""
    css = (FOLDER / "clarion.css").read_text("utf-8")
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r" ?([{};]) ?", r"\1", css).replace(": ", ":").replace(", ", ",").replace(";}", "}").strip()


def _tokens() -> str:
    """The names of colours and typefaces with which the sheet begins, in the light and in the dark."""
    return _sheet().partition("*,")[0]


def _properties(accent: str, soft: str) -> str:
    return f"--accent:{accent};--on-accent:{colours.on_colour(accent)};--accent-soft:{soft}"
