"""Faults of a text file: each is told with its line, its key and what to do."""

from collections.abc import Callable

import pytest

from clarion.campaigns.schema import MAX_BODY, TEXT_KEYS
from clarion.domain.faults import Fault

Faults = Callable[..., list[Fault]]
OnlyFault = Callable[..., Fault]

GOOD = """\
---
title: Mayor: keep it open
ask:
  Fund it:

  1. Now.
  2. For good.
summary: One sentence.
---

Because we read.

And write.
"""


def line_with(source: str, words: str) -> int:
    """The line, from 1, of the first occurrence."""
    return source[: source.index(words)].count("\n") + 1


def test_the_good_text_has_no_faults(faults: Faults) -> None:
    assert faults({"en.md": GOOD}) == []


@pytest.mark.parametrize(
    ("before", "after", "where", "key", "message", "hint"),
    [
        ("summary:", "sumary:", "sumary:", "sumary", '"sumary"', 'Did you mean "summary"?'),
        ("title: Mayor: keep it open", "title:", "title:", "title", '"title"', '"title: …"'),
        ("Because we read.", "a\nb <b>c", "b <b>", "", '"<b>"', "Markdown"),
        ("Because we read.", "<script>alert(1)</script>", "<script>", "", '"<script>', "Markdown"),
        ("Because we read.", "<!-- later -->", "<!--", "", '"<!-- later', "Markdown"),
        ("And write.", "- a\n- [b](javascript:alert(1))", "- [b]", "", '"javascript:"', "https"),
        ("And write.", "<javascript:alert(1)>", "<javascript", "", '"javascript:"', "https"),
        ("And write.", "[b](data:text/html,x)", "[b]", "", '"data:"', "https"),
        ("  2. For good.", '  2. <a href="x">For good.', "  2. <a", "ask", "<a href=", "Markdown"),
        ("  Fund it:", "  Fund [it](vbscript:x):", "  Fund [it]", "ask", '"vbscript:"', "https"),
        ("One sentence.", "One <i>sentence.", "summary:", "summary", '"<i>"', "Markdown"),
        ("And write.", "a\nWe are {{cuont}}.", "We are", "", '"{{cuont}}"', 'Did you mean "count"?'),
        ("And write.", "{{7*7}}", "{{7*7}}", "", '"{{7*7}}"', "count, goal"),
        ("And write.", "{{config}}", "{{config}}", "", '"{{config}}"', "count"),
        ("And write.", "![A tree](media/tree.png)", "![A tree]", "", "media/tree.png", "media"),
        ("And write.", "x\n![](../../etc/passwd)", "![]", "", "etc/passwd", "media/"),
        ("And write.", "![](https://a.example/a.png)", "![]", "", "https://a.example/a.png", "media/"),
        ("And write.", "![](javascript:alert(1))", "![]", "", "javascript:", "media/"),
        ("And write.", "![](media/%2e%2e/%2e%2e/passwd)", "![]", "", "media/../../passwd", "media/"),
        ("summary: One", "summary One", "summary One", "", '"summary One sentence." has no colon', '"key: text"'),
        ("summary: One", "summary:One", "summary:One", "", "no space after the colon", '"key: text"'),
        ("summary: One", "a summary: One", "a summary", "", "neither a key", '"key: text"'),
        ("And write.", "[b](www.example.org)", "[b]", "", '"www.example.org"', "(https://www.example.org)"),
        ("And write.", "[b](ana@example.org)", "[b]", "", '"ana@example.org"', "(mailto:ana@example.org)"),
        ("And write.", "[b](//example.org/a)", "[b]", "", '"//example.org/a"', "(https://example.org/a)"),
        ("And write.", "![b](media/my tree.png)", "![b]", "", '"media/my tree.png"', "(media/my-tree.png)"),
        ("And write.", "[b](https://a.example/b c)", "[b]", "", "b c", "(https://a.example/b%20c)"),
        ("One sentence.", "{{count}} signed.", "summary:", "summary", "not filled in", "the words"),
        ("keep it open", "{{goal}} names", "title:", "title", "not filled in", "the words"),
        ("title: Mayor", "   stray\ntitle: Mayor", "   stray", "", "belongs to no key", '"key: text"'),
        ("summary: One", "title: Again\nsummary: One", "title: Again", "", '"title" is there twice', "one of"),
    ],
)
def test_a_fault_is_told_with_its_line(
    fault: OnlyFault, before: str, after: str, where: str, key: str, message: str, hint: str
) -> None:
    source = GOOD.replace(before, after, 1)
    found = fault({"en.md": source})
    assert (found.file, found.line, found.key) == ("en.md", line_with(source, where), key)
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize(
    "words",
    ["[b](#list)", "[b](/library/es)", "[b](tel:+1)", "`[a](b/ c)`", "so [sic](as it was said)", '[b](/x "title")'],
)
def test_a_link_that_is_whole_is_no_fault(faults: Faults, words: str) -> None:
    assert faults({"en.md": GOOD.replace("And write.", words)}) == []


