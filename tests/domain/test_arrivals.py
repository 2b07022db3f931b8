"""What an address may say of how a visitor came, and that nothing else gets in by it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarion.domain.arrivals import Arrival, known_host

VIA = "abcDEF01234_-Z"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", ""),
        (f"via={VIA}", f"?via={VIA}"),
        (f"?via={VIA}&utm_source=Mail", f"?via={VIA}&utm_source=mail"),
        ("utm_campaign=c&utm_source=a&utm_medium=b", "?utm_source=a&utm_medium=b&utm_campaign=c"),
        ("utm_source=first&utm_source=second", "?utm_source=first"),
        ("utm_source=radio.fm&fbclid=1&x=y", "?utm_source=radio.fm"),
        ("utm_campaign=2026-11-27", "?utm_campaign=2026-11-27"),
        ("utm_campaign=week-20261127_a", "?utm_campaign=week-20261127_a"),
        ("utm_term=x&utm_content=y&utm_id=7", ""),
    ],
)
def test_it_has_one_form(query: str, said: str) -> None:
    assert Arrival.from_query(query).query == said
    assert Arrival.from_query(said).query == said


JUNK = {
    "an address": "ana@example.org",
    "an address, encoded twice": "ana%2540example.org",
    "a name with a blank": "Ana+Lopez",
    "a telephone number": "2025550143",
    "one with hyphens": "202-555-0143",
    "one with dots in words": "call.202.555.0143.now",
    "a local one": "555-0143",
    "one around a date": "555-2026-11-27-0143",
    "a number that begins like a date": "2026115550143",
    "other letters": "peti%C3%B3n",
    "markup": "%22%3E%3Cscript%3E",
    "a quote": "a'b",
    "too long": "a" * 41,
    "a line": "a%0Ab",
    "nothing": "",
    "no UTF-8": "%ff",
    "a zero": "%00",
}


@pytest.mark.parametrize("case", JUNK)
def test_what_may_be_a_person_or_is_no_tag_is_left_out(case: str) -> None:
    for name in ("utm_source", "utm_medium", "utm_campaign"):
        assert Arrival.from_query(f"{name}={JUNK[case]}") == Arrival()


@pytest.mark.parametrize("via", ["", "a" * 13, "a" * 15, "a" * 13 + "@", "a" * 13 + "=", "a" * 13 + "é", "../../etc"])
def test_a_code_of_another_form_is_none(via: str) -> None:
    assert Arrival.said({"via": via}) == Arrival()


@given(st.text(max_size=3000))
def test_whatever_stands_there_can_be_read_and_written_without_escaping(query: str) -> None:
    said = Arrival.from_query(query, ("*",)).query
    assert re.fullmatch(r"(\?[a-z_]+=[A-Za-z0-9._-]+(&[a-z_]+=[A-Za-z0-9._-]+)*)?", said)
    assert Arrival.from_query(said, ("*",)).query == said


@given(st.dictionaries(st.sampled_from(["via", "utm_source", "utm_medium", "utm_campaign", "host"]), st.text()))
def test_whatever_is_said_is_kept_or_left_out(wanted: dict[str, str]) -> None:
    arrival = Arrival.said(wanted, ("*", "https://a.example"))
    assert Arrival.from_query(arrival.query, ("*", "https://a.example")) == arrival
    assert len(arrival.origin) <= 130


def test_very_much_is_not_read() -> None:
    assert Arrival.from_query("x=1&" * 100_000 + "utm_source=a") == Arrival()
    assert Arrival.from_query("&".join(f"x{n}=1" for n in range(200))) == Arrival()


ORIGINS = ("https://readers.example", "http://localhost:8080", "https://xn--bcher-kva.example")


@pytest.mark.parametrize(
    ("host", "origins", "found"),
    [
        ("readers.example", ORIGINS, "readers.example"),
        ("Readers.Example", ORIGINS, "readers.example"),
        ("localhost", ORIGINS, "localhost"),
        ("www.readers.example", ORIGINS, ""),
        ("evil.example", ORIGINS, ""),
        ("evil.example", ("*",), "evil.example"),
        ("localhost", ("*",), ""),
        ("127.0.0.1", ("*",), ""),
        ("[::1]", ("*",), ""),
        ("a b.example", ("*",), ""),
        ("-a.example", ("*",), ""),
        ("a" * 64 + ".example", ("*",), ""),
        (".".join(["abc"] * 30), ("*",), ""),
        ("readers.example", (), ""),
        ("", ("*",), ""),
    ],
)
def test_a_host_is_one_of_those_that_may_show_the_form(host: str, origins: tuple[str, ...], found: str) -> None:
    assert known_host(host, origins) == found


@pytest.mark.parametrize(
    ("referrer", "host"),
    [
        ("https://readers.example/", "readers.example"),
        ("https://readers.example/who?name=ana#x", "readers.example"),
        ("https://ana:secret@readers.example/", "readers.example"),
        ("http://localhost:8080/", "localhost"),
        ("ftp://readers.example/", ""),
        ("javascript:alert(1)", ""),
        ("https://[readers.example/", ""),
        ("https://evil.example/https://readers.example", ""),
        ("", ""),
        ("x" * 100_000, ""),
    ],
)
def test_of_the_page_around_only_the_host_is_taken(referrer: str, host: str) -> None:
    assert Arrival().from_site(referrer, ORIGINS).host == host


def test_an_origin_is_the_site_around_else_the_tags() -> None:
    assert Arrival().origin == ""
    assert Arrival(via=VIA).origin == ""
    assert Arrival(utm_source="mail", utm_campaign="may").origin == "utm:mail//may"
    assert Arrival(utm_source="mail", host="a.example").origin == "host:a.example"


def test_it_is_added_to_any_address() -> None:
    arrival = Arrival(utm_source="mail")
    assert arrival.added_to("/library/en") == "/library/en?utm_source=mail"
    assert arrival.added_to("/library/en/thanks?r=x") == "/library/en/thanks?r=x&utm_source=mail"
    assert Arrival().added_to("/library/en?r=x") == "/library/en?r=x"
