"""Placeholders: a fixed set that is replaced; nothing in braces is ever evaluated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarion.domain.placeholders import KNOWN, fill, unknown

VALUES = {"count": "1,247", "goal": "1,500", "title": "Keep it open", "link": "https://a.example", "lead": "Readers"}


def test_every_known_placeholder_is_filled() -> None:
    assert set(VALUES) == set(KNOWN)
    for name in KNOWN:
        assert fill(f"a {{{{{name}}}}} b", VALUES) == f"a {VALUES[name]} b"
        assert fill(f"{{{{  {name} }}}}", VALUES) == VALUES[name]


@pytest.mark.parametrize(
    "text",
    [
        "{{7*7}}",
        "{{config}}",
        "{{ config.items() }}",
        "{{self.__class__}}",
        "{{Count}}",
        "{{}}",
        "{{ }}",
        "{count}",
        "{ {count} }",
        "{% if count %}x{% endif %}",
        "{# count #}",
        "${count}",
        "%(count)s",
        "{0.__class__}",
        "{{count",
        "count}}",
    ],
)
def test_anything_else_in_braces_stays_literal(text: str) -> None:
    assert fill(text, VALUES) == text


def test_what_is_filled_in_is_not_filled_again() -> None:
    assert fill("{{title}}", {**VALUES, "title": "{{link}}"}) == "{{link}}"


@given(st.text(st.sampled_from("{} \ncount7*%")))
def test_only_known_placeholders_change(text: str) -> None:
    same = {name: f"{{{{{name}}}}}" for name in KNOWN}
    assert fill(text, {}) == text
    assert fill(fill(text, same), VALUES) == fill(text, VALUES)


def test_those_that_do_not_exist_are_told_in_order() -> None:
    assert unknown("{{cuont}} of {{goal}}, {{ 7*7 }} {{cuont}}") == ["cuont", "7*7", "cuont"]
    assert unknown("{{count}} {{ goal }} {x} {{}}") == []
