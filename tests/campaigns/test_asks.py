"""An organisation's own words beside its box: taken as they are, or told what is wrong with them and where."""

from collections.abc import Callable
from pathlib import Path

import pytest

from clarion.campaigns.loader import Loaded
from clarion.domain.faults import Fault
from clarion.testing import TABLE

OnlyFault = Callable[..., Fault]

EN = "Yes, the Writers may email me about libraries in our city."
ES = "Sí, Writers puede escribirme sobre las bibliotecas de la ciudad."
BOTH = f'consent.email.en = "{EN}"\nconsent.email.es = "{ES}"\n'
FIRST = TABLE.count("\n") + 1
"""The line after the table, which ends with the block of the writers."""


@pytest.mark.parametrize(
    "lines",
    [
        BOTH,
        f'[organisations.writers.consent.email]\nen = "{EN}"\nes = "  {ES} "\n',
        f'consent = {{ email = {{ en = "{EN}", es = "{ES}" }} }}\n',
        f'{BOTH}[organisations.dancers]\nname = "Dancers"\n',
    ],
)
def test_they_are_taken_in_place_of_the_platforms(
    make_folder: Callable[..., Path], load: Callable[..., Loaded], lines: str
) -> None:
    loaded = load(make_folder(files={"campaign.toml": TABLE + lines}))
    assert loaded.faults == []
    assert loaded.campaign is not None
    readers, writers = loaded.campaign.consents
    assert writers.wording == {"en": EN, "es": ES}
    assert readers.wording["es"] == "Readers by email in es", "who says nothing has the platform's sentence"


def test_a_language_without_them_has_the_platforms_and_is_told(
    make_folder: Callable[..., Path], load: Callable[..., Loaded]
) -> None:
    loaded = load(make_folder(files={"campaign.toml": f'{TABLE}consent.email.en = "{EN}"\n'}))
    assert loaded.campaign is not None
    assert loaded.campaign.consents[1].wording == {"en": EN, "es": "Writers by email in es"}
    (told,) = loaded.faults
    assert (told.level, told.file, told.line) == ("warning", "campaign.toml", FIRST)
    assert 'No words in "es"' in told.message
    assert told.hint == 'Add a line es = "…".'


def test_words_that_do_not_say_whose_box_it_is_are_told(fault: OnlyFault) -> None:
    told = fault({"campaign.toml": TABLE + BOTH.replace("the Writers", "you")})
    assert (told.level, told.line, told.key) == ("warning", FIRST, "organisations.writers.consent.email.en")
    assert '"Writers"' in told.message


def test_a_language_that_is_not_shown_waits(make_folder: Callable[..., Path], load: Callable[..., Loaded]) -> None:
    """Taking a language out for a while must not mean taking out its words."""
    table = TABLE.replace('["en", "es"]', '["en"]') + BOTH
    loaded = load(make_folder(files={"campaign.toml": table, "es.md": None}))
    assert loaded.faults == []
    assert loaded.campaign is not None
    assert loaded.campaign.consents[1].wording == {"en": EN}


@pytest.mark.parametrize(
    ("lines", "line", "key", "message", "hint"),
    [
        (f'{BOTH}consent.email.ess = "x"', 2, "email.ess", 'no language "ess"', 'Did you mean "es"?'),
        (f'{BOTH}consent.emial.en = "x"', 2, "emial", '"emial"', 'Did you mean "email"?'),
        (f'{BOTH}consent.sms.en = "x"', 2, "sms", '"sms"', 'channels = ["email", "sms"]'),
        (f'consent.email = "{EN}"', 0, "email", "no language", 'email.en = "…"'),
        (f'consent.en = "{EN}"', 0, "en", '"en" is not a choice', "email, sms"),
        (BOTH.replace(ES, "Sí " * 90), 1, "email.es", "at most 250", ""),
        (BOTH.replace(ES, "  "), 1, "email.es", "at least 1", ""),
        (BOTH.replace(f'"{ES}"', "5"), 1, "email.es", "valid string", ""),
        (BOTH.replace("Yes, the", "**Yes**, the"), 0, "email.en", "plain words", "Markdown"),
        (BOTH.replace("Yes, the", "Yes, <b>the"), 0, "email.en", "plain words", "HTML"),
        (BOTH.replace("libraries", "[it](https://a.example)"), 0, "email.en", "plain words", "Markdown"),
        (BOTH.replace("the Writers", "{{lead}}"), 0, "email.en", "plain words", "placeholders"),
        (BOTH.replace("Yes, the", "Yes,\\nthe"), 0, "email.en", "plain words", "line breaks"),
        (BOTH.replace("Yes, the", "Yes, \\u202ethe"), 0, "email.en", "plain words", "cannot be seen"),
    ],
)
def test_what_cannot_stand_beside_a_box_is_told_with_its_line(
    fault: OnlyFault, lines: str, line: int, key: str, message: str, hint: str
) -> None:
    told = fault({"campaign.toml": f"{TABLE}{lines}\n"})
    assert (told.level, told.file, told.line) == ("error", "campaign.toml", FIRST + line)
    assert told.key == f"organisations.writers.consent.{key}"
    assert message in told.message
    assert hint in told.hint


def test_a_mistyped_channel_is_told_once(fault: OnlyFault) -> None:
    before, writers = TABLE.rsplit('["email"]', 1)
    told = fault({"campaign.toml": f'{before}["emial"]{writers}{BOTH}'})
    assert (told.key, told.hint) == ("organisations.writers.channels.0", 'Did you mean "email"?')
