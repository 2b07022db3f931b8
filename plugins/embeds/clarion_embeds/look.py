"""How a frame looks: what is asked for in its address, as far as it can be had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import urlencode

from clarion.api import reads_on_paper

Theme = Literal["auto", "light", "dark"]

PARTS = ("title", "ask", "count", "languages")
"""What can be shown besides the form."""

NONE = "none"
"""What is said where nothing of that is to be shown: saying nothing means the usual."""


@dataclass(frozen=True, slots=True)
class Look:
    """The look of one frame."""

    theme: Theme = "auto"
    accent: str = ""
    """The colour that was asked for, or empty for the partner's or the campaign's."""
    compact: bool = False
    show: tuple[str, ...] = PARTS

    @classmethod
    def asked(cls, wanted: Mapping[str, str]) -> Look:
        """The look that is asked for; what is unknown or cannot be read is left out, and nothing is refused."""
        theme = wanted.get("theme", "")
        accent = f"#{wanted.get('accent', '').removeprefix('#').lower()}"
        compact = wanted.get("compact", "") in ("1", "true", "yes")
        named = wanted.get("show", "").split(",")
        usual = tuple(part for part in PARTS if part != "ask") if compact else PARTS
        return cls(
            cast(Theme, theme) if theme in ("light", "dark") else "auto",
            accent if reads_on_paper(accent) else "",
            compact,
            tuple(part for part in PARTS if part in named) or (() if NONE in named else usual),
        )

    def said(self) -> dict[str, str]:
        """What asks for this look: nothing for the usual one."""
        usual = Look.asked({"compact": "1"} if self.compact else {})
        said = {
            "theme": "" if self.theme == "auto" else self.theme,
            "accent": self.accent.removeprefix("#"),
            "compact": "1" if self.compact else "",
            "show": "" if self.show == usual.show else ",".join(self.show) or NONE,
        }
        return {name: value for name, value in said.items() if value}

    def query(self, partner: str) -> str:
        """The part of an address after `?` that asks for it in the place of a partner."""
        found = urlencode({**({"partner": partner} if partner else {}), **self.said()}, safe=",")
        return f"?{found}" if found else ""
