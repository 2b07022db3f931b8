"""The head and body of a text file, as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarion.campaigns.textfile import parse_text


def test_a_head_and_a_body() -> None:
    parsed = parse_text("---\ntitle: Mayor: keep it open\nask: Fund it.\n---\n\nWhy.\n\nMore.\n")
    assert parsed.head == {"title": "Mayor: keep it open", "ask": "Fund it."}
    assert parsed.lines == {"title": 2, "ask": 3}
    assert (parsed.body, parsed.body_line) == ("Why.\n\nMore.", 6)
    assert parsed.faults == []


def test_a_block_keeps_its_paragraphs_and_lists() -> None:
    parsed = parse_text("---\nask:\n\n  Three things:\n\n  1. One\n     - a\n  2. Two\n\ntitle: T\n---\nx")
    assert parsed.head["ask"] == "Three things:\n\n1. One\n   - a\n2. Two"
    assert parsed.lines == {"ask": 4, "title": 10}


def test_a_block_below_words_on_the_same_line_keeps_its_paragraphs() -> None:
    parsed = parse_text("---\nask: First.\n\n  Second.\n---\nx")
    assert parsed.head["ask"] == "First.\n\nSecond."
    assert parsed.line_of("ask", within=3) == 4


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('title: "Keep it open"', "Keep it open"),
        ("title: 'Keep it open'", "Keep it open"),
        ('title: "Keep" it "open"', '"Keep" it "open"'),
        ('title: "', '"'),
        ("title: 'Tis time", "'Tis time"),
        ("title:    spaced   ", "spaced"),
        ("title: |\n  Keep it open", "Keep it open"),
        ("title: >-\n  Keep it open", "Keep it open"),
        ("title: https://a.example", "https://a.example"),
        ("title:", ""),
        ("title: # 1 in the city", "# 1 in the city"),
        ("# a comment\ntitle: T", "T"),
        ("title : T", "T"),
    ],
)
def test_what_people_write_by_habit(written: str, read: str) -> None:
    parsed = parse_text(f"---\n{written}\n---\nx")
    assert parsed.head == {"title": read}
    assert parsed.faults == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_systems_line_ends(end: str) -> None:
    parsed = parse_text(end.join(["---", "title: T", "ask:", "  A", "---", "", "Why.", "More."]))
    assert parsed.head == {"title": "T", "ask": "A"}
    assert (parsed.body, parsed.body_line) == ("Why.\nMore.", 7)


def test_blank_lines_at_the_start_do_no_harm() -> None:
    parsed = parse_text("\n\n---\ntitle: T\n---\nx")
    assert parsed.head == {"title": "T"}
    assert parsed.lines == {"title": 4}


def test_a_rule_in_the_body_stays_in_the_body() -> None:
    assert parse_text("---\ntitle: T\n---\na\n\n---\n\nb").body == "a\n\n---\n\nb"


def test_what_is_not_understood_does_not_hide_the_rest() -> None:
    parsed = parse_text("---\n  stray\ntitle: T\nnonsense\nask: A\n---\nx")
    assert [line for line, _, _ in parsed.faults] == [2, 4]
    assert parsed.head == {"title": "T", "ask": "A"}


@given(st.lists(st.text(st.sampled_from("ab: -#|\n\r\t'\"\u2028\ufeff"), max_size=12), max_size=12).map("\n".join))
def test_any_text_is_read_and_every_line_lies_in_it(middle: str) -> None:
    source = f"---\n{middle}\n---\n{middle}"
    parsed = parse_text(source)
    lines = len(source.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    assert all(1 <= line <= lines for line in [*parsed.lines.values(), *(fault[0] for fault in parsed.faults)])
    assert all(message and hint for _, message, hint in parsed.faults)
    assert set(parsed.head) == set(parsed.lines)


def test_a_file_that_ends_with_its_head_is_pointed_at_within_its_lines() -> None:
    parsed = parse_text("---\ntitle: One\n---")
    assert (parsed.body, parsed.body_line, parsed.faults) == ("", 3, [])
