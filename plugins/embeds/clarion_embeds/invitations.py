"""The link to a partner's page: whoever has it needs no login. It ends after a year, or when its number is raised."""

from __future__ import annotations

from clarion.api import Petition, hand_out, petition, read_handout

from . import settings

DAYS = 366
_PURPOSE = "partner page"


def path(shown: Petition, partner: str) -> str:
    """The path of a partner's page, with a new token."""
    number = settings.of(shown.campaign).link(partner)
    return f"/partners/{hand_out(_PURPOSE, shown.live.slug, partner, number)}"


def opened(token: str, language: str = "") -> tuple[Petition, str] | None:
    """The petition and the partner that a token stands for, or `None` if it is not good any more."""
    said = read_handout(_PURPOSE, token, DAYS)
    if said is None or len(said) != 3:
        return None
    slug, partner, number = said
    shown = petition(str(slug), language)
    if shown is None:
        return None
    known = settings.of(shown.campaign)
    is_good = known.known_partner(shown.campaign, str(partner)) and known.link(str(partner)) == number
    return (shown, str(partner)) if is_good else None