@pytest.mark.parametrize("key", ["title", "ask"])
def test_a_needed_key_that_is_missing(fault: OnlyFault, key: str) -> None:
    head = {"title": "title: Keep it open\n", "ask": "ask: Fund it.\n"}
    source = f"---\n{head['title' if key == 'ask' else 'ask']}---\n\nWhy.\n"
    found = fault({"es.md": source})
    assert (found.file, found.line, found.key) == ("es.md", 1, key)
    assert f'"{key}"' in found.message
    assert f'"{key}: …"' in found.hint


@pytest.mark.parametrize("body", ["", "\n\n", "   \n\t\n"])
def test_a_text_without_a_body(fault: OnlyFault, body: str) -> None:
    found = fault({"en.md": f"---\ntitle: Keep it open\nask: Fund it.\n---\n{body}"})
    assert (found.file, found.line) == ("en.md", 5)
    assert "body is empty" in found.message


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("", 1, "head is missing"),
        ("Only a body.\n", 1, "head is missing"),
        ("title: Keep it open\nask: Fund it.\n---\nWhy.\n", 1, "head is missing"),
        ("\n\n---\ntitle: Keep it open\n", 3, "no end"),
    ],
)
def test_a_text_without_a_whole_head(fault: OnlyFault, source: str, line: int, message: str) -> None:
    found = fault({"en.md": source})
    assert (found.file, found.line) == ("en.md", line)
    assert message in found.message
    assert '"---"' in found.hint


def test_a_language_without_its_text(fault: OnlyFault) -> None:
    found = fault({"es.md": None})
    assert (found.file, found.line) == ("es.md", None)
    assert '"es" is missing' in found.message
    assert "campaign.toml" in found.hint


@pytest.mark.parametrize("name", ["ES.md", "es.md.txt", "es.txt"])
def test_a_text_of_nearly_the_right_name_is_named(fault: OnlyFault, name: str) -> None:
    found = fault({"es.md": None, name: GOOD})
    assert name in found.message
    assert "es.md" in found.hint


@pytest.mark.parametrize("key", sorted(TEXT_KEYS))
def test_a_key_that_is_too_long(faults: Faults, key: str) -> None:
    limit = TEXT_KEYS[key][1]
    needed = {"title": "Keep it open", "ask": "Fund it."}
    for length, found in ((limit, []), (limit + 1, [("en.md", key)])):
        head = "".join(f"{name}: {words}\n" for name, words in {**needed, key: "x" * length}.items())
        told = faults({"en.md": f"---\n{head}---\nWhy.\n"}, f"library-{length}")
        assert [(one.file, one.key) for one in told] == found


def test_a_body_that_is_too_long(fault: OnlyFault) -> None:
    found = fault({"en.md": GOOD.replace("Because", "x" * MAX_BODY)})
    assert (found.file, found.line) == ("en.md", line_with(GOOD, "Because"))
    assert str(MAX_BODY) in found.message


@pytest.mark.timeout(20)
@pytest.mark.parametrize("part", ["[", "*a", "<", "![](x", "`a`` ", "> - ", "{{", "[a](<b"])
def test_a_text_without_end_is_refused_without_end_of_patience(fault: OnlyFault, part: str) -> None:
    found = fault({"en.md": GOOD + part * (240_000 // len(part))})
    assert "longer than" in found.message


def test_a_text_in_a_language_that_is_not_switched_on_is_a_warning(faults: Faults) -> None:
    toml = 'languages = ["en"]\nlead = "readers"\n[organisations.readers]\nname = "Readers"\n'
    (warning,) = faults({"campaign.toml": toml})
    assert (warning.file, warning.level) == ("es.md", "warning")
    assert '"es"' in warning.hint


def test_windows_line_ends_change_no_line(fault: OnlyFault) -> None:
    source = GOOD.replace("And write.", "a <b> c")
    found = fault({"en.md": source.replace("\n", "\r\n")})
    assert found.line == line_with(source, "<b>")


def test_only_line_ends_that_editors_know_count(fault: OnlyFault) -> None:
    """Text pasted from a web page may hold U+2028, which no editor shows as a new line."""
    source = GOOD.replace("Because we read.", "Because\u2028we\x0bread\x85.\n\na <b> c")
    assert fault({"en.md": source}).line == line_with(source, "<b>")
