"""Slugs: one kind of word in addresses, and none that hides a page of the platform."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, Rule

from clarion.campaigns.slugs import SlugConverter
from clarion.campaigns.table import RESERVED, slug_fault
from clarion.testing import Instance

ADDRESSES = Map([Rule("/<slug:slug>", endpoint="page")], converters={"slug": SlugConverter}).bind("a.example")


@pytest.mark.parametrize("slug", ["dc-sanctuary", "rent-freeze-2026", "ab", "42", "a1-b2-c3", "x" * 60])
def test_a_slug_stands_in_an_address(slug: str) -> None:
    assert slug_fault(slug) is None
    assert ADDRESSES.match(f"/{slug}") == ("page", {"slug": slug})


@given(st.text(st.sampled_from("abz09-_.%/A é\n"), max_size=8))
def test_what_is_no_slug_is_no_address_either(slug: str) -> None:
    try:
        ADDRESSES.match(f"/{slug}")
    except NotFound:
        assert slug_fault(slug) is not None


@given(st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True))
def test_a_slug_is_refused_only_for_its_length_or_for_hiding_a_page(slug: str) -> None:
    assert (slug_fault(slug) is None) == (2 <= len(slug) <= 60 and slug not in RESERVED)


def test_every_page_of_the_platform_is_reserved(instance: Instance) -> None:
    """A campaign with the slug of a page would make one of the two unreachable."""
    first = {rule.rule.split("/")[1] for rule in instance.app.url_map.iter_rules()}
    words = {word for word in first if word and "<" not in word}
    assert words
    assert not {word for word in words if slug_fault(word) is None}


@pytest.mark.parametrize("word", "api confirm me unsubscribe staff hooks healthz readyz metrics oembed static".split())
def test_the_addresses_that_others_rely_on_are_reserved(word: str) -> None:
    fault = slug_fault(word)
    assert fault is not None
    assert "address of the platform" in fault[0]
