"""Postal codes, and the coarse areas that totals are kept for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarion.domain.areas import SMALL_AREA, area_of, clean_postal_code, hide_small


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


AREAS = st.integers(0, 999).map("US-{:03d}".format)
# as many small areas as large ones, or hardly any example would have both
NUMBERS = st.dictionaries(AREAS, st.integers(1, SMALL_AREA + 2) | st.integers(1, 10_000), max_size=8)


@given(NUMBERS)
def test_no_area_with_few_people_is_shown_and_nobody_is_lost(counts: dict[str, int]) -> None:
    fit = hide_small(counts)
    assert all(n >= SMALL_AREA and counts[area] == n for area, n in fit.shown)
    assert sum(n for _, n in fit.shown) + fit.hidden == sum(counts.values())
    assert [n for _, n in fit.shown] == sorted((n for _, n in fit.shown), reverse=True)


@given(NUMBERS)
def test_what_the_total_leaves_over_is_never_one_area_nor_few_people(counts: dict[str, int]) -> None:
    """Whoever takes the areas shown from the total is left with two areas at least, and with ten people."""
    fit = hide_small(counts)
    left_over = len(counts) - len(fit.shown)
    if fit.shown and left_over:
        assert left_over >= 2
        assert fit.hidden >= SMALL_AREA


@given(NUMBERS)
def test_no_more_is_hidden_than_that_needs(counts: dict[str, int]) -> None:
    fit = hide_small(counts)
    small = [n for n in counts.values() if n < SMALL_AREA]
    shown = {area for area, _ in fit.shown}
    large_but_hidden = [n for area, n in counts.items() if area not in shown and n >= SMALL_AREA]
    assert len(large_but_hidden) <= (1 if small else 0)
    if len(small) >= 2 and sum(small) >= SMALL_AREA:
        assert large_but_hidden == []
    if fit.shown and large_but_hidden:
        assert max(large_but_hidden) <= fit.shown[-1][1]


@pytest.mark.parametrize(
    ("counts", "shown", "hidden"),
    [
        ({}, {}, 0),
        ({"US-200": 10}, {"US-200": 10}, 0),
        ({"US-200": 900, "US-100": 40, "US-303": 12}, {"US-200": 900, "US-100": 40, "US-303": 12}, 0),
        ({"US-200": 900, "US-100": 40, "US-303": 3}, {"US-200": 900}, 43),
        ({"US-200": 900, "US-100": 40, "US-303": 3, "US-606": 4}, {"US-200": 900}, 47),
        ({"US-200": 900, "US-100": 40, "US-303": 3, "US-606": 7}, {"US-200": 900, "US-100": 40}, 10),
        ({"US-200": 900, "US-100": 1}, {}, 901),
        ({"US-200": 3}, {}, 3),
        ({"US-200": 30, "US-100": 0}, {"US-200": 30}, 0),
    ],
)
def test_a_small_area_takes_the_next_ones_with_it(counts: dict[str, int], shown: dict[str, int], hidden: int) -> None:
    fit = hide_small(counts)
    assert dict(fit.shown) == shown
    assert fit.hidden == hidden
