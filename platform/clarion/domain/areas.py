"""Coarse areas for totals: enough for a map by region, never enough to find a house."""

from __future__ import annotations

import re

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
