"""The routes for an organisation's own: what a key may read, of its organisation and of no other (rules 14 and 15).

Signers are read where private keys are held: in `clarion serve`, and on a site in the console's process. The pages'
processes say so and give nobody away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from flask import Blueprint, Response, current_app
from flask_babel import gettext

from .. import sharing
from ..campaigns.live import LiveCampaign
from ..errors import Problem
from ..monitoring import log
from ..sealing import KeyMissing, Keyring
from ..security import access
from ..settings import Settings
from ..sharing import Shared
from . import service
from .answers import answer
from .callers import add_standing, campaign_of, key_with, refuse_keys_in_addresses
from .cursors import cursors
from .keys import Caller
from .operations import operation
from .queries import Page, read_page
from .schema import Breakdown, Consent, ConsentList, Signer, SignerList, SinceQuery, _l

bp = Blueprint("api_records", __name__, url_prefix="/api/v1")
bp.before_request(refuse_keys_in_addresses)
bp.after_request(add_standing)


@bp.get("/campaigns/<slug:slug>/breakdown")
@access("personal")
@operation(
    _l("What its count is made of, by organisation, who brought it and area too"),
    answer=Breakdown,
    scope="counts:read",
    anonymous=False,
    problems=(401, 403, 429),
)
def breakdown(slug: str) -> Response:
    """What a campaign's count is made of, for its members."""
    caller = key_with("counts:read")
    return answer(service.breakdown(campaign_of(caller, slug), caller.organisation))


@bp.get("/campaigns/<slug:slug>/consents")
@access("personal")
@operation(
    _l("What mailboxes said to your organisation, without names"),
    answer=ConsentList,
    query=SinceQuery,
    scope="consents:read",
    anonymous=False,
    problems=(400, 401, 403, 422, 429),
)
def consents(slug: str) -> Response:
    """What mailboxes said to the key's organisation, by the numbers of their signatures."""
    caller = key_with("consents:read")
    live = campaign_of(caller, slug)
    page, place = _page("consents", caller, live)
    found, last = sharing.consents_to(
        caller.organisation, live.id, beyond=page.beyond or 0, since=page.since, most=page.most
    )
    data = [
        Consent(
            signature=one.signature,
            organisation=caller.organisation,
            channel=one.channel,
            language=one.language,
            given_at=one.given_at,
            confirmed_at=one.confirmed_at,
            withdrawn_at=one.withdrawn_at,
            in_force=one.in_force,
        )
        for one in found
    ]
    return answer(ConsentList(data=data, next=None if last is None else cursors().make(place, last)))


@bp.get("/campaigns/<slug:slug>/signers")
@access("personal")
@operation(
    _l("Those who said yes to your organisation"),
    answer=SignerList,
    query=SinceQuery,
    scope="signers:read",
    anonymous=False,
    problems=(400, 401, 403, 421, 422, 429, 503),
)
def signers(slug: str) -> Response:
    """The signers who said yes to the key's organisation, as far as they said yes."""
    caller = key_with("signers:read")
    live = campaign_of(caller, slug)
    refuse_without_private_keys()
    page, place = _page("signers", caller, live)
    numbers, last = sharing.agreed_signatures(
        caller.organisation, (live.id,), beyond=page.beyond or 0, since=page.since, most=page.most
    )
    shared = opened(caller, numbers)
    data = [_signer(shared[number]) for number in numbers if number in shared]
    return answer(SignerList(data=data, next=None if last is None else cursors().make(place, last)))


def _page(name: str, caller: Caller, live: LiveCampaign) -> tuple[Page, str]:
    """Which part is wanted, and the list's name, which no other organisation's cursor has."""
    place = f"{name} {caller.organisation} {live.id}"
    return read_page(place, SinceQuery), place


def opened(caller: Caller, numbers: Collection[int]) -> dict[int, Shared]:
    """What the caller's organisation may know of these signers. Raises `Problem`."""
    with keys_at_hand():
        shared = sharing.shared_with(caller.organisation, numbers)
    campaigns = sorted({one.campaign for one in shared.values()})
    log.info("signers read", key=caller.key_id, campaign=" ".join(campaigns), count=len(shared))
    return shared


@contextmanager
def keys_at_hand() -> Iterator[None]:
    """Tell whoever calls, and thereby whoever runs the site, of keys that are missing."""
    try:
        yield
    except KeyMissing as error:
        words = gettext("The keys of this campaign are not here. Whoever runs this site must look: clarion doctor.")
        raise Problem(503, "keys-missing", words) from error


def refuse_without_private_keys() -> None:
    """Refuse to read signers where they cannot be opened. Raises `Problem`."""
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    if not keyring.holds_private:
        settings: Settings = current_app.extensions["clarion.settings"]
        words = gettext(
            "The processes of the public pages cannot open signers' details. Ask the console, which listens on port "
            "%(port)s of this site's machines: whoever runs the site leads this address there.",
            port=settings.web.console_port,
        )
        raise Problem(421, "private-keys-elsewhere", words)


def _signer(one: Shared) -> Signer:
    person = one.person
    return Signer(
        signature=one.signature,
        name=person.name,
        email=person.email or None,
        phone=person.phone or None,
        postal_code=person.postal_code or None,
        country=person.country or None,
        language=one.language,
        channels=list(one.channels),
        confirmed_at=one.confirmed_at,
    )
