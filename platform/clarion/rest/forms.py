"""A signature as JSON, made into the very form that the page sends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from pydantic import ValidationError
from werkzeug.datastructures import MultiDict

from ..campaigns.live import LiveCampaign
from ..domain.arrivals import TAGS, Arrival, clean
from ..errors import Problem
from ..i18n import best_language
from ..signatures.forms import SignForm, build_form
from .queries import shown, unknown_name
from .schema import SignRequest

TICKED = "y"
ARRIVAL = ("via", *TAGS)
"""The fields that say how the signer came."""
MOST_FIELDS = 100
"""More than any campaign asks: beyond it nobody needs to be told of each."""


def asked_fields(live: LiveCampaign) -> list[str]:
    """The names of the sign form's fields, as the stable surface has them."""
    campaign = live.campaign
    asked = [name for name in ("postal_code", "country", "phone", "reason") if campaign.need(name) != "no"]
    return ["name", "email", *asked, "show_name", *(ask.field_name for ask in campaign.consents)]


def checked_fields(live: LiveCampaign, body: Mapping[str, Any]) -> dict[str, str | bool]:
    """The fields by their names, each of its kind. Raises `Problem` that names those that are not."""
    known = {*asked_fields(live), "language", "token", *ARRIVAL}
    errors = {shown(name): [unknown_name(name, known)] for name in list(body)[:MOST_FIELDS] if name not in known}
    consents = {name: value for name, value in body.items() if name in known and name.startswith("consent-")}
    for name, value in consents.items():
        if not isinstance(value, bool):
            errors[name] = [of_kind("bool_type")]
    plain = {name: value for name, value in body.items() if name in known and name not in consents}
    try:
        SignRequest.model_validate(plain, strict=True)
    except ValidationError as error:
        for one in error.errors(include_input=False, include_url=False):
            if one["type"] != "missing":  # the form says that itself, in its own words
                errors[str(one["loc"][0])] = [of_kind(one["type"])]
    for name, value in plain.items():
        if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
            errors[name] = [of_kind("surrogate")]
    errors = {**_arrival_errors(plain), **errors}
    if not errors.keys() & {"language"} and "language" in plain and plain["language"] not in live.campaign.languages:
        errors["language"] = [unknown_name(str(plain["language"]), live.campaign.languages)]
    refuse(errors)
    return {**plain, **consents}


def refuse(errors: Mapping[str, list[str]]) -> None:
    """Raise a `Problem` that says what is wrong with each field, if anything is."""
    if errors:
        raise Problem(422, "fields-invalid", gettext("Please check the fields named here."), errors)


def language_of(live: LiveCampaign, fields: Mapping[str, str | bool]) -> str:
    """The language that is asked for, else the campaign's that fits the caller best."""
    return str(fields.get("language") or best_language(live.campaign.languages))


def arrival_of(fields: Mapping[str, str | bool]) -> Arrival:
    """How the signer came, of fields that were checked."""
    return Arrival.said({name: str(fields.get(name, "")) for name in ARRIVAL})


def as_form(live: LiveCampaign, language: str, fields: Mapping[str, str | bool]) -> SignForm:
    """The campaign's form, filled with these fields; a box that is not ticked is not sent, as by a browser."""
    sent = {name: TICKED if value is True else value for name, value in fields.items() if value is not False}
    return build_form(live.campaign, language, MultiDict(sent))


def form_errors(form: SignForm) -> dict[str, list[str]]:
    """What the form says is wrong, by field."""
    return {str(name): [str(words) for words in found] for name, found in form.errors.items()}


def _arrival_errors(fields: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is wrong with the form of what says how the signer came; whether a code is good nobody is told."""
    wrong = [name for name in ARRIVAL if (said := fields.get(name)) and not clean(name, str(said))]
    code = gettext("This is no code of a share link: please send what stands behind via= in its address.")
    tag = gettext(
        "Please write a tag of at most 40 letters, digits, dots, hyphens and underscores, with nothing in it that may "
        "be a person's address or number."
    )
    return {name: [str(code if name == "via" else tag)] for name in wrong}


def of_kind(kind: str) -> str:
    """What kind of value was meant, where another one was sent."""
    if kind == "bool_type":
        return str(gettext("This is true or false."))
    if kind in ("string_unicode", "surrogate"):
        return str(gettext("This holds characters that cannot be shown."))
    return str(gettext("This is a text."))
