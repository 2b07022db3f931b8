"""What a campaign may say about texts, how its faults are told, and what keeps it from being signed by text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clarion.api import Campaign
from clarion.campaigns import service
from clarion.testing import TABLE
from clarion_sms import checks, keywords
from clarion_sms.campaign import CampaignSms, keyword_fault
from clarion_sms.conversation import keyword_of
from clarion_sms.phrases import PHRASES

from .texting import ROOT, SLUG

TEXTS = """
[plugins.sms]
number = "+12025550123"
keywords = { en = ["LIBRARY", "Books"], es = ["BIBLIOTECA"] }
help = "hello@readers.example"
"""
ASKING = TABLE.replace('channels = ["email"]', 'channels = ["email", "sms"]', 1)


@pytest.fixture
def loaded(make_instance, make_folder):
    """Check a folder with this table as `clarion check` does."""
    instance = make_instance(plugins={"sms": {}})

    def check(table: str, slug: str = "library"):
        folder = make_folder(slug, files={"campaign.toml": table})
        with instance.context():
            plugins, languages = (
                instance.app.extensions["clarion.plugins"],
                instance.app.extensions["clarion.languages"],
            )
            (found,) = service.check(folder.parent, languages, plugins.check, (slug,))
        return found

    return check


@pytest.fixture
def faults_of(loaded):
    return lambda table: [str(fault) for fault in loaded(table).errors]


def test_a_campaign_in_which_all_is_there_is_taken(faults_of) -> None:
    assert faults_of(ASKING + TEXTS) == []


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("+12025550123", "2025550123", 'as "+12025550123"'),
        ("+12025550123", "+1 (202) 555-0123", 'write the number without spaces and signs, "+12025550123"'),
        ("+12025550123", "+1202555012", "too few or too many digits"),
        ("+12025550123", "+19", "is no number"),
        ('["LIBRARY", "Books"]', '["SAVE IT"]', "one word of 2 to 20 letters"),
        ('["LIBRARY", "Books"]', '["LIBRARY!"]', "one word of 2 to 20 letters"),
        ('["LIBRARY", "Books"]', '["20009"]', "a word with letters in it"),
        ('["LIBRARY", "Books"]', '["stop"]', '"stop" means STOP in every petition'),
        ('["LIBRARY", "Books"]', '["Sí"]', '"Sí" means YES in every petition'),
        ('["BIBLIOTECA"]', '["Ayuda"]', '"Ayuda" means HELP in every petition'),
        ('["BIBLIOTECA"]', '["Líbrary"]', "stands under en and under es"),
        ('["BIBLIOTECA"]', "[]", '"es" has no keyword'),
        ('es = ["BIBLIOTECA"]', 'fr = ["LIVRE"]', 'keywords.fr: the campaign has no language "fr". It has en, es.'),
        ('en = ["LIBRARY", "Books"], ', "", 'no word starts signing in "en"'),
        ("hello@readers.example", "the library", "reaches nobody"),
        ("hello@readers.example", "http://readers.example", "reaches nobody"),
        ("hello@readers.example", "https://", "reaches nobody"),
        ('help = "hello@readers.example"', "", "help"),
        ("[plugins.sms]", '[plugins.sms]\nterms = "readers.example/terms"', "write its whole address"),
        ("[plugins.sms]", "[plugins.sms]\na_month = 0", "greater than or equal to 1"),
        ("[plugins.sms]", '[plugins.sms]\ntitle.en = "' + "x" * 61 + '"', "at most 60 letters"),
        ("[plugins.sms]", '[plugins.sms]\ntitle.fr = "Livres"', 'title.fr: the campaign has no language "fr"'),
        ("[plugins.sms]", "[plugins.sms]\nkeyword = 1", 'Did you mean "keywords"?'),
        ("[plugins.sms]", '[plugins.sms]\nwords.thank.en = "Hi"', 'did you mean "thanks"?'),
        ("[plugins.sms]", '[plugins.sms]\nwords.thanks.en = "{{who}}: thanks!"', '"thanks" in "en": it lacks {{link}}'),
        ("[plugins.sms]", '[plugins.sms]\nwords.thanks.en = "{{name}} {{who}} {{link}}"', "{{name}} is not filled in"),
        ("[plugins.sms]", '[plugins.sms]\nwords.thanks.en = "{{who}}\\n{{link}}"', "one line of plain words"),
        ("[plugins.sms]", '[plugins.sms]\nwords.thanks.en = "' + "x" * 321 + '"', "write 320 at most"),
        ("[plugins.sms]", '[plugins.sms]\nwords.brief_foot.en = "Goodbye"', "lacks the word STOP"),
        (
            "[plugins.sms]",
            '[plugins.sms]\nwords.thanks.fr = "{{who}} {{link}}"',
            'words.thanks.fr: the campaign has no language "fr"',
        ),
    ],
)
def test_a_fault_is_named_with_what_to_do(faults_of, right: str, wrong: str, words: str) -> None:
    assert right in TEXTS
    found = faults_of(ASKING + TEXTS.replace(right, wrong))
    assert any(words in fault for fault in found), found
    assert all(fault.startswith("campaign.toml:") for fault in found)


@pytest.mark.parametrize("number", ["+12025550123", "+525512345678", "72345"])
def test_numbers_and_short_codes_are_taken(number: str) -> None:
    assert CampaignSms(number=number, keywords={"en": ("BOOKS",)}, help="+1 202 555 0199").number == number


@pytest.mark.parametrize("help_", ["hello@readers.example", "+1 (202) 555-0123", "https://readers.example/help"])
def test_who_answers_may_be_a_mailbox_a_number_or_a_page(help_: str) -> None:
    assert CampaignSms(number="72345", keywords={"en": ("BOOKS",)}, help=help_).help == help_


def test_no_word_with_a_meaning_of_its_own_can_be_a_keyword() -> None:
    words = [word for of_meaning in keywords.MEANINGS.values() for word in keywords.every(of_meaning)]
    assert len(words) > 30
    assert [word for word in words if not keyword_fault(word.lower())] == []
    assert keywords.meaning(" stop ") == "stop"
    assert keywords.meaning("SANCTUARY") == ""


def test_no_word_has_two_meanings() -> None:
    words = [word for of_meaning in keywords.MEANINGS.values() for word in keywords.every(of_meaning)]
    assert len(words) == len(set(words))
    assert words == [keywords.folded(word) for word in words]


def test_a_keyword_is_found_however_it_is_written() -> None:
    said = CampaignSms(number="72345", keywords={"en": ("Sanctuary",), "es": ("Refúgio",)}, help="72345")
    written = ("sanctuary", " SANCTUARY ", "refugio", "ReFÚGIO", "other")
    assert [keyword_of(word, said.keywords) for word in written] == ["en", "en", "es", "es", ""]
    assert (said.keyword("es"), said.keyword("fr")) == ("REFÚGIO", "SANCTUARY")


def test_without_anybody_who_asks_for_texts_it_is_not_taken(faults_of) -> None:
    (fault,) = faults_of(TABLE + TEXTS)
    assert 'Write channels = ["email", "sms"]' in fault


ALL = "Readers may text me, up to 4 a month. Msg & data rates may apply. STOP to end, HELP for help."
TODO = "Readers puede escribirme, hasta 4 al mes. Pueden aplicarse tarifas. STOP para terminar, HELP para ayuda."


@pytest.mark.parametrize(
    ("left_out", "words"),
    [
        ("Readers", 'the name of the organisation: say "Readers"'),
        (", up to 4 a month", 'how often: write "Message frequency varies."'),
        (", hasta 4 al mes", 'how often: write "Con frecuencia variable."'),
        ("Msg & data rates may apply. ", 'what it costs: write "Msg & data rates may apply."'),
        ("Pueden aplicarse tarifas. ", 'what it costs: write "Pueden aplicarse tarifas'),
        ("STOP", "the word STOP"),
        ("HELP", "the word HELP"),
    ],
)
def test_own_words_of_a_consent_say_all_that_carriers_ask_for(faults_of, left_out: str, words: str) -> None:
    def own(english: str, spanish: str) -> str:
        lines = f'consent.sms.en = "{english}"\nconsent.sms.es = "{spanish}"\n'
        return ASKING.replace('"sms"]\n', f'"sms"]\n{lines}') + TEXTS

    english, spanish = ALL.replace(left_out, ""), TODO.replace(left_out, "")
    found = faults_of(own(english, spanish))
    assert len(found) == (english != ALL) + (spanish != TODO)
    assert any(words in fault for fault in found), found


def test_the_platforms_own_words_lack_nothing(loaded) -> None:
    campaign: Campaign = loaded(ASKING + TEXTS).campaign
    for code in ("en", "es"):
        (wording,) = [ask.wording[code] for ask in campaign.consents if ask.channel == "sms"]
        assert list(checks.lacking("Readers", wording, code)) == []
        assert list(checks.lacking("Readers", "", code)) != []


def test_a_language_that_the_plugin_does_not_speak_needs_own_words(loaded) -> None:
    campaign: Campaign = loaded(ASKING + TEXTS).campaign
    french = replace(campaign, languages=("en", "fr"))
    words = {name: {"fr": "…"} for name in PHRASES if name not in ("thanks", "help")}
    said = CampaignSms.model_construct(number="72345", keywords={"en": ("BOOKS",)}, help="", words=words, title={})
    found = [fault for fault in checks.faults(french, said) if "No words" in fault]
    assert found == ['No words in "fr" for thanks, help. Write fr = "…" under [plugins.sms.words.<message>] for each.']


def test_the_example_in_this_projects_petition_is_right(loaded) -> None:
    table = (ROOT / "campaigns" / SLUG / "campaign.toml").read_text("utf-8")
    example = table[table.index("# [plugins.sms]") :]
    assert all(line.startswith("# ") for line in example.splitlines())
    uncommented = "\n".join(line.removeprefix("# ") for line in example.splitlines())
    found = loaded(f"{ASKING}\n{uncommented}\n")
    assert [str(fault) for fault in found.faults] == []
    assert found.campaign.plugins["sms"]["keywords"] == {"en": ["SANCTUARY"], "es": ["SANTUARIO"]}


def test_two_campaigns_with_one_number_and_one_keyword_are_told(loaded) -> None:
    one = loaded(ASKING + TEXTS).campaign
    other = loaded(ASKING + TEXTS.replace("BIBLIOTECA", "books").replace('"Books"', '"TOMES"'), "shelves").campaign
    same = list(checks.warnings([one, other]))
    assert [words.partition(":")[0] for words in same] == [
        'library and shelves both want "LIBRARY" at +12025550123, and only one can have it',
        'library and shelves both want "BOOKS" at +12025550123, and only one can have it',
    ]
    elsewhere = loaded(ASKING + TEXTS.replace("0123", "0124"), "elsewhere").campaign
    closed = loaded((ASKING + TEXTS).replace('status = "live"', 'status = "closed"'), "ended").campaign
    silent = loaded(TABLE, "silent").campaign
    assert list(checks.warnings([one, elsewhere, closed, silent])) == []


def test_a_language_without_a_keyword_is_told(loaded) -> None:
    one = loaded(ASKING + TEXTS.replace(', es = ["BIBLIOTECA"]', "")).campaign
    (words,) = checks.warnings([one])
    assert 'no keyword starts signing in "es"' in words
    assert 'names "LIBRARY"' in words
