"""How a visitor came, on its way through the pages: in the form and in the links to other languages, without a cookie.

A page is the same for everyone and has a few places that stand empty. Who comes by a share link, a tagged address or in
a frame gets it with these filled, so signing needs no script to say who brought it.
"""

from __future__ import annotations

import re
from itertools import pairwise

from flask import request
from markupsafe import escape

from ..campaigns.live import LiveCampaign
from ..domain.arrivals import NOTHING, Arrival
from ..signatures.sharecodes import share_codes
from ..signatures.taking import brought_by

FIELD = "arrival"
"""The hidden field of the sign form, and of what comes after it in a frame."""

_PLACE = re.compile(
    r'<input type="hidden" name="arrival" value="(?=")'
    r'|<a href="/[^"?]+(?=" hreflang=)'
    r'|<button form="sign-form" data-url="/[^"?]+(?=")'
)
"""What stands before a place. Words of people have no `<` of their own."""


def cut(page: str) -> list[str]:
    """A page at its places."""
    ends = [0, *(place.end() for place in _PLACE.finditer(page)), len(page)]
    return [page[start:end] for start, end in pairwise(ends)]


def fill(page: str, arrival: Arrival) -> str:
    """A page with its places filled; as it was where there is nothing to say."""
    return str(escape(arrival.query)).join(cut(page)) if arrival != NOTHING else page


def asked(origins: tuple[str, ...] = ()) -> Arrival:
    """What the address of this request says, and where its page may stand in a frame, the site around it."""
    said = Arrival.from_query(request.query_string.decode("latin-1"), origins)
    return said.from_site(request.headers.get("Referer", ""), origins) if origins else said


def sent(origins: tuple[str, ...] = ()) -> Arrival:
    """What the form that was just sent says; it is read like an address, as anybody can send it."""
    return Arrival.from_query(request.form.get(FIELD, ""), origins)


def brought(live: LiveCampaign, organisation: str, arrival: Arrival) -> str:
    """Whom a signature is counted to that came like this to the place of an organisation.

    Share links on a page that whoever types an address gets to see say this and not what is written with the signature,
    as that may be a stranger's (rule 5).
    """
    return brought_by(live, organisation, share_codes().read(arrival.via, live))
