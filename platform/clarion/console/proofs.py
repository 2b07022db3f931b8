"""What a passkey proves, for the pages that ask for one."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import current_app, g, request

from ..settings import Settings
from ..staff import tickets
from ..staff.models import Staff, Ticket
from ..staff.passkeys import PasskeyRefused, Passkeys
from .guard import marks

LONGEST_ANSWER = 16 * 1024


def passkeys_here() -> Passkeys:
    """The passkeys of this site."""
    settings: Settings = current_app.extensions["clarion.settings"]
    return Passkeys(marks(), settings.site.name, settings.site.base_url)


def passkeys_work() -> bool:
    """Whether browsers make passkeys for this site: they belong to a name, and to no bare address (WebAuthn, 5.1.2)."""
    settings: Settings = current_app.extensions["clarion.settings"]
    try:
        ipaddress.ip_address(urlsplit(settings.site.base_url).hostname or "")
    except ValueError:
        return True
    return False


def answered() -> tuple[Ticket | None, Staff | None]:
    """The challenge that this browser was given, and who has answered it."""
    ticket = tickets.challenge(request.form.get("ticket", type=int), g.browser)
    answer = request.form.get("answer", "")
    if ticket is None or len(answer) > LONGEST_ANSWER:
        return None, None
    try:
        return ticket, passkeys_here().check(ticket, answer)
    except PasskeyRefused:
        return ticket, None
