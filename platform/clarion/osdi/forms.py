"""A signature as OSDI sends it, made into the very fields of the sign form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from flask_babel import gettext
from pydantic import ValidationError

from ..campaigns.live import LiveCampaign
from ..domain.arrivals import TAGS, Arrival, clean
from ..errors import Problem
from ..rest.forms import MOST_FIELDS, asked_fields, of_kind, refuse
from ..rest.keys import Caller
from ..rest.queries import shown, unknown_name
from .people import YES
from .schema import EmailAddress, PhoneNumber, PostalAddress, ReferrerData, SignatureHelper

One = TypeVar("One", EmailAddress, PhoneNumber, PostalAddress)

PLACES = {
    "name": "person.given_name",
    "email": "person.email_addresses[0].address",
    "phone": "person.phone_numbers[0].number",
    "postal_code": "person.postal_addresses[0].postal_code",
    "country": "person.postal_addresses[0].country",
    "reason": "comments",
    "token": "clarion:form_token",
    "show_name": "clarion:show_name",
}
"""Where in OSDI's shape each field of the form comes from."""


def read_helper(body: Mapping[str, Any]) -> SignatureHelper:
    """What was sent. Raises `Problem` that names each field that is wrong."""
    try:
        return SignatureHelper.model_validate(body)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)[:MOST_FIELDS]
        refuse({_place(one["loc"]): [_wrong(one["type"], one["loc"])] for one in found})
        raise AssertionError from error


def fields_of(sent: SignatureHelper, live: LiveCampaign, caller: Caller | None, language: str) -> dict[str, Any]:
    """The fields of the campaign's form. What it does not ask is left behind.

    `subscribed` is what the caller says it was told; with a key it ticks the boxes of the key's own organisation, and
    no other's. As every box it counts once the mailbox confirms it. Without the word no box is ticked (rule 15).
    """
    person = sent.person
    email, phone = _first(person.email_addresses, EmailAddress), _first(person.phone_numbers, PhoneNumber)
    home = _first(person.postal_addresses, PostalAddress)
    names = (person.given_name, person.additional_name, person.family_name)
    may_be_asked = {
        "phone": str(phone.number),
        "postal_code": home.postal_code,
        "country": home.country.upper(),
        "reason": sent.comments,
    }
    asked = asked_fields(live)
    fields = {name: value for name, value in may_be_asked.items() if value and name in asked}
    boxes = {"email": email.status == YES, "sms": phone.status == YES} if caller else {}
    ticked = {f"consent-{caller.organisation}-{channel}": on for channel, on in boxes.items()} if caller else {}
    return {
        "name": " ".join(name for name in names if name.strip()),
        "email": email.address,
        "language": language,
        **fields,
        **{name: on for name, on in ticked.items() if on and name in asked},
        **_own_consents(sent.consents, live, caller),
        **_arrival(sent.referrer_data, sent.action_network_referrer_data),
        **({"show_name": True} if sent.show_name else {}),
        **({"token": sent.form_token} if sent.form_token else {}),
    }


def renamed(problem: Problem) -> Problem:
    """The same problem, its fields named as OSDI has them."""
    if problem.errors:
        problem.errors = {
            PLACES.get(name, f"clarion:consents.{name}" if name.startswith("consent-") else name): words
            for name, words in problem.errors.items()
        }
    return problem


def _arrival(*told: ReferrerData) -> dict[str, str]:
    """How the signer came: what the address of the page says, and the source or else the website as a tag.

    Tools write what they like there, so whatever has another form is left behind and refuses nobody.
    """
    found: dict[str, str] = {}
    for one in told:
        said = Arrival.from_query(one.url.partition("?")[2].partition("#")[0])
        tag = clean("utm_source", one.source) or clean("utm_source", one.website)
        parts = {"utm_source": tag} | {name: value for name in ("via", *TAGS) if (value := getattr(said, name))}
        found = {name: value for name, value in parts.items() if value} | found
    return found


def _own_consents(given: Mapping[str, bool], live: LiveCampaign, caller: Caller | None) -> Mapping[str, bool]:
    """The boxes by name: with a key those of its own organisation, as a yes to another is not its to bring."""
    refuse({name: [unknown_name(name, ())] for name in given if not name.startswith("consent-")})
    if caller:
        others = {ask.field_name for ask in live.campaign.consents if ask.organisation != caller.organisation}
        words = gettext("This box is another organisation's: with a key you can only propose your own.")
        refuse({name: [words] for name, on in given.items() if on and name in others})
    return given


def _first(listed: Sequence[One], kind: type[One]) -> One:
    """The primary one, else the first."""
    return next((one for one in listed if one.primary), listed[0] if listed else kind())


def _place(path: Sequence[str | int]) -> str:
    """Where a value stands, such as `person.email_addresses[0].address`."""
    place = ""
    for step in path:
        place += f"[{step}]" if isinstance(step, int) else f".{shown(step)}" if place else shown(step)
    return place


def _wrong(kind: str, path: Sequence[str | int]) -> str:
    if kind == "extra_forbidden":
        return unknown_name(str(path[-1]), ())
    if kind == "missing":
        return str(gettext("This is needed."))
    if kind == "string_too_long":
        return str(gettext("This is too long."))
    if kind in ("model_type", "dict_type"):
        return str(gettext("This is an object."))
    if kind in ("list_type", "tuple_type", "is_instance_of", "sequence_str"):
        return str(gettext("This is a list."))
    return of_kind(kind)
