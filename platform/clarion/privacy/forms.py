"""The form by which signers correct their own details: the sign form without boxes and what confirmed it."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict

from ..domain.campaign import Campaign
from ..domain.person import Person
from ..signatures.forms import SignForm, build_form

_LEFT_OUT = ("email", "token", "website")


def correction_form(
    campaign: Campaign, language: str, data: Any, known: Person, *, show_name: bool, texted: bool = False
) -> SignForm:
    """The form filled with what was sent or, without that, with what is kept; `texted` leaves the phone out, too."""
    if data is None:
        data = MultiDict({**known.to_details(), **({"show_name": "y"} if show_name else {})})
    form = build_form(campaign, language, data)
    confirmed_by = ("phone",) if texted and "phone" in form else ()
    for name in (*_LEFT_OUT, *confirmed_by, *(ask.field_name for ask in campaign.consents)):
        del form[name]
    form.asks = ()
    return form
