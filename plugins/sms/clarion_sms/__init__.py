"""Texts: people sign by them, get what they said yes to, and end them with one word."""

from __future__ import annotations

from typing import ClassVar

from clarion.api import Place, Plugin, PluginSettings

from .campaign import CampaignSms
from .settings import SmsSettings

__all__ = ("CampaignSms", "SmsPlugin", "SmsSettings")


class SmsPlugin(Plugin):
    """Sends and takes in texts."""

    api: ClassVar[int] = 1
    Settings: ClassVar[type[PluginSettings]] = SmsSettings
    CampaignSettings: ClassVar[type[PluginSettings] | None] = CampaignSms
    personal_data: ClassVar[str] = "numbers, names and texts of those who write and are written to, sealed"
    settings: SmsSettings

    def __init__(self, settings: SmsSettings, place: Place) -> None:
        """Keep where it runs."""
        super().__init__(settings, place)
