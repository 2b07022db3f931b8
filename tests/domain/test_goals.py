"""The goal that raises itself, and how far the count is on its way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarion.domain.goals import at_least, current_goal, percent

counts = st.integers(0, 10**8)
firsts = st.integers(10, 10**8)


@pytest.mark.parametrize(
    ("count", "first", "goal"),
    [
        (0, 100, 100),
        (99, 100, 100),
        (100, 100, 150),
        (150, 100, 250),
        (250, 100, 500),
        (500, 100, 750),
        (750, 100, 1000),
        (1000, 100, 1500),
        (1499, 1500, 1500),
        (1500, 1500, 2500),
        (1234, 1234, 1500),
        (12, 10, 100),
        (9_999_999, 10, 10_000_000),
    ],
)
def test_a_reached_goal_gives_way_to_the_next_round_figure(count: int, first: int, goal: int) -> None:
    assert current_goal(count, first) == goal


@given(counts, firsts)
def test_the_goal_is_always_ahead(count: int, first: int) -> None:
    goal = current_goal(count, first)
    assert goal > count
    assert goal >= first
    assert goal == first or count >= first


@given(counts, counts, firsts)
def test_the_goal_never_goes_back(one: int, other: int, first: int) -> None:
    low, high = sorted((one, other))
    assert current_goal(low, first) <= current_goal(high, first)


@given(counts, firsts)
def test_a_raised_goal_is_round_and_near(count: int, first: int) -> None:
    goal = current_goal(count, first)
    if goal != first:
        assert len(str(goal).rstrip("0")) <= 2
        assert goal == 100 or goal <= 2 * max(count, first)


@given(counts, firsts)
def test_the_share_is_a_percentage_that_never_claims_to_be_there(count: int, first: int) -> None:
    shown = percent(count, current_goal(count, first))
    assert 0 <= shown < 100
    assert (shown == 0) == (count == 0)


@pytest.mark.parametrize(
    ("count", "goal", "shown"),
    [(0, 100, 0), (1, 100, 1), (1, 100_000, 1), (50, 100, 50), (99, 100, 99), (100, 100, 100), (300, 100, 100)],
)
def test_the_share_is_rounded_down_but_one_name_shows(count: int, goal: int, shown: int) -> None:
    assert percent(count, goal) == shown


def test_a_count_that_was_taken_back_is_shown_as_nothing() -> None:
    assert percent(-1, 100) == 0


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, 0), (9, 0), (10, 10), (19, 10), (99, 90), (100, 100), (129, 120), (1246, 1200), (1_234_567, 1_200_000)],
)
def test_a_round_figure_has_been_reached(count: int, told: int) -> None:
    assert at_least(count) == told


@given(counts)
def test_a_round_figure_stays_true_while_the_count_grows(count: int) -> None:
    told = at_least(count)
    assert told <= count
    assert at_least(told) == told
    assert at_least(count + 1) >= told
    assert len(str(told).rstrip("0")) <= 2
