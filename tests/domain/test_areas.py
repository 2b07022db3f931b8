"""Postal codes, and the coarse areas that totals are kept for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarion.domain.areas import area_of, clean_postal_code


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [
        ("20009", "US", "20009"),
        (" 20009-1234 ", "US", "20009-1234"),
        ("sw1a  1aa", "GB", "SW1A 1AA"),
        ("k1a 0b1", "CA", "K1A 0B1"),
        ("1010", "AT", "1010"),
        ("01000-000", "BR", "01000-000"),
        ("7", "XX", "7"),
        ("123456789012", "XX", "123456789012"),
    ],
)
def test_postal_codes_are_taken_in_one_spelling(text: str, country: str, code: str) -> None:
    assert clean_postal_code(text, country) == code


@pytest.mark.parametrize("country", ["US", "GB"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        "'; DROP TABLE signature",
        "%",
        "2000%",
        "200_9",
        "<b>",
        "20009\0",
        "9" * 4000,
        "ABCDE FGHI JKLM",
        "٢٠٠٠٩",
    ],
)
def test_what_is_no_postal_code_is_refused(text: str, country: str) -> None:
    assert clean_postal_code(text, country) is None


@pytest.mark.parametrize("text", ["2000", "200099", "20009-", "20009-12", "2000A", "SW1A 1AA", "20009 1234"])
def test_codes_of_the_us_are_checked_as_such(text: str) -> None:
    assert clean_postal_code(text, "US") is None


@given(st.integers(0, 99999).map("{:05d}".format), st.integers(0, 9999).map("{:04d}".format))
def test_an_area_is_three_digits_of_a_code_and_no_more(code: str, more: str) -> None:
    assert area_of(code, "US") == f"US-{code[:3]}"
    assert area_of(f"{code}-{more}", "US") == f"US-{code[:3]}"


@given(st.text(), st.sampled_from(["US", "GB", "CA"]))
def test_whatever_is_taken_stays_and_gives_a_coarse_area(text: str, country: str) -> None:
    code = clean_postal_code(text, country)
    if code is not None:
        assert clean_postal_code(code, country) == code
        assert area_of(code, country) in (country, f"US-{code[:3]}")


def test_outside_the_us_the_area_is_the_country() -> None:
    assert area_of("SW1A 1AA", "GB") == "GB"


@pytest.mark.parametrize("country", ["US", "GB", ""])
def test_without_a_code_there_is_no_area(country: str) -> None:
    assert area_of("", country) == ""
