"""What a campaign says about texts: the table `[plugins.sms]` of its `campaign.toml`."""

from __future__ import annotations

from pydantic import Field

from clarion.api import PluginSettings


class CampaignSms(PluginSettings):
    """`[plugins.sms]` in `campaign.toml`: the number that people text, the words they send, and who answers."""

    number: str
    """The number in E.164, such as `+12025550123`, or a short code."""
    keywords: dict[str, tuple[str, ...]] = Field(min_length=1)
    """By language, the words that start signing: `en = ["SANCTUARY"]`."""
    help: str
    """Who answers questions, and how: an address, a number or a web page. It stands in the answer to HELP."""
    a_month: int = Field(default=4, ge=1, le=60)
    """Texts a month, at most, as told to those who say yes."""
    terms: str = ""
    """The web page with the terms of texts; without one, the page that this plugin makes."""
