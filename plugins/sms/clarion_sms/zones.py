"""The time zones that a phone's owner may live in: by the number, and by the postal code that they gave.

A number says where it was handed out, not where its owner lives now; a ZIP code says where a letter reaches them. So
both count, and where either leaves a choice all of its zones do.
"""

from __future__ import annotations

from functools import lru_cache

import phonenumbers

UNKNOWN = "Etc/Unknown"

MOST = 6
"""Zones of one number: one that may be anywhere on a continent says nothing."""

_EASTERN, _CENTRAL, _MOUNTAIN, _PACIFIC = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
)
_ARIZONA, _ALASKA, _ADAK, _HAWAII = "America/Phoenix", "America/Anchorage", "America/Adak", "Pacific/Honolulu"
_PUERTO_RICO, _GUAM = "America/Puerto_Rico", "Pacific/Guam"
_SAMOA = "Pacific/Pago_Pago"

_ZIP: tuple[tuple[int, int, tuple[str, ...]], ...] = (
    (5, 5, (_EASTERN,)),
    (6, 9, (_PUERTO_RICO,)),
    (10, 89, (_EASTERN,)),
    (100, 322, (_EASTERN,)),
    (323, 325, (_EASTERN, _CENTRAL)),
    (326, 339, (_EASTERN,)),
    (341, 349, (_EASTERN,)),
    (350, 367, (_CENTRAL,)),
    (368, 368, (_EASTERN, _CENTRAL)),
    (369, 372, (_CENTRAL,)),
    (373, 374, (_EASTERN, _CENTRAL)),
    (375, 375, (_CENTRAL,)),
    (376, 379, (_EASTERN,)),
    (380, 384, (_CENTRAL,)),
    (385, 385, (_EASTERN, _CENTRAL)),
    (386, 397, (_CENTRAL,)),
    (398, 400, (_EASTERN,)),
    (401, 401, (_EASTERN, _CENTRAL)),
    (402, 418, (_EASTERN,)),
    (420, 424, (_CENTRAL,)),
    (425, 427, (_EASTERN, _CENTRAL)),
    (430, 462, (_EASTERN,)),
    (463, 463, (_EASTERN, _CENTRAL)),
    (464, 464, (_CENTRAL,)),
    (465, 465, (_EASTERN, _CENTRAL)),
    (466, 474, (_EASTERN,)),
    (475, 477, (_EASTERN, _CENTRAL)),
    (478, 478, (_EASTERN,)),
    (479, 479, (_EASTERN, _CENTRAL)),
    (480, 497, (_EASTERN,)),
    (498, 499, (_EASTERN, _CENTRAL)),
    (500, 574, (_CENTRAL,)),
    (575, 577, (_CENTRAL, _MOUNTAIN)),
    (580, 584, (_CENTRAL,)),
    (585, 586, (_CENTRAL, _MOUNTAIN)),
    (587, 587, (_CENTRAL,)),
    (588, 588, (_CENTRAL, _MOUNTAIN)),
    (590, 599, (_MOUNTAIN,)),
    (600, 676, (_CENTRAL,)),
    (677, 679, (_CENTRAL, _MOUNTAIN)),
    (680, 689, (_CENTRAL,)),
    (690, 693, (_CENTRAL, _MOUNTAIN)),
    (700, 797, (_CENTRAL,)),
    (798, 799, (_CENTRAL, _MOUNTAIN)),
    (800, 834, (_MOUNTAIN,)),
    (835, 835, (_MOUNTAIN, _PACIFIC)),
    (836, 837, (_MOUNTAIN,)),
    (838, 838, (_PACIFIC,)),
    (840, 847, (_MOUNTAIN,)),
    (850, 859, (_ARIZONA,)),
    (860, 865, (_ARIZONA, _MOUNTAIN)),
    (870, 885, (_MOUNTAIN,)),
    (889, 897, (_PACIFIC,)),
    (898, 898, (_MOUNTAIN, _PACIFIC)),
    (900, 961, (_PACIFIC,)),
    (967, 967, (_HAWAII, _SAMOA)),  # 96799 is American Samoa
    (968, 968, (_HAWAII,)),
    (969, 969, (_GUAM,)),
    (970, 978, (_PACIFIC,)),
    (979, 979, (_MOUNTAIN, _PACIFIC)),
    (980, 994, (_PACIFIC,)),
    (995, 996, (_ALASKA, _ADAK)),
    (997, 999, (_ALASKA,)),
)
"""The first three digits of US ZIP codes, from and to, with the zones of their areas (49 CFR 71). Codes of the armed
forces are in none: they may be anywhere."""


@lru_cache(maxsize=10_000)
def of_number(number: str) -> tuple[str, ...]:
    """The zones of a number in E.164; none where it says nothing."""
    from phonenumbers.timezone import time_zones_for_number  # noqa: PLC0415 - its data is large

    try:
        found = time_zones_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return ()
    return () if UNKNOWN in found or len(found) > MOST else tuple(found)


def of_postal_code(code: str, country: str) -> tuple[str, ...]:
    """The zones of a US ZIP code; none of any other code."""
    digits = code.strip()[:5]
    if country != "US" or not (digits.isascii() and digits.isdecimal() and len(digits) == 5):
        return ()
    return next((zones for first, last, zones in _ZIP if first <= int(digits[:3]) <= last), ())


def of_country(country: str) -> tuple[str, ...]:
    """The zones of a whole country, for those of whom nothing else is known."""
    if country == "US":
        return _EASTERN, _CENTRAL, _MOUNTAIN, _ARIZONA, _PACIFIC, _ALASKA, _HAWAII
    code = phonenumbers.country_code_for_region(country)
    example = phonenumbers.example_number(country) if code else None
    return of_number(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)) if example else ()
