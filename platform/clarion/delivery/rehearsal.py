"""Every mail that a campaign may send, made once before it is published: what fails then fails for nobody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from flask import Flask

from ..campaigns.live import LiveCampaign
from ..campaigns.loader import Loaded
from ..domain import placeholders, prose
from ..domain.faults import Fault
from ..domain.names import MAX_NAME
from ..pages.pulse import Pulse
from ..pages.render import fill, links
from ..settings import Settings
from ..signatures.models import CONFIRMED, PENDING, WITHDRAWN
from .channels import Channel
from .mails import words
from .mime import as_email
from .moulds import SLOTS, Mould, values

MAILS = {"confirm": (PENDING,), "again": (PENDING, CONFIRMED, WITHDRAWN), "thanks": (CONFIRMED,)}
"""The kinds, each with the states that change what it says."""


LONGEST_LINE = 998
"""Octets of a line that any server takes (RFC 5322, 2.1.1)."""


class _Still(Pulse):
    """Counts nothing and asks no database."""

    def count(self, campaign_id: int) -> int:
        """Nobody has signed what is only checked."""
        return 0


def make_ready(app: Flask, settings: Settings, channels: Mapping[str, Channel]) -> None:
    """Give an app that only checks folders what mails are made with."""
    app.extensions["clarion.settings"] = settings
    app.extensions["clarion.channels"] = channels
    app.extensions["clarion.pulse"] = _Still()


def rehearse(loaded: Loaded) -> None:
    """Add what is wrong with the mails to a campaign's signers to the faults of its folder. Needs an app context."""
    campaign = loaded.campaign
    if campaign is None:
        return
    live = LiveCampaign(0, campaign.slug, "", b"", 0, 0, campaign)
    for kind, states in MAILS.items():
        for code in campaign.languages:
            own = code in campaign.mail.get(kind, {})
            file = f"mail/{kind}.{code}.md" if own else f"{code}.md"
            for state in states:
                note(loaded, file, kind, partial(_made, live, kind, code, state))
    settle(loaded)


def note(loaded: Loaded, file: str, kind: str, make: Callable[[], bytes]) -> None:
    """Make one mail, and tell once what is wrong with it as a fault of a file."""
    if what := wrong(make):
        hint = "Take back the last change, or leave out what is special in it."
        fault = Fault(file, f'The mail "{kind}" cannot be made: {what}.', hint)
        if fault not in loaded.faults:
            loaded.faults.append(fault)


def settle(loaded: Loaded) -> None:
    """A campaign with errors is none that could be published."""
    if loaded.errors:
        loaded.campaign = None


class Refused(ValueError):
    """Why a mail cannot be made, in words."""


def wrong(make: Callable[[], bytes]) -> str:
    """What is wrong with a mail, or nothing."""
    try:
        raw = make()
    except Refused as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, it must be found out now and not by a signer
        return f"{type(error).__name__}"
    if any(len(line) > LONGEST_LINE for line in raw.split(b"\r\n")):
        return "a word in it, or what is filled in, is longer than a mail's line may be"
    return ""


def _made(live: LiveCampaign, kind: str, code: str, state: str) -> bytes:
    own, text = live.campaign.mail.get(kind, {}).get(code), live.campaign.text(code)
    for said in (own.body if own else "", text.thanks):
        if placeholders.RESERVED in prose.plain(fill(said, live, code)):
            raise Refused(f'"{placeholders.RESERVED}" cannot stand in it')
    return Mould.of(as_email(words(kind, live, code, state))).cast(somebodys())


def somebodys() -> dict[str, str]:
    """What is filled in for a person whose name is as long as it may be."""
    token = "x" * 64
    given = values(
        "somebody@mailbox.example",
        "Ñ" * MAX_NAME,
        messageid="0@mailbox.example",
        date="Thu, 01 Jan 2026 00:00:00 +0000",
        confirm=links().confirm(token),
        code="000000",
        me=links().me(token),
        unsubscribe=links().unsubscribe(token),
    )
    return dict.fromkeys(SLOTS, token) | given
