"""Coarse areas for totals: enough for a map by region, never enough to find a house."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

SMALL_AREA = 10
"""With fewer people an area is not shown: who knows a signer there could tell who the others are."""

_POSTAL = re.compile(r"[A-Z0-9](?:[A-Z0-9 -]{0,10}[A-Z0-9])?")
_US_ZIP = re.compile(r"[0-9]{5}(?:-[0-9]{4})?")


def clean_postal_code(text: str, country: str) -> str | None:
    """The postal code in capitals with single spaces, or `None` if it cannot be one.

    US codes are checked as such (USPS Publication 28: five digits, or ZIP+4); elsewhere up to
    twelve letters, digits, spaces and hyphens (Universal Postal Union).
    """
    code = " ".join(text.upper().split())
    pattern = _US_ZIP if country == "US" else _POSTAL
    return code if pattern.fullmatch(code) else None


def area_of(postal_code: str, country: str) -> str:
    """The area a signature counts for: `US-200` for a US code, else the country, else nothing.

    The first three digits of a ZIP code are a sectional centre, hundreds of thousands of people.
    """
    if country == "US" and _US_ZIP.fullmatch(postal_code):
        return f"US-{postal_code[:3]}"
    return country if postal_code else ""


@dataclass(frozen=True, slots=True)
class AreaCounts:
    """Numbers by area, fit to be shown."""

    shown: tuple[tuple[str, int], ...]
    """The areas that are large enough, the largest first."""
    hidden: int
    """The people of all other areas together."""


def hide_small(counts: Mapping[str, int]) -> AreaCounts:
    """Put areas with fewer than `SMALL_AREA` people together, and as many more as that needs.

    A small area that is hidden alone is found again by taking those shown from the total. So the smallest
    of those shown are hidden too, until what is hidden is two areas at least and not small itself. Statistical
    disclosure control knows this as complementary, or secondary, cell suppression. It guards one look at the
    numbers: who writes them down before and after a signature may learn where it came from. Where nothing is
    left to show, what is hidden can be a small area alone, but then no area is named at all.
    """
    shown = sorted(((area, n) for area, n in counts.items() if n), key=lambda area: (-area[1], area[0]))
    hidden: list[int] = []
    while shown and (shown[-1][1] < SMALL_AREA or (hidden and (len(hidden) < 2 or sum(hidden) < SMALL_AREA))):
        hidden.append(shown.pop()[1])
    return AreaCounts(tuple(shown), sum(hidden))
