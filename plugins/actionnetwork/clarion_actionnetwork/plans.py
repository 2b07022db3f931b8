"""What is to be done next for one signer, and what is said there of a person, made right before it is said."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from clarion.api import Shared

from .groups import Group
from .models import BACKFILL, CHANNELS, NOT, SENT, TRYING, Signer


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Tell of a person and their yes to these channels."""

    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Find:
    """Look whether somebody is there, and under which id, to take their yes back."""


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Take back what was told of these channels."""

    channels: tuple[str, ...]


Step = Subscribe | Find | Unsubscribe


def plan(row: Signer, shared: Shared | None) -> Step | None:
    """The next step for a signer of whom this much may be told, or `None` where all is as it should be."""
    wanted = agreed(shared)
    gone = tuple(c for c in CHANNELS if getattr(row, f"{c}_ended") and c not in wanted and getattr(row, c) != NOT)
    if gone:
        return Unsubscribe(gone) if row.person else Find()
    if any(getattr(row, channel) in (NOT, TRYING) for channel in wanted):
        return Subscribe(wanted)
    return None


def agreed(shared: Shared | None) -> tuple[str, ...]:
    """The channels that somebody said yes to and can be reached by."""
    if shared is None:
        return ()
    reached = {"email": shared.person.email, "sms": shared.person.phone}
    return tuple(channel for channel in CHANNELS if channel in shared.channels and reached[channel])


def identifier(mark: str) -> str:
    """How a person of ours is called there."""
    return f"clarion:{mark}"


def subscribing(row: Signer, shared: Shared, group: Group, channels: Collection[str], site: str) -> tuple[str, bytes]:
    """Path and body that tell of a person: a signature of their petition there, or only the person."""
    told: dict[str, Any] = {
        "person": _person(row, shared, channels),
        "add_tags": list(group.tags),
        "triggers": {"autoresponse": {"enabled": False}},
        "action_network:referrer_data": {"source": f"clarion-{row.campaign}", "website": f"{site}/{row.campaign}"},
    }
    petition = group.petitions.get(row.campaign)
    if petition is None:
        return "/people", json.dumps(told).encode()
    told["identifiers"] = [f"{identifier(row.mark)}-s"]
    return f"/petitions/{petition}/signatures", json.dumps(told).encode()


def unsubscribing(row: Signer, channels: Collection[str]) -> tuple[str, bytes]:
    """Path and body that take back what was told of these channels; it needs no address, only who it is there."""
    lists = {"email": "email_addresses", "sms": "phone_numbers"}
    told = {lists[channel]: [{"status": "unsubscribed"}] for channel in channels}
    return f"/people/{row.person}", json.dumps(told).encode()


def looking_for(mark: str) -> str:
    """The path by which a person of ours is found there."""
    return "/people?filter=" + quote(f"identifier eq '{identifier(mark)}'")


def _person(row: Signer, shared: Shared, channels: Collection[str]) -> dict[str, Any]:
    known = shared.person
    # one name is asked for; its first word is what letters there begin with, and nobody's name is taken apart further
    given, _, family = known.name.partition(" ")
    person: dict[str, Any] = {
        "identifiers": [identifier(row.mark)],
        "given_name": given,
        "family_name": family,
        "languages_spoken": [shared.language.partition("-")[0]],
    }
    if "email" in channels:
        address = {"address": known.email, "primary": True}
        # without a word who is new there is subscribed, and who has left the list since that yes is left alone
        said = {} if row.rank == BACKFILL else {"status": "subscribed"}
        person["email_addresses"] = [{**address, **said}]
    if "sms" in channels:
        number = {"number": known.phone, "number_type": "Mobile", "primary": True, "status": "subscribed"}
        person["phone_numbers"] = [number]
    place = {name: getattr(known, name) for name in ("postal_code", "country") if getattr(known, name)}
    if place:
        person["postal_addresses"] = [{**place, "primary": True}]
    return person


def is_told(row: Signer) -> bool:
    """Whether something was told and not seen there yet."""
    return any(getattr(row, channel) == SENT for channel in CHANNELS)


def is_nobody(row: Signer) -> bool:
    """Whether nothing at all is there of it."""
    return all(getattr(row, channel) == NOT for channel in CHANNELS)
