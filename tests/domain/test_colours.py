"""Colours: every accent that a campaign may choose can be read, on light and on dark paper."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarion.domain.colours import (
    AA,
    DARK_PAPER,
    LIGHT_PAPERS,
    contrast,
    is_colour,
    mix,
    on_colour,
    readable,
    reads_on_paper,
)

colours = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
grounds = st.sampled_from([*((paper, "#000000") for paper in LIGHT_PAPERS), (DARK_PAPER, "#ffffff")])


@given(colours, grounds)
def test_a_readable_colour_reaches_aa(colour: str, ground: tuple[str, str]) -> None:
    paper, towards = ground
    assert contrast(readable(colour, paper, towards), paper) >= AA


@given(colours, grounds)
def test_a_colour_that_can_be_read_stays(colour: str, ground: tuple[str, str]) -> None:
    paper, towards = ground
    assert (readable(colour, paper, towards) == colour) == (contrast(colour, paper) >= AA)


@given(colours, grounds)
def test_words_on_an_accent_can_be_read(colour: str, ground: tuple[str, str]) -> None:
    """Buttons are filled with the accent, made readable on its paper; their words stand on it."""
    accent = readable(colour, *ground)
    assert contrast(on_colour(accent), accent) >= AA


@given(colours, colours)
def test_contrast_has_no_direction(one: str, other: str) -> None:
    assert contrast(one, other) == contrast(other, one)
    assert 1 <= contrast(one, other) <= 21


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#a3321f", "#a3321f", 1),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    """Figures from WCAG's own examples: #767676 is the lightest grey that passes on white, #777777 fails."""
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)


@given(colours, colours)
def test_a_mix_lies_between(one: str, other: str) -> None:
    assert mix(one, other, 0) == one
    assert mix(one, other, 1) == other
    halfway = mix(one, other, 0.5)
    for start in (1, 3, 5):
        low, high = sorted((int(one[start : start + 2], 16), int(other[start : start + 2], 16)))
        assert low <= int(halfway[start : start + 2], 16) <= high


@given(colours)
def test_a_colour_is_known_in_capitals_too(colour: str) -> None:
    assert is_colour(colour)
    assert is_colour(colour.upper())


@pytest.mark.parametrize(
    "text", ["", "red", "a3321f", "#a3321", "#a3321ff", "#g3321f", "#a3321f\n", " #a3321f", "#a3321f;x:y", "#٣٣٣٣٣٣"]
)
def test_nothing_else_is_a_colour(text: str) -> None:
    """A colour ends in a style sheet, where a stray character could end the rule and start another."""
    assert not is_colour(text)


def test_the_threshold_is_that_of_level_aa() -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1, so that on white one shade of grey passes and the next does not."""
    assert contrast("#767676", "#ffffff") >= AA > contrast("#777777", "#ffffff")


@given(colours)
def test_what_reads_on_paper_reads_on_every_light_one(colour: str) -> None:
    assert reads_on_paper(colour) == all(contrast(colour, paper) >= AA for paper in LIGHT_PAPERS)


@pytest.mark.parametrize("text", ["", "red", "#fff", "#a3321f;", "a3321f", "#A3321", "#ffff00"])
def test_what_is_no_colour_or_too_light_does_not_read(text: str) -> None:
    assert not reads_on_paper(text)
