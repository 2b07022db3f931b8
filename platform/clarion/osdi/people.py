"""Signers as OSDI's people and signatures, as far as one organisation may know them.

Nothing leads from a mailbox's signature of one petition to its signature of another, so a person here is the signer of
one petition and has its number.
"""

from __future__ import annotations

from ..sharing import Shared
from .hal import CURIES, SYSTEM, Resource, identifier, link, stamp

YES = "subscribed"


def signature(one: Shared) -> Resource:
    """A signature with its person in it; never the reason, which is for the petition."""
    path = f"/petitions/{one.campaign}"
    return {
        "identifiers": [identifier(one.signature)],
        "origin_system": SYSTEM,
        **_dates(one),
        "action_date": stamp(one.confirmed_at),
        "action_network:person_id": str(one.signature),
        "action_network:petition_id": one.campaign,
        "_links": {
            "self": link(f"{path}/signatures/{one.signature}"),
            "osdi:petition": link(path),
            "osdi:person": link(f"/people/{one.signature}"),
            "curies": CURIES,
        },
        "_embedded": {"osdi:person": person(one)},
    }


def person(one: Shared) -> Resource:
    """A signer: the address with a yes to mails, the number with a yes to texts."""
    known = one.person
    # one name is asked for: the first word of it, and all that follows
    given, _, family = known.name.partition(" ")
    place = {name: value for name in ("postal_code", "country") if (value := getattr(known, name))}
    email = {"primary": True, "address": known.email, "status": YES}
    phone = {"primary": True, "number": known.phone, "sms_capable": True, "status": YES}
    return {
        "identifiers": [identifier(one.signature)],
        "origin_system": SYSTEM,
        **_dates(one),
        "given_name": given,
        "family_name": family,
        "email_addresses": [email] if known.email else [],
        "phone_numbers": [phone] if known.phone else [],
        "postal_addresses": [{"primary": True, **place}] if place else [],
        "languages_spoken": [one.language.partition("-")[0]],
        "custom_fields": {},
        "_links": {
            "self": link(f"/people/{one.signature}"),
            "osdi:signatures": link(f"/people/{one.signature}/signatures"),
            "curies": CURIES,
        },
    }


def _dates(one: Shared) -> Resource:
    """Both to the minute. It was made when it was confirmed: before that it is nobody's."""
    return {"created_date": stamp(one.confirmed_at), "modified_date": stamp(one.changed_at)}
