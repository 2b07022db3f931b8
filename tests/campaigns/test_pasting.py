"""A petition as people paste it is taken apart: what is plain is in its place, and what is not is a doubt."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clarion.campaigns.drafting import drafted
from clarion.campaigns.textfile import parse_text
from clarion.domain.pasting import Pasted, take_apart
from clarion.domain.pasting.doubts import in_words
from clarion.i18n import read_languages

HERE = Path(__file__).parent / "pasted"
KNOWN = read_languages()


def pasted(name: str) -> Pasted:
    return take_apart((HERE / f"{name}.txt").read_text("utf-8"), KNOWN)


def doubts(found: Pasted) -> set[tuple[str, str]]:
    return {(doubt.place, doubt.code) for doubt in found.doubts}


def test_the_petition_to_protect_dc() -> None:
    found = pasted("dc-sanctuary")
    assert [(one.role, one.name, one.office) for one in found.recipients[:-1]] == [
        ("to", "Muriel Bowser", "Mayor"),
        ("cc", "Karl Racine", "Attorney General"),
        ("cc", "Phil Mendelson", "Council Chairman"),
        ("cc", "Kenyan McDuffie", "Councilmember"),
        ("cc", "Anita Bonds", "Councilmember"),
        ("cc", "David Grosso", "Councilmember"),
        ("cc", "Elissa Silverman", "Councilmember"),
    ]
    last = found.recipients[-1]
    assert (last.name, last.office, last.cut) == ("Robert White, Jr.", "Councilme…", True), "nobody makes up the rest"
    assert list(found.texts) == ["en", "es"]
    english, spanish = found.texts.values()
    assert english.title == "Mayor Bowser: Protect DC residents from ICE raids!"
    assert english.ask.startswith("In light of recent threats")
    assert english.ask.endswith("This includes ensuring")
    assert [demand.split()[:5] for demand in english.demands] == [
        ["that", "there", "is", "absolutely", "no"],
        ["that", "DC", "residents", "detained", "by"],
        ["that", "the", "DC", "Department", "of"],
    ]
    assert english.demands[2].endswith("is released.")
    assert [words[:3] for words in english.why] == ["Ear", "Mea", "1. ", "2. ", "3. ", "We "]
    assert len(spanish.demands) == 3
    assert spanish.ask.startswith("Ante las amenazas recientes")
    assert all("español abajo" not in words for words in english.why)
    assert [reason.split()[0:3] for reason in found.reasons] == [
        ["We", "need", "to"],
        ["We", "need", "to"],
        ["As", "a", "DC"],
    ]
    assert doubts(found) == {("recipients", "cut off"), ("es.title", "no title"), ("es.why", "cut off")}


def test_a_letter_with_a_greeting_and_a_signature() -> None:
    found = pasted("mail")
    assert [(one.name, one.office) for one in found.recipients] == [("Alvarez", "Mayor")]
    said = found.texts["en"]
    assert (said.title, len(said.demands), len(said.why)) == ("Keep the night buses running", 3, 2)
    assert not any("Riders' Union" in words for words in said.why)
    assert not found.doubts


def test_a_petition_site_with_bullets() -> None:
    found = pasted("site")
    assert [(one.name, one.office) for one in found.recipients] == [
        ("Dana Reyes", "Governor"),
        ("Lee Park", "Senator"),
        ("The Board of Education", "The Board of Education"),
    ]
    assert found.texts["en"].title == "Clean water in every school"
    assert found.texts["en"].ask_as_markdown.splitlines()[-1] == "3. Replace the pipes where lead is found"
    assert found.reasons == ["My daughter drinks from that fountain.", "Water is not a luxury."]


def test_spanish_first_and_english_below() -> None:
    found = pasted("spanish-first")
    assert [(one.name, one.office) for one in found.recipients] == [
        ("Carmen Ortiz", "Alcaldesa"),
        ("Luis Vega", "Presidente del Concejo"),
    ]
    assert {code: said.title for code, said in found.texts.items()} == {
        "es": "Salvemos el parque de la calle Octava",
        "en": "Save the park on Eighth Street",
    }
    assert all(said.ask and len(said.why) == 1 for said in found.texts.values())
    assert not found.doubts


def test_nobody_is_addressed() -> None:
    found = pasted("bare")
    assert found.texts["en"].title == "Free the library on Sundays"
    assert doubts(found) == {("recipients", "no recipients")}


def test_recipients_line_by_line() -> None:
    found = pasted("lines")
    assert [(one.role, one.name, one.office, one.email) for one in found.recipients] == [
        ("to", "Rosa Kim", "Director of Housing", "rosa.kim@city.example"),
        ("to", "Omar Haddad", "Chair, Housing Committee", "omar.haddad@council.example"),
        ("to", "Tenant Office", "", ""),
        ("cc", "Council Clerk", "Council Clerk", "clerk@council.example"),
    ]
    assert found.texts["en"].demands[2] == "gives it to the tenants' cooperative."
    assert doubts(found) == {("recipients", "no office"), ("en.why", "cut off")}


def test_a_language_that_the_platform_has_not() -> None:
    found = pasted("three")
    assert list(found.texts) == ["en", "es", "zh"]
    assert found.texts["es"].title == "Abran el refugio esta noche"
    assert ("text", "language") in doubts(found)
    assert not any(
        letter >= "\u4e00" for said in (found.texts["en"], found.texts["es"]) for letter in said.why_as_markdown
    )


@pytest.mark.parametrize("name", sorted(path.stem for path in HERE.glob("*.txt")))
def test_no_word_is_lost_or_changed(name: str) -> None:
    found = pasted(name)
    files = "\n".join(drafted("x", found, KNOWN).values())
    source = (HERE / f"{name}.txt").read_text("utf-8")
    body = source.partition("\n\n")[2]
    words = [word for word in body.split() if len(word) > 7 and word.isalpha()]
    missing = {word for word in words if word not in files}
    # what heads a part, signs off, or says where the other language is
    assert missing <= {
        "important",
        "Sincerely",
        "important?",
        "Reasons",
        "signing",
        "Background",
        "Attorney",
        "General",
    }, missing


@pytest.mark.parametrize("name", sorted(path.stem for path in HERE.glob("*.txt")))
def test_the_files_hold_what_was_found(name: str) -> None:
    found = pasted(name)
    files = drafted("x", found, KNOWN)
    for code, said in found.texts.items():
        parsed = parse_text(files[f"{code}.md"])
        assert not parsed.faults
        assert (parsed.head["title"], parsed.head["ask"]) == (said.title, said.ask_as_markdown)
        assert parsed.body == said.why_as_markdown.strip()


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_however_lines_end(ends: str) -> None:
    source = (HERE / "mail.txt").read_text("utf-8")
    assert take_apart(source.replace("\n", ends), KNOWN) == take_apart(source, KNOWN)


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="200,000"):
        take_apart("a" * 200_001)


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=400)
    | st.lists(
        st.sampled_from(
            [
                "To: ",
                "cc: ",
                "Ana",
                ", Mayor",
                "\n",
                "\n\n",
                "(1) ",
                "• ",
                "...",
                "Dear ",
                ",",
                "Why?",
                "Reasons for signing",
                ";",
                " – ",
                "Título: ",
                "a@b.example",
            ]
        )
    ).map("".join)
)
@example("To: <a@b.example>, Mayor")
@example("To: , a@b.example, Mayor, ,")
def test_any_text_gives_a_result(text: str) -> None:
    found = take_apart(text, KNOWN)
    for doubt in found.doubts:
        assert in_words(doubt)
    for name, content in drafted("x", found, KNOWN).items():
        assert name
        assert isinstance(content, str)
