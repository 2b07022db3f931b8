"""Where sign forms stand, and the tokens that bind a form to its place."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request

from ..campaigns.live import LiveCampaign
from ..signatures.models import OWN_PAGE
from ..signatures.tokens import FormToken, FormTokens


@dataclass(frozen=True, slots=True)
class Venue:
    """A place where a sign form stands."""

    source: str
    """What is written down as the source of signatures from there."""
    organisation: str = ""
    """The member of the coalition whose place it is; empty for the campaign's own page, the lead's."""
    origins: tuple[str, ...] = ()
    """Whose pages may stand around it."""


PAGE = Venue(OWN_PAGE)
"""The campaign's own page."""


def new_form_token(live: LiveCampaign, venue: Venue = PAGE) -> str:
    """A token for a campaign's form in a place."""
    return _tokens().make(FormToken(live.id, live.edition_id, venue.source, venue.organisation))


def sent_token(live: LiveCampaign, venue: Venue = PAGE) -> FormToken | None:
    """The token of the form that was just sent, if it was made for this campaign and this place."""
    token = _tokens().read(request.form.get("token", ""))
    if token is None or token.campaign_id != live.id:
        return None
    return token if (token.source, token.organisation) == (venue.source, venue.organisation) else None


def _tokens() -> FormTokens:
    tokens: FormTokens = current_app.extensions["clarion.form_tokens"]
    return tokens
