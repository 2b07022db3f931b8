"""Where a text belongs: which campaigns have a number, and what they say about texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clarion.api import ConsentAsk, LiveCampaign, live_campaigns, now

from .campaign import CampaignSms, of
from .conversation import Asked, keyword_of


@dataclass(frozen=True, slots=True)
class Place:
    """A campaign that takes texts."""

    live: LiveCampaign
    own: CampaignSms

    @property
    def id(self) -> int:
        """The campaign's number."""
        return self.live.id

    @property
    def who(self) -> str:
        """Who writes."""
        return self.live.campaign.lead.name

    @property
    def is_open(self) -> bool:
        """Whether it takes signatures now."""
        return self.live.campaign.state(now()) == "live"

    @property
    def asks(self) -> tuple[ConsentAsk, ...]:
        """The boxes for texts, in the campaign's order."""
        return tuple(ask for ask in self.live.campaign.consents if ask.channel == "sms")

    @property
    def asked(self) -> Asked:
        """What a talk asks."""
        campaign = self.live.campaign
        wants_code = campaign.need("postal_code") != "no"
        return Asked(wants_code, campaign.country, tuple(ask.organisation for ask in self.asks))

    def language(self, code: str) -> str:
        """A language that the campaign has, this one if it can be."""
        return code if code in self.live.campaign.languages else self.live.campaign.languages[0]

    def keyword(self, words: str) -> str:
        """The language whose keyword a text is; empty where it is none."""
        return keyword_of(words, self.own.keywords)

    def values(self, language: str) -> dict[str, object]:
        """What phrases say of it."""
        title = self.own.title_of(self.live.campaign, language)
        return {"who": self.who, "title": title, "help": self.own.help, "a_month": self.own.a_month}


def places() -> Iterator[Place]:
    """All published campaigns that take texts, the newest first.

    One whose table says what the plugin does not take any more is left out: a STOP has to get through in any case.
    """
    for live in live_campaigns().all():
        said = of(live.campaign)
        if said is not None:
            yield Place(live, said)


def places_with(number: str) -> list[Place]:
    """Those that take texts to one number."""
    return [place for place in places() if place.own.number == number]


def place(campaign_id: int) -> Place | None:
    """One of them."""
    live = live_campaigns().by_id(campaign_id)
    said = of(live.campaign) if live else None
    return Place(live, said) if live and said else None
