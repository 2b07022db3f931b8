"""What has to be there before a petition may be signed by text: what carriers look for before they let texts pass."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from clarion.api import Campaign

from . import campaign as said_by
from . import keywords, phrases
from .campaign import CampaignSms
from .example import consents

HOW_OFTEN: Mapping[str, re.Pattern[str]] = {
    "en": re.compile(r"frequency|recurring|\b(?:a|per|each|every) (?:day|week|month)|/ ?mo|daily|weekly|monthly", re.I),
    "es": re.compile(
        r"frecuencia|recurrente|\b(?:al|por|cada|a la) (?:d[ií]a|semana|mes)|/ ?mes|diari|semanal|mensual", re.I
    ),
}
RATES: Mapping[str, re.Pattern[str]] = {
    "en": re.compile(r"\brates? may apply", re.I),
    "es": re.compile(
        r"(?:pueden|podr[ií]an) (?:aplicarse|aplicar)\b.*\btarifas|tarifas .*(?:pueden|podr[ií]an) aplicar", re.I
    ),
}
EXAMPLE: Mapping[str, tuple[str, str]] = {
    "en": ("Message frequency varies.", "Msg & data rates may apply."),
    "es": ("Con frecuencia variable.", "Pueden aplicarse tarifas de mensajes y datos."),
}
"""What to write where the two are missing."""


def faults(campaign: Campaign, settings: CampaignSms) -> Iterator[str]:
    """What keeps a petition from being signed by text."""
    yield from said_by.faults(campaign, settings)
    if not any(ask.channel == "sms" for ask in campaign.consents):
        yield (
            "No organisation asks whether it may text people, so nobody could ever get more than the answers to a "
            'signature. Write channels = ["email", "sms"] for one, and phone = "optional" under [fields].'
        )
    for code in campaign.languages:
        if names := phrases.unsaid(code, settings.words):
            listed = ", ".join(names)
            yield f'No words in "{code}" for {listed}. Write {code} = "…" under [plugins.sms.words.<message>] for each.'
        for asked in consents(campaign, code):
            for lack in lacking(asked.name, asked.wording, code):
                yield f'The words with which {asked.name} asks for texts lack in "{code}" {lack}.'


def lacking(organisation: str, wording: str, language: str) -> Iterator[str]:
    """What a consent wording lacks, and what to write; where a language is not known here, less is looked for."""
    often, rates = EXAMPLE.get(language, EXAMPLE["en"])
    if organisation.casefold() not in wording.casefold():
        yield f'the name of the organisation: say "{organisation}"'
    if language in HOW_OFTEN and not HOW_OFTEN[language].search(wording):
        yield f'how often: write "{often}", or a number a month'
    if language in RATES and not RATES[language].search(wording):
        yield f'what it costs: write "{rates}"'
    for word in ("STOP", "HELP"):
        if not re.search(rf"\b{word}\b", wording):
            yield f"the word {word}: write how to {'end texts' if word == 'STOP' else 'get help'}, in capitals"


def warnings(campaigns: Sequence[Campaign]) -> Iterator[str]:
    """What only all campaigns together show, and what a campaign may do but better would not."""
    taken: dict[tuple[str, str], str] = {}
    for one in campaigns:
        settings = said_by.of(one)
        if settings is None or one.status == "closed":
            continue
        for code in one.languages:
            if code not in settings.keywords:
                yield (
                    f'{one.slug}: no keyword starts signing in "{code}", so the invitation in that language names '
                    f'"{settings.keyword(code)}" and its answers come in another. Write keywords.{code} = ["…"].'
                )
        for word in (word for words in settings.keywords.values() for word in words):
            other = taken.setdefault((settings.number, keywords.folded(word)), one.slug)
            if other != one.slug:
                yield (
                    f'{other} and {one.slug} both want "{word}" at {settings.number}, and only one can have it: '
                    "take another word for one of them, or close it."
                )
