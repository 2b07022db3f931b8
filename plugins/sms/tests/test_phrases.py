"""What is texted: every message in every language names who writes, says what it must, and costs what is promised."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from babel.support import Translations

import clarion_sms
from clarion.i18n import compile_catalogs, translations_folder
from clarion_sms import phrases, segments
from clarion_sms.phrases import PHRASES, QUESTIONS, say

PACKAGE = Path(clarion_sms.__file__).parent
METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]

USUAL = {
    "who": "Sanctuary DC",
    "title": "Mayor Bowser: keep our neighbors safe from ICE raids",
    "a_month": 4,
    "help": "hello@sanctuary-dc.example",
    "link": "https://petitions.example.org/me/" + "x" * 43,
    "code": "406182",
    "consent": "Casa del Barrio may text me about this campaign. Message frequency varies. Msg & data rates may apply. "
    "Reply STOP to end, HELP for help.",
    "question": "Please reply with your ZIP code.",
}
SPANISH = {
    **USUAL,
    "title": "Alcaldesa Bowser: proteja a nuestros vecinos de las redadas de ICE",
    "consent": "Casa del Barrio puede enviarme mensajes de texto sobre esta campaña, con frecuencia variable. Pueden "
    "aplicarse tarifas de mensajes y datos. Responda STOP para terminar, HELP para ayuda.",
    "question": "Por favor, responda con las cifras de su ZIP.",
}
VALUES = {"en": USUAL, "es": SPANISH}


@pytest.fixture
def speaking(make_instance):
    with make_instance(plugins={"sms": {}}).context():
        yield


@pytest.mark.parametrize("language", VALUES)
@pytest.mark.parametrize("phrase", PHRASES)
def test_every_message_names_the_sender_and_fits(speaking, phrase: str, language: str) -> None:
    words = say(phrase, language, **VALUES[language])
    known = PHRASES[phrase]
    assert "%(" not in words
    assert phrase == "brief_foot" or "Sanctuary DC" in words
    assert all(word in words for word in known.says)
    assert all(str(VALUES[language][name]) in words for name in known.needs)
    assert 1 <= segments.measure(words).segments <= known.segments, (
        f"{len(words)} letters, {segments.odd(words)}: {words}"
    )
    assert (words == known.message % VALUES[language]) == (language == "en"), "each language has its own words"


@pytest.mark.parametrize("language", VALUES)
def test_no_message_but_one_needs_letters_that_double_its_price(speaking, language: str) -> None:
    dear = {name for name in PHRASES if segments.odd(say(name, language, **VALUES[language]))}
    assert dear <= {"ask_postal_code"}, "one short question is in letters of its own, and still one segment"


RATES = {"en": "Msg & data rates may apply", "es": "Pueden aplicarse tarifas de mensajes y datos"}
OFTEN = {"en": "up to 4 a month", "es": "hasta 4 al mes"}


@pytest.mark.parametrize("language", VALUES)
@pytest.mark.parametrize("phrase", ["welcome", "confirm_number", "started"])
def test_who_may_get_texts_is_told_all_that_carriers_ask_for(speaking, phrase: str, language: str) -> None:
    """The CTIA's principles: who, how often, what it costs, help, the way out."""
    words = say(phrase, language, **VALUES[language])
    for wanted in ("Sanctuary DC", OFTEN[language], RATES[language], "HELP", "STOP"):
        assert wanted in words


@pytest.mark.parametrize("language", VALUES)
def test_the_answers_to_help_and_stop_tell_what_they_must(speaking, language: str) -> None:
    values = VALUES[language]
    help_, stopped = say("help", language, **values), say("stopped", language, **values)
    for wanted in (values["who"], values["title"], values["help"], RATES[language], "STOP"):
        assert wanted in help_
    for wanted in (values["who"], values["help"], "START"):
        assert wanted in stopped
    assert values["title"] not in stopped, "whoever said stop is asked for nothing more"


def test_a_campaigns_own_words_stand_in_their_language_only(speaking) -> None:
    own = {"thanks": {"es": "{{who}}: ¡mil gracias, vecina! {{ link }}"}}
    assert say("thanks", "es", own, **SPANISH) == f"Sanctuary DC: ¡mil gracias, vecina! {SPANISH['link']}"
    assert say("thanks", "en", own, **USUAL).startswith("Sanctuary DC: thank you!")


def test_braces_in_what_somebody_typed_are_left_alone(speaking) -> None:
    own = {"again": {"en": "{{who}}, again: {{question}}"}}
    assert say("again", "en", own, who="{{question}}", question="%(who)s?") == "{{question}}, again: %(who)s?"
    assert say("again", "en", who="%(who)s", question="50 % {{who}}").endswith("50 % {{who}}")


def test_a_message_is_not_sent_half(speaking) -> None:
    with pytest.raises(KeyError, match="link"):
        say("thanks", "en", who="Sanctuary DC")
    with pytest.raises(KeyError):
        say("goodbye", "en")


@pytest.mark.parametrize("step", QUESTIONS)
def test_a_question_is_asked_again_in_either_language(speaking, step: str) -> None:
    english, spanish = phrases.question(step, "en"), phrases.question(step, "es")
    assert english == QUESTIONS[step] != spanish
    assert segments.measure(say("again", "es", who="Sanctuary DC", question=spanish)).segments == 1


def test_every_word_is_there_in_spanish(tmp_path: Path) -> None:
    found = extract_from_dir(str(PACKAGE), METHODS, {}, {"_": None, "gettext": None, "ngettext": (1, 2)})
    words = {message if isinstance(message, str) else message[0] for _, _, message, *_ in found}
    assert {phrase.message for phrase in PHRASES.values()} < words
    with (PACKAGE / "translations" / "es" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        own = {message.id: message.string for message in read_po(file) if message.id}
    core = Translations.load(compile_catalogs(translations_folder(), tmp_path), ["es"])
    assert sorted(word for word in words if not own.get(word) and core.gettext(word) == word) == []
    assert sorted(set(own) - words) == [], "nothing says these any more"
