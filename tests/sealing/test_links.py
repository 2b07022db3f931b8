"""A signer's link: what each of its tokens opens, and that none leads to another."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarion.sealing import SEED_BYTES, Link, SealBroken, decode_token, encode_token, look_up

seeds = st.binary(min_size=SEED_BYTES, max_size=SEED_BYTES).filter(any)


@given(seeds)
def test_a_link_is_known_by_its_token_and_its_text(seed: bytes) -> None:
    link = Link(seed)
    again = Link.from_token(link.me_token)
    assert again is not None
    assert again.seed == seed
    assert Link.from_text(link.text).seed == seed


@given(seeds)
def test_all_that_follows_from_a_link_is_always_the_same(seed: bytes) -> None:
    assert Link(seed).confirm_token == Link(seed).confirm_token
    assert Link(seed).code == Link(seed).code
    assert re.fullmatch("[0-9]{6}", Link(seed).code)


@given(seeds)
def test_tokens_can_stand_in_an_address(seed: bytes) -> None:
    for token in (Link(seed).me_token, Link(seed).confirm_token):
        assert set(token) <= set(string.ascii_letters + string.digits + "-_")
        assert len(token) <= 43


def test_every_link_is_another() -> None:
    links = [Link() for _ in range(200)]
    for of in ("me_token", "confirm_token"):
        assert len({getattr(link, of) for link in links}) == 200
    assert len({link.code for link in links}) > 150


def test_the_confirmation_opens_no_record() -> None:
    """It is shown to every scanner between us and the mailbox."""
    link = Link()
    record = link.seal_record({"name": "Ana"})
    assert Link.from_token(link.confirm_token) is None
    assert look_up(link.confirm_token) != look_up(link.me_token)
    with pytest.raises(SealBroken):
        Link(decode_token(link.confirm_token)).open_record(record)


def test_a_look_up_is_not_the_token() -> None:
    link = Link()
    for token in (link.me_token, link.confirm_token):
        found = look_up(token)
        assert found is not None
        assert len(found) == 16
        assert found == look_up(token)
        assert found not in (decode_token(token) or b"")


@given(st.binary(max_size=100))
def test_a_token_comes_back(raw: bytes) -> None:
    assert decode_token(encode_token(raw)) == raw


@pytest.mark.parametrize(
    "token",
    [
        "a",
        "a=",
        "aa==",
        "aa=",
        "a+/a",
        "aa aa",
        " aaaa",
        "aaaa\n",
        "aaab=",
        "é",
        "aéaa",
        "ааaa",
        "\0",
        "a" * 1_000_001,
        "ab",
    ],
)
def test_garbage_is_no_token(token: str) -> None:
    """The last one carries bits that no writer sets: one token must not have two spellings."""
    assert decode_token(token) is None
    assert look_up(token) is None
    assert Link.from_token(token) is None


@given(st.text())
def test_any_text_is_a_token_or_none(text: str) -> None:
    raw = decode_token(text)
    assert raw is None or encode_token(raw) == text
    link = Link.from_token(text)
    assert link is None or link.me_token == text


@pytest.mark.parametrize("size", [0, 1, 24, 31, 33, 64, 100_000])
def test_a_token_of_another_length_is_no_link(size: int) -> None:
    assert Link.from_token(encode_token(b"x" * size)) is None
