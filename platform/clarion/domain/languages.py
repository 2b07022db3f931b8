"""A language as people see it: its code, its own name, the direction it is written in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Language:
    """One entry of `translations/languages.toml`."""

    code: str
    """BCP 47, such as `es` or `pt-BR`."""
    name: str
    """Its name in itself: `Español`."""
    direction: Literal["ltr", "rtl"] = "ltr"
    english: str = ""
    locale: str = ""
    """The locale that numbers and dates are written in, where the language alone would say another."""
