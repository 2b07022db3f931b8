"""Who calls: a key in a header, nowhere else, and how often it may."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, abort, current_app, g, request
from flask_babel import gettext

from ..campaigns.live import LiveCampaign
from ..domain.scopes import Scope
from ..errors import Problem
from ..limits import network_mark
from ..monitoring import log
from ..pages.views import visible
from ..sealing import Keyring
from ..settings import Settings
from .keys import PREFIX, Caller, caller_of, find
from .pace import Pace

NAMES_OF_KEYS = frozenset({"access_token", "api_key", "apikey", "authorization", "key"})
"""Names under which programs put a key into an address."""


def refuse_keys_in_addresses() -> None:
    """Refuse a key behind the question mark: addresses stand in logs and histories."""
    for name, value in request.args.items(multi=True):
        if PREFIX in value or name.lower() in NAMES_OF_KEYS:
            known = find(value.strip())
            if known is not None:
                log.warning("api key in an address", key=known.id, endpoint=request.endpoint)
            words = gettext(
                "A key never stands in an address, where logs keep it. Send it as a header, "
                "Authorization: Bearer clk_…, and revoke this one."
            )
            raise Problem(400, "key-in-address", words)


def bearer() -> str | None:
    """The key in the header `Authorization`, empty if there is something else; `None` without that header."""
    if "Authorization" not in request.headers:
        return None
    given = request.authorization
    return (given.token or "") if given is not None and given.type == "bearer" else ""


def anyone_or(scope: Scope, sent: Callable[[], str | None] = bearer) -> Caller | None:
    """Who calls, or `None` for a call without a key. Raises `Problem`."""
    if sent() is None:
        settings: Settings = current_app.extensions["clarion.settings"]
        _count(_network(), settings.api.network_per_minute)
        return None
    return key_with(scope, sent)


def key_with(scope: Scope, sent: Callable[[], str | None] = bearer) -> Caller:
    """Who calls, with a key that may do this; `sent` finds the key in the call. Raises `Problem`."""
    caller = known_caller(sent())
    if scope not in caller.scopes:
        words = gettext("This key may not do that: it needs the scope %(scope)s.", scope=scope)
        raise Problem(403, "scope-missing", words)
    return caller


def known_caller(token: str | None) -> Caller:
    """Who calls with this key, whatever it may do; counts the call. Raises `Problem`."""
    settings: Settings = current_app.extensions["clarion.settings"]
    caller = caller_of(token) if token else None
    if caller is None:
        _count(_network(), settings.api.network_per_minute)
        words = gettext("This needs a key that is good: Authorization: Bearer clk_… It may have ended.")
        raise Problem(401, "key-needed", words, headers={"WWW-Authenticate": 'Bearer realm="Clarion"'})
    _count(f"key:{caller.key_id}", settings.api.key_per_minute)
    return caller


def campaign_of(caller: Caller, slug: str) -> LiveCampaign:
    """The campaign, if the caller's organisation is a member; else there is nothing here, as for one that is not."""
    live = visible(slug)
    if live.campaign.organisation(caller.organisation) is None:
        abort(404)
    return live


def add_standing(response: Response) -> Response:
    """Say in the answer where the caller stands."""
    standing = g.get("api_standing")
    if standing is not None:
        response.headers.update(standing.headers)
    return response


def _count(mark: str, quota: int) -> None:
    pace: Pace = current_app.extensions["clarion.pace"]
    standing = g.api_standing = pace.count(mark, quota)
    if standing.remaining < 0:
        words = gettext("Too many calls. Please wait for %(seconds)s seconds.", seconds=standing.reset)
        raise Problem(429, "too-many-calls", words, headers={"Retry-After": str(standing.reset)})


def _network() -> str:
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    return network_mark(keyring, request.remote_addr or "", "api")
