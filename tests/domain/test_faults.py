"""Faults as people read them."""

from clarion.domain.faults import Fault, did_you_mean


def test_a_fault_says_where_it_is_what_is_wrong_and_what_to_do() -> None:
    fault = Fault("en.md", "The title is missing.", "Write one.", 3, "title")
    assert str(fault) == "en.md:3: [title] The title is missing. Write one."


def test_a_fault_without_line_or_key_leaves_them_out() -> None:
    assert str(Fault("en.md", "Missing.", "Write it.")) == "en.md: Missing. Write it."
    assert str(Fault("en.md", "Missing.", "")) == "en.md: Missing."


def test_the_closest_word_is_suggested() -> None:
    assert did_you_mean("gaol", ["goal", "lead", "accent"]) == 'Did you mean "goal"?'


def test_without_a_close_word_all_are_named() -> None:
    assert did_you_mean("xyz", ["lead", "goal"]) == "Known here: goal, lead."
