"""Sealing: what comes back, what does not open, and what lengths and bytes give away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PrivateKey

from clarion.sealing import BLOCK, Link, SealBroken, blind_index, derive, open_sealed, seal

details = st.dictionaries(st.text(max_size=12), st.text(max_size=80), max_size=6)
PRIVATE = PrivateKey.generate()
PUBLIC = bytes(PRIVATE.public_key)
ANA = {"name": "Ana Reader", "email": "ana@readers.example", "phone": "+12025550100", "reason": "We read."}


@given(details)
def test_sealed_details_come_back(person: dict[str, str]) -> None:
    assert open_sealed(PRIVATE, seal(PUBLIC, person)) == person


@given(details)
def test_a_record_comes_back_through_its_link(person: dict[str, str]) -> None:
    link = Link()
    assert Link(link.seed).open_record(link.seal_record(person)) == person


def test_nothing_is_readable_and_nothing_repeats() -> None:
    link = Link()
    for sealed in (seal(PUBLIC, ANA), link.seal_record(ANA)):
        assert not [value for value in (*ANA, *ANA.values()) if value.encode() in sealed]
    assert seal(PUBLIC, ANA) != seal(PUBLIC, ANA)
    assert link.seal_record(ANA) != link.seal_record(ANA)


def test_another_key_does_not_open() -> None:
    with pytest.raises(SealBroken):
        open_sealed(PrivateKey.generate(), seal(PUBLIC, ANA))
    with pytest.raises(SealBroken):
        Link().open_record(Link().seal_record(ANA))


@given(st.integers(0), st.integers(1, 255))
def test_a_changed_byte_does_not_open(place: int, change: int) -> None:
    link = Link()
    for sealed, reopen in (
        (seal(PUBLIC, ANA), lambda raw: open_sealed(PRIVATE, raw)),
        (link.seal_record(ANA), link.open_record),
    ):
        changed = bytearray(sealed)
        changed[place % len(sealed)] ^= change
        with pytest.raises(SealBroken):
            reopen(bytes(changed))


@given(st.binary(max_size=200))
def test_noise_does_not_open(noise: bytes) -> None:
    with pytest.raises(SealBroken):
        open_sealed(PRIVATE, noise)
    with pytest.raises(SealBroken):
        Link().open_record(noise)


def test_part_of_it_does_not_open() -> None:
    sealed = seal(PUBLIC, ANA)
    for length in (0, 1, 47, 48, len(sealed) - 1):
        with pytest.raises(SealBroken):
            open_sealed(PRIVATE, sealed[:length])


@given(st.text(max_size=20), st.text(max_size=20))
def test_the_length_tells_nothing_of_a_name(one: str, other: str) -> None:
    """Both fit into one block with room to spare, whatever the script."""
    link = Link()
    assert len(seal(PUBLIC, {"n": one})) == len(seal(PUBLIC, {"n": other}))
    assert len(link.seal_record({"n": one})) == len(link.seal_record({"n": other}))


@given(details)
def test_lengths_go_in_whole_blocks(person: dict[str, str]) -> None:
    overhead = len(seal(PUBLIC, {})) - BLOCK
    assert (len(seal(PUBLIC, person)) - overhead) % BLOCK == 0


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_blind_index_stands_for_one_mailbox_in_one_campaign(one: str, other: str) -> None:
    first, second = derive(b"k" * 32, "first"), derive(b"k" * 32, "second")
    assert (blind_index(first, one) == blind_index(first, other)) == (one == other)
    assert blind_index(first, one) != blind_index(second, one)
    assert len(blind_index(first, one)) == 16


@given(st.binary(min_size=32, max_size=32), st.text(), st.text())
def test_each_purpose_has_its_own_key(key: bytes, one: str, other: str) -> None:
    assert (derive(key, one) == derive(key, other)) == (one == other)
    assert derive(key, one) != key
    assert len(derive(key, one, 24)) == 24
