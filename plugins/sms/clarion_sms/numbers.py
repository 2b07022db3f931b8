"""Which numbers may be texted: telephones of people in the regions that the site names, and no number that costs.

Whoever can make a site text any number can make it text numbers that pay them ("pumping"), so what may be texted is a
list, and each number is judged by its region, not by its first digits: +1 876 is Jamaica.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType

Fault = Literal["", "not a number", "emergency", "short code", "region", "kind"]

NATIONAL_DIGITS = 5
"""Of the national number in a prefix: of +1 202 555 0123 the area and two digits, some 100,000 numbers."""

EMERGENCY = frozenset({"000", "100", "101", "102", "108", "110", "112", "113", "118", "119", "933", "988", "999"})
"""Beside N11: whoever these reach is not to be kept busy (988 is the Suicide and Crisis Lifeline)."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SHORT = re.compile(r"(?:\+?1)?([0-9]{3})|\+?[0-9]{1,6}")
_N11 = re.compile(r"[2-9]11")

_EXCHANGES = re.compile(r"...(?:(976|950)|([2-9]11)|(555)(?!01[0-9]{2}))")
"""In North America: dial-a-message and carriers (cost), what emergency services own, 555 but for the examples of it."""

_PEOPLES = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
"""All other kinds never: fixed lines where they are told apart, premium, shared cost, toll-free, one number for a
company (UAN), pagers, voicemail, personal numbers that forward at a price, and VoIP, which has no telephone behind it.
In North America nothing tells a mobile from a fixed line."""

_WORLD = "001"
"""The region of networks that belong to no country, satellites among them: +870, +878, +881, +882, +883, +979."""


def fault(number: str, regions: Collection[str]) -> Fault:
    """Why this number (E.164) may not be texted, or "" if it may; `regions` are codes of ISO 3166: US, PR, MX.

    Territories have codes of their own: US without PR leaves out Puerto Rico. Example numbers (555-0100 to 555-0199)
    count as numbers, since nobody has one.
    """
    short = _SHORT.fullmatch(number)
    if short is not None:
        code = short[1] or ""
        return "emergency" if _N11.fullmatch(code) or code in EMERGENCY else "short code"
    parsed = _parsed(number)
    if parsed is None:
        return "not a number"
    exchange = _EXCHANGES.match(str(parsed.national_number)) if parsed.country_code == 1 else None
    if exchange is not None and exchange[2]:
        return "emergency"
    if not phonenumbers.is_valid_number(parsed):
        return "not a number"
    region = phonenumbers.region_code_for_number(parsed)
    if region == _WORLD or region not in regions:
        return "region"
    if exchange is not None or phonenumbers.number_type(parsed) not in _PEOPLES:
        return "kind"
    return ""


def prefix(number: str) -> str:
    """The digits by which sign-ups are counted against pumping, which comes in runs of numbers: +1 20255.

    Text that is no number has the prefix "".
    """
    parsed = _parsed(number)
    if parsed is None:
        return ""
    national = phonenumbers.national_significant_number(parsed)
    return f"+{parsed.country_code}{national[:NATIONAL_DIGITS]}"


def _parsed(number: str) -> PhoneNumber | None:
    """The number, if it stands in E.164 as the rest of the site keeps it."""
    if not _E164.fullmatch(number):
        return None
    try:
        return phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
