"""How many segments a text takes, by 3GPP TS 23.038 and TS 23.040."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarion_sms.segments import BASIC, EXTENSION, Measure, measure, odd, parts, smart


@pytest.mark.parametrize(
    ("words", "encoding", "units", "segments"),
    [
        ("", "GSM-7", 0, 0),
        ("a", "GSM-7", 1, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("a" * 459, "GSM-7", 459, 3),
        ("a" * 460, "GSM-7", 460, 4),
        ("€" * 80, "GSM-7", 160, 1),
        ("a" * 159 + "€", "GSM-7", 161, 2),
        # The pair does not fit into the 153rd septet, so that both segments are full with 305 septets.
        ("a" * 152 + "€" + "a" * 151, "GSM-7", 305, 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),
        ("[1] {x} ~ ^ | \\", "GSM-7", 23, 1),
        ("señora, ¿qué? ¡Él, übung!", "GSM-7", 25, 1),
        ("á", "UCS-2", 1, 1),
        ("ç", "UCS-2", 1, 1),
        ("á" * 70, "UCS-2", 70, 1),
        ("á" * 71, "UCS-2", 71, 2),
        ("á" * 134, "UCS-2", 134, 2),
        ("á" * 135, "UCS-2", 135, 3),
        ("a" * 69 + "’", "UCS-2", 70, 1),
        ("😀" * 35, "UCS-2", 70, 1),
        ("😀" * 36, "UCS-2", 72, 2),
        # 66 units and no half of the next: 33 pictures to a segment.
        ("😀" * 66, "UCS-2", 132, 2),
        ("😀" * 67, "UCS-2", 134, 3),
        ("停止", "UCS-2", 2, 1),
    ],
)
def test_known_sizes(words: str, encoding: str, units: int, segments: int) -> None:
    assert measure(words) == Measure(encoding, units, segments)


def test_the_alphabet_has_as_many_letters_as_the_table() -> None:
    assert len(BASIC) == 127, "128 places, one of which is the escape"
    assert len(EXTENSION) == 10
    assert not BASIC & EXTENSION


def test_a_letter_typed_in_two_is_put_together() -> None:
    assert smart(unicodedata.normalize("NFD", "señor, ¿qué?")) == "señor, ¿qué?"
    assert measure(smart("señor")).encoding == "GSM-7"


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("“Stop” – it’s 10\u00a0a.m. …", '"Stop" - it\'s 10 a.m. ...'),
        ("«¡No!» — dijo", '"¡No!" - dijo'),
        ("one\u200btwo\u2028three", "onetwo\nthree"),
        ("It’s €5 [now]", "It's €5 [now]"),
    ],
)
def test_typographic_signs_become_those_of_the_alphabet(words: str, plain: str) -> None:
    assert smart(words) == plain
    assert measure(smart(words)).encoding == "GSM-7"
    assert odd(words) == ""


@pytest.mark.parametrize("words", ["他说“停止”…", "“Mañana a las 10 habrá reunión”…"])
def test_where_it_would_gain_nothing_signs_stay(words: str) -> None:
    assert smart(words) == words


def test_the_characters_that_halve_a_segment_are_named_once() -> None:
    assert odd("“Mañana habrá una reunión aquí”, dirá Raúl 🎉") == "áóíú🎉"
    assert odd("¿Qué pasó, señora Núñez?") == "óú"
    assert odd("¿Qué tal, señor? €5") == ""


ALPHABET = st.text(st.sampled_from(sorted(BASIC | EXTENSION)), max_size=700)


@given(ALPHABET | st.text(max_size=400) | st.text(st.sampled_from("aá😀€"), max_size=400))
def test_the_parts_are_the_text_and_each_fits(words: str) -> None:
    told, cut = measure(words), parts(words)
    assert "".join(cut) == words
    assert len(cut) == told.segments
    assert all(cut)
    room = {("GSM-7", False): 160, ("GSM-7", True): 153, ("UCS-2", False): 70, ("UCS-2", True): 67}
    for part in cut:
        if told.encoding == "GSM-7":
            size = sum(2 if letter in EXTENSION else 1 for letter in part)
        else:
            size = len(part.encode("utf-16-be", "surrogatepass")) // 2
        assert size <= room[told.encoding, len(cut) > 1]


@given(st.text(max_size=400))
def test_making_it_plain_twice_changes_nothing_more_and_never_costs_a_segment(words: str) -> None:
    once = smart(words)
    assert smart(once) == once
    assert bool(odd(words)) == (measure(once).encoding == "UCS-2")
    assert measure(once).segments <= measure(unicodedata.normalize("NFC", words)).segments
