"""What people text back: no wish to get no more texts is missed, and what petitions are about goes to people."""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clarion_sms.optout import LISTS, read, wordings

HERE = Path(__file__).parent / "wordings"
LANGUAGES = {"en", "es", "fr", "pt", "zh", "ar", "am", "vi"}


def listed(name: str) -> list[tuple[str, str]]:
    """The language and the words of each line."""
    lines = (HERE / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.partition(" ")[::2] for line in lines if line and not line.startswith("#")]
    return [(code, re.sub(r"\\u([0-9a-f]{4})|\\n", _letter, words)) for code, words in pairs]


def _letter(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else "\n"


OPT_OUTS = [words for _, words in listed("opt_outs")]


@pytest.mark.parametrize("name", ["opt_outs", "held_out_opt_outs"])
def test_no_wish_to_get_no_more_texts_is_missed(name: str) -> None:
    wishes = listed(name)
    missed = [(code, words, read(words)) for code, words in wishes if read(words) != "stop"]
    sys.stdout.write(f"{name}: missed {len(missed)} of {len(wishes)}\n")
    assert not missed


@pytest.mark.parametrize("name", ["ordinary", "held_out_ordinary"])
def test_what_petitions_are_about_goes_to_people(name: str) -> None:
    sentences = listed(name)
    wrongly = [(code, words, read(words)) for code, words in sentences if read(words) != "other"]
    sys.stdout.write(f"{name}: wrongly taken {len(wrongly)} of {len(sentences)}\n")
    assert not wrongly


def test_the_lists_are_long_enough_to_mean_something() -> None:
    wishes, sentences = Counter(code for code, _ in listed("opt_outs")), Counter(code for code, _ in listed("ordinary"))
    assert wishes.total() >= 200
    assert sentences.total() >= 200
    assert wishes.keys() >= LANGUAGES
    assert all(count >= 15 for code, count in wishes.items() if code in LANGUAGES)
    assert sentences.keys() >= LANGUAGES
    assert min(sentences["en"], sentences["es"]) >= 100


@pytest.mark.parametrize(
    "words",
    [
        "HELP", "help", "Help!", "help please", "HELP?", "INFO", "info pls", "ayuda", "AYUDA por favor", "aide",
        "ajuda", "帮助", "مساعدة", "እርዳታ", "trợ giúp", "도움말", "èd", "помощь",
    ],
)  # fmt: skip
def test_help(words: str) -> None:
    assert read(words) == "help"


@pytest.mark.parametrize(
    "words",
    [
        "START", "start", "Start!", "unstop", "UNSTOP please", "resubscribe", "start texting me again", "subscribe",
        "empezar", "ALTA", "iniciar", "darme de alta por favor", "commencer", "começar", "开始",
        "ابدأ", "ጀምር", "bắt đầu",
    ],
)  # fmt: skip
def test_coming_back(words: str) -> None:
    assert read(words) == "start"


@pytest.mark.parametrize("words", ["YES", "yes please", "Sí", "oui", "ok", "", " ", "\u200b", "👍", "?", "12345"])
def test_a_yes_is_no_coming_back_and_nothing_is_nothing(words: str) -> None:
    assert read(words) == "other"


@pytest.mark.parametrize("words", ["START. No, STOP", "help stop", "Stop! Help!", "start stop"])
def test_stop_goes_before_all_else(words: str) -> None:
    assert read(words) == "stop"


def test_quoting_our_own_text_is_no_wish_but_a_word_after_it_is() -> None:
    ours = "The council votes at 10. Reply STOP to opt out, HELP for help."
    assert read(f"Liked “{ours}”") == "other"
    assert read(f'Reacted 🙏 to "{ours}"') == "other"
    assert read(f"Liked “{ours}”\nSTOP") == "stop"


def test_each_list_of_wordings_has_entries_that_can_be_found() -> None:
    known = wordings()
    assert {name for lists in known.phrases.values() for name in lists} <= LISTS
    assert all(phrase and all(phrase) for phrase in known.phrases)
    assert {"keywords", "outright", "likely", "cease", "texts", "aside", "courtesies", "help", "start"} <= {
        name for lists in known.phrases.values() for name in lists
    }


@given(st.text(max_size=1600))
@example("s " * 800)
@example("\u0345" * 1600)
@example("stop" * 400)
@example("İ\ud800\U000e0001")
def test_any_text_is_read(words: str) -> None:
    assert read(words) in {"stop", "start", "help", "other"}


@given(
    st.sampled_from([*OPT_OUTS, "help", "ayuda", "start", "alta", "stop the raids", "no pares", "alto a las redadas"]),
    st.sampled_from(["", ".", "!", "!!!", "?", "...", " .", "。"]),
    st.sampled_from(["", " ", "\n", "\t ", "\u00a0", "\u200b"]),
    st.sampled_from([str, str.upper, str.lower, str.title, str.swapcase]),
)
def test_capitals_space_around_and_punctuation_at_the_end_change_nothing(words, end, around, case) -> None:
    assert read(around + case(words) + end + around) == read(words)


@given(
    st.sampled_from(["stop", "unsubscribe", "alto", "para ya", "arrêt", "停止", "توقف", "አቁም", "dừng lại"]), st.data()
)
def test_invisible_characters_between_letters_change_nothing(words: str, data) -> None:
    hidden = data.draw(st.lists(st.sampled_from("\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e"), max_size=5))
    for letter in hidden:
        place = data.draw(st.integers(0, len(words)))
        words = words[:place] + letter + words[place:]
    assert read(words) == "stop"
