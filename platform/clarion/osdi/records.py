"""The routes for an organisation's own signers, as OSDI's signatures and people: through the same gate as `/api/v1`.

They are read where private keys are held, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from flask import Blueprint, Response, abort

from .. import sharing
from ..campaigns.live import LiveCampaign
from ..domain.scopes import Scope
from ..rest.callers import add_standing, campaign_of, key_with, refuse_keys_in_addresses
from ..rest.cursors import cursors
from ..rest.keys import Caller
from ..rest.records import keys_at_hand, opened, refuse_without_private_keys
from ..security import access
from ..sharing import Shared
from . import people
from .callers import sent_key
from .hal import PREFIX, Part, Resource, answer, collection, identifier
from .petitions import petition_path, published
from .queries import POSSIBLE, REACH, Asked, Filter, ListQuery, read_list

bp = Blueprint("osdi_records", __name__, url_prefix=PREFIX)
bp.before_request(refuse_keys_in_addresses)
bp.after_request(add_standing)

SCOPE: Scope = "signers:read"
LONGEST = 18
"""Digits of a number of ours at most."""


@bp.get("/petitions/<slug:slug>/signatures", strict_slashes=False)
@access("personal")
def signatures(slug: str) -> Response:
    """The signatures of a petition by people who said yes to the key's organisation."""
    caller, live = _member(slug)
    place = f"osdi {caller.organisation} {live.id}"
    asked = read_list(ListQuery, ("modified_date", "identifier"), place)
    part = _part(caller, (live,), asked, place, people.signature)
    return answer(collection("osdi:signatures", f"{petition_path(live)}/signatures", part, asked.told))


@bp.get("/petitions/<slug:slug>/signatures/<number>", strict_slashes=False)
@access("personal")
def signature(slug: str, number: str) -> Response:
    """One of them."""
    caller, live = _member(slug)
    return answer(people.signature(_one(caller, (live,), number)))


@bp.get("/people", strict_slashes=False)
@access("personal")
def person_list() -> Response:
    """The signers of all its petitions who said yes to the key's organisation."""
    caller, campaigns = _reader()
    place = f"osdi {caller.organisation}"
    asked = read_list(ListQuery, POSSIBLE, place)
    part = _part(caller, campaigns, asked, place, people.person)
    return answer(collection("osdi:people", "/people", part, asked.told))


@bp.get("/people/<number>", strict_slashes=False)
@access("personal")
def person(number: str) -> Response:
    """One of them."""
    caller, campaigns = _reader()
    return answer(people.person(_one(caller, campaigns, number)))


@bp.get("/people/<number>/signatures", strict_slashes=False)
@access("personal")
def signatures_of_person(number: str) -> Response:
    """The signature of one of them."""
    caller, campaigns = _reader()
    asked = read_list(ListQuery, ())
    found = [people.signature(_one(caller, campaigns, number))]
    part = Part(found[asked.start : asked.start + asked.per_page], asked.page, asked.per_page, 1, False)
    return answer(collection("osdi:signatures", f"/people/{number}/signatures", part, asked.told))


def _member(slug: str) -> tuple[Caller, LiveCampaign]:
    """Who calls, and the campaign, if the organisation is a member of it. Raises `Problem`."""
    caller = key_with(SCOPE, sent_key)
    live = campaign_of(caller, slug)
    refuse_without_private_keys()
    return caller, live


def _reader() -> tuple[Caller, list[LiveCampaign]]:
    """Who calls, and all campaigns that the organisation is a member of. Raises `Problem`."""
    caller = key_with(SCOPE, sent_key)
    refuse_without_private_keys()
    return caller, [live for live in published() if live.campaign.organisation(caller.organisation) is not None]


def _part(
    caller: Caller,
    campaigns: Collection[LiveCampaign],
    asked: Asked,
    place: str,
    make: Callable[[Shared], Resource],
) -> Part:
    """A page of signers, by their numbers.

    A page that is asked for by its number is looked for from the beginning, as far as `REACH`, and the list is counted
    on the way. One that a cursor leads to costs no more than itself.
    """
    total = None
    if asked.beyond is None:
        known, last = _numbers(caller, campaigns, asked.filter)
        total = len(known) if last is None and len(known) <= REACH else None
        end = asked.start + asked.per_page
        numbers = known[asked.start : end]
        after = numbers[-1] if len(known) > end else last
    else:
        numbers, after = _numbers(caller, campaigns, asked.filter, asked.beyond, asked.per_page)
    shared = opened(caller, numbers)
    return Part(
        [make(shared[number]) for number in numbers if number in shared],
        asked.page,
        asked.per_page,
        total,
        after is not None,
        "" if after is None else cursors().make(place, after),
        asked.cursor,
    )


def _numbers(
    caller: Caller, campaigns: Collection[LiveCampaign], wanted: Filter, beyond: int = 0, most: int = 0
) -> tuple[list[int], int | None]:
    """The numbers of those who are looked for, and the number after which it goes on, if it does."""
    if wanted.identifier is not None:
        number = _number(wanted.identifier.removeprefix(identifier("")))
        return ([] if number is None or not _known(caller, campaigns, number) else [number]), None
    if wanted.mailbox is not None:
        keys = {live.id: live.key_id for live in campaigns}
        with keys_at_hand():
            return sharing.signatures_of(wanted.mailbox, caller.organisation, keys), None
    ids = [live.id for live in campaigns]
    return sharing.agreed_signatures(
        caller.organisation, ids, beyond=beyond, since=wanted.since, most=most or REACH + 1
    )


def _one(caller: Caller, campaigns: Collection[LiveCampaign], text: str) -> Shared:
    """The signer with this number, or a 404."""
    number = _number(text)
    if number is None or not _known(caller, campaigns, number):
        abort(404)
    found = opened(caller, (number,)).get(number)
    if found is None:
        abort(404)
    return found


def _known(caller: Caller, campaigns: Collection[LiveCampaign], number: int) -> bool:
    """Whether the organisation may know of a signer of one of its campaigns."""
    slug = sharing.known_to(caller.organisation, among=(number,)).get(number)
    return slug is not None and slug in {live.slug for live in campaigns}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST else None
