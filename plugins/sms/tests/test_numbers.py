"""Which numbers may be texted: none that costs, none outside the regions, no emergency service."""

from __future__ import annotations

import random
from collections.abc import Iterator

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from clarion_sms.numbers import fault, prefix

EVERYWHERE = frozenset(phonenumbers.SUPPORTED_REGIONS) | {"001"}
"""The most generous list that a site could name, to see that kinds are told apart even then."""

TOLD_APART = ["GB", "DE", "ES", "FR", "IT", "PT", "CN", "VN", "ET", "CO", "GT", "HN", "SV", "PH", "HT"]
COSTLY = [
    PhoneNumberType.PREMIUM_RATE,
    PhoneNumberType.SHARED_COST,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.UAN,
    PhoneNumberType.PAGER,
    PhoneNumberType.VOICEMAIL,
    PhoneNumberType.PERSONAL_NUMBER,
    PhoneNumberType.VOIP,
]


def example(region: str, kind: int) -> str | None:
    """The library's own example of a number of this kind."""
    number = phonenumbers.example_number_for_type(region, kind)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if number else None


def run(start: str, length: int, count: int) -> Iterator[str]:
    """Numbers that begin so and have as many digits, the same ones each time."""
    chance = random.Random(start)
    for _ in range(count):
        yield start + "".join(chance.choice("0123456789") for _ in range(length - len(start) + 1))


def landlines(region: str, count: int) -> Iterator[str]:
    """Numbers near the example of a fixed line that the library calls one."""
    start = example(region, PhoneNumberType.FIXED_LINE)
    assert start is not None
    found = 0
    for number in run(start[:-4], len(start) - 1, 1000):
        if phonenumbers.number_type(phonenumbers.parse(number)) == PhoneNumberType.FIXED_LINE:
            yield number
            found += 1
            if found == count:
                return


def forbidden() -> list[str]:
    """A thousand numbers that a site for the United States, Mexico and the countries above must not text."""
    numbers = [
        *run("+1876", 11, 200),
        *run("+1900", 11, 150),
        *run("+1202976", 11, 50),
        *run("+1202911", 11, 50),
        *run("+1800", 11, 50),
        *run("+882", 12, 100),
        *run("+883", 12, 50),
        *run("+870", 12, 50),
        *run("+881", 12, 50),
        *run("+979", 12, 30),
        *run("+1284", 11, 30),
    ]
    for region in TOLD_APART:
        numbers += landlines(region, 12)
    numbers += ["911", "+1911", "1911", "+911", "112", "+112", "988", "+1988", "411", "999", "000", "20255", "262966"]
    return numbers


def test_none_of_a_thousand_forbidden_numbers_may_be_texted() -> None:
    numbers = forbidden()
    assert len(numbers) >= 1000
    assert not [number for number in numbers if not fault(number, {"US", "MX", *TOLD_APART})]


@pytest.mark.parametrize("region", ["US", "PR", "MX", "GB", "CA", *TOLD_APART])
def test_telephones_of_people_may_be_texted_where_their_region_is_listed(region: str) -> None:
    number = example(region, PhoneNumberType.MOBILE)
    assert number is not None
    assert fault(number, {region}) == ""
    assert fault(number, EVERYWHERE) == ""
    assert fault(number, EVERYWHERE - {region}) == "region"
    assert fault(number, ()) == "region"


@pytest.mark.parametrize("kind", COSTLY)
def test_what_costs_or_has_no_telephone_behind_it_never(kind: int) -> None:
    numbers = [number for region in sorted(EVERYWHERE - {"001"}) if (number := example(region, kind))]
    assert len(numbers) >= 3
    assert {fault(number, EVERYWHERE) for number in numbers} <= {"kind", "short code"}


@pytest.mark.parametrize("code", [800, 808, 870, 878, 881, 882, 883, 979])
def test_networks_of_no_country_never(code: int) -> None:
    number = phonenumbers.example_number_for_non_geo_entity(code)
    assert fault(phonenumbers.format_number(number, PhoneNumberFormat.E164), EVERYWHERE) == "region"


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("+18765550123", "region"),
        ("+12025550123", ""),
        ("+12025550199", ""),
        ("+12025551212", "kind"),
        ("+12025550200", "kind"),
        ("+12029761234", "kind"),
        ("+19005550123", "kind"),
        ("+12029112345", "emergency"),
        ("911", "emergency"),
        ("+1911", "emergency"),
        ("112", "emergency"),
        ("988", "emergency"),
        ("311", "emergency"),
        ("262966", "short code"),
        ("+442079460123", "kind"),
        ("+447400123456", ""),
        ("2025550123", "not a number"),
        ("+1 202 555 0123", "not a number"),
        ("+1202555012", "not a number"),
        ("+12025550123;ext=4", "not a number"),
        ("+１２０２５５５０１２３", "not a number"),
        ("", "not a number"),
    ],
)
def test_a_fault_says_which(number: str, told: str) -> None:
    assert fault(number, {"US", "GB"}) == told


def test_a_prefix_is_shared_by_a_run_of_numbers() -> None:
    assert prefix("+12025550123") == prefix("+12025550199") == "+120255"
    assert prefix("+12025660123") != prefix("+12025550123")
    assert prefix("+447400123456") == "+4474001"
    assert prefix("nonsense") == ""


@given(st.text(max_size=40) | st.from_regex(r"\+?[0-9]{0,17}", fullmatch=True))
def test_any_text_gets_an_answer(number: str) -> None:
    told = fault(number, {"US"})
    assert told in {"", "not a number", "emergency", "short code", "region", "kind"}
    if not told:
        assert prefix(number).startswith("+1")
