"""Any other company, by Apprise's addresses (https://github.com/caronc/apprise/wiki): texts leave, nothing comes back.

It tells whether a text was taken and nothing else, so what was not taken counts as unsure: Apprise does not say whether
the request ever left.
"""

from __future__ import annotations

import re

from flask import Request

from clarion.api import Text, Unsure

from .base import Accepted, Forged, Received, Told

PLACE = "{to}"
"""Where the recipient's number stands in the address."""


class AppriseGateway:
    """One of Apprise's addresses, with `{to}` where the number belongs."""

    name = "apprise"

    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, text: Text) -> Accepted:
        """Hand it to Apprise. Raises `Unsure`."""
        import apprise  # noqa: PLC0415 - it loads very much, and few use it

        number = re.sub(r"\D", "", text.recipient)
        sender = apprise.Apprise(asset=apprise.AppriseAsset(app_id="Clarion"))
        if not sender.add(self._url.replace(PLACE, number)) or not sender.notify(body=text.words):
            raise Unsure("apprise could not")
        return Accepted("", "taken")

    def received(self, _request: Request) -> Received | None:
        """Nothing comes in this way."""
        raise Forged

    def told(self, _request: Request) -> Told | None:
        """Nothing is told this way."""
        raise Forged
