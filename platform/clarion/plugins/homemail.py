"""Mails at home: as files, by a plugin of the core's own that comes through the same door as any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from ..delivery.channels import Channel
from ..delivery.mailfile import FileChannel
from ..hookspecs import API_VERSION, Plugin, hookimpl

FOLDER = "var/mail"


class HomeMail(Plugin):
    """Writes mails to a folder, for as long as no plugin that is on sends them."""

    api: ClassVar[int] = API_VERSION
    personal_data: ClassVar[str] = "whole mails, on this machine"

    @hookimpl
    def channels(self) -> Mapping[str, Channel]:
        """The one channel."""
        return {"email": FileChannel(self.place.home / FOLDER, FOLDER)}
