"""The table `[plugins.sms]` of the settings."""

from __future__ import annotations

from clarion.api import PluginSettings


class SmsSettings(PluginSettings):
    """How texts leave."""

    url: str = "file:var/sms"
    """`twilio://…`, `vonage://…`, any of Apprise's addresses, or `file:` and a folder for `.json` files."""
