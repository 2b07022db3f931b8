"""A conversation as somebody would have it with a petition, for the page that shows how texts work and for carriers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clarion.api import Campaign

from .campaign import CampaignSms

NAME = "Ana Luna"
POSTAL_CODE = "20009"
YES = {"es": "SI"}


@dataclass(frozen=True, slots=True)
class Said:
    """One text of a conversation."""

    by_us: bool
    words: str
    phrase: str = ""
    """Which message it is, where we write."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What an organisation asks those who may get its texts, word for word."""

    name: str
    """The organisation's."""
    wording: str
    website: str = ""
    email: str = ""
    privacy: str = ""


def consents(campaign: Campaign, language: str) -> list[Consent]:
    """What each organisation asks that would like to send texts, in a language."""
    found = []
    for ask in campaign.consents:
        organisation = campaign.organisation(ask.organisation)
        if ask.channel == "sms" and organisation is not None:
            known = organisation.website, organisation.email, organisation.privacy
            found.append(Consent(organisation.name, ask.wording.get(language, ""), *known))
    return found


def conversation(campaign: Campaign, said: CampaignSms, language: str, own_page: str) -> Iterator[Said]:
    """Somebody signs by text and says yes to the first organisation that asks, no text left out."""
    who, title = campaign.lead.name, said.title_of(campaign, language)

    def ours(phrase: str, **values: object) -> Said:
        return Said(True, said.say(phrase, language, who=who, title=title, link=own_page, **values), phrase)

    yield Said(False, said.keyword(language))
    yield ours("ask_name")
    yield Said(False, NAME)
    if campaign.need("postal_code") != "no":
        yield ours("ask_postal_code")
        yield Said(False, POSTAL_CODE)
    for asked in consents(campaign, language)[:1]:
        yield ours("ask_consent", consent=asked.wording)
        yield Said(False, YES.get(language, "YES"))
        welcome = said.say("welcome", language, who=asked.name, title=title)
        yield Said(True, welcome, "welcome")
    yield ours("thanks")
