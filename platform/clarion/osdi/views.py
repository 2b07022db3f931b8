"""The routes that everyone may call: the entry point, petitions, and the helpers by which people sign."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, request
from flask_babel import gettext

from ..campaigns.live import LiveCampaign
from ..errors import Problem
from ..pages.render import links
from ..pages.views import visible
from ..rest import signing
from ..rest.answers import kept
from ..rest.bodies import JSON_TYPE, json_body
from ..rest.callers import add_standing, anyone_or, known_caller, refuse_keys_in_addresses
from ..rest.keys import Caller
from ..rest.origins import open_to_all, open_to_signers, refuse_foreign_origin
from ..rest.queries import read_query
from ..security import access
from ..signatures.models import OSDI
from . import petitions
from .callers import sent_key
from .forms import fields_of, read_helper, renamed
from .hal import CURIES, HAL_TYPE, NAMESPACE, PREFIX, SYSTEM, Part, Resource, answer, collection, link
from .queries import MOST, HelperQuery, PetitionQuery, PetitionsQuery, read_list

bp = Blueprint("osdi", __name__, url_prefix=PREFIX)
bp.before_request(refuse_keys_in_addresses)
bp.after_request(add_standing)

SOURCE = OSDI
"""The source of signatures that come this way."""

TYPES = (JSON_TYPE, HAL_TYPE)
SIGNING = ("osdi.sign", "osdi.sign_up")
VERSION = "1.1.1"
PETITION_FIELD = f"{NAMESPACE}:petition"


@bp.after_request
def add_origins(response: Response) -> Response:
    """Say whose pages may read the answer."""
    return open_to_signers(response) if request.endpoint in SIGNING else open_to_all(response)


@bp.get("", strict_slashes=False)
@bp.get("/", strict_slashes=False)
@access("personal")
def entry() -> Response:
    """The entry point. Tools try their key here, so one that is sent has to be good."""
    key = sent_key()
    if key is not None:
        known_caller(key)
    name = current_app.extensions["clarion.settings"].site.name
    return answer(
        {
            "motd": name,
            "max_pagesize": MOST,
            "max_page_size": MOST,
            "vendor_name": name,
            "product_name": SYSTEM,
            "osdi_version": VERSION,
            "namespace": NAMESPACE,
            "_links": {
                "self": link("", "This entry point"),
                "osdi:petitions": link("/petitions", "The petitions of this site"),
                "osdi:people": link("/people", "The signers who said yes to your organisation"),
                "osdi:person_signup_helper": link("/people/person_signup_helper", "Sign the petition that is named"),
                "docs": {"href": f"{links().base_url}/api/", "title": "For developers"},
                "curies": CURIES,
            },
        }
    )


@bp.get("/petitions", strict_slashes=False)
@access("public")
def petition_list() -> Response:
    """The petitions that the public may see, in the order in which they came."""
    asked = read_list(PetitionsQuery, ("modified_date",))
    found = petitions.published(asked.filter.since)
    shown = found[asked.start : asked.start + asked.per_page]
    resources = [petitions.petition(live, petitions.language_for(live.campaign, asked.language)) for live in shown]
    more = len(found) > asked.start + asked.per_page
    part = Part(resources, asked.page, asked.per_page, len(found), more)
    return _in_languages(answer(collection("osdi:petitions", "/petitions", part, asked.told)))


@bp.get("/petitions/<slug:slug>", strict_slashes=False)
@access("public")
def petition(slug: str) -> Response:
    """One petition."""
    live = visible(slug)
    language = petitions.language_for(live.campaign, read_query(PetitionQuery).language)
    response = answer(petitions.petition(live, language))
    response.headers["Content-Language"] = language
    return _in_languages(response)


@bp.post("/petitions/<slug:slug>/record_signature_helper", strict_slashes=False)
@bp.post("/petitions/<slug:slug>/signatures", strict_slashes=False)
@access("personal")
def sign(slug: str) -> Response:
    """Take a signature; the answer is the same for a new and a repeat signer (rule 5)."""
    caller = anyone_or("signatures:write", sent_key)
    live = signing.signable(slug, caller)
    refuse_foreign_origin(live)
    return _signed(live, json_body(TYPES), caller)


@bp.post("/people/person_signup_helper", strict_slashes=False)
@bp.post("/people", strict_slashes=False)
@access("personal")
def sign_up() -> Response:
    """Take a signature of the petition that is named: nobody is on a list here who has signed nothing."""
    caller = anyone_or("signatures:write", sent_key)
    body = json_body(TYPES)
    slug = body.pop(PETITION_FIELD, None)
    if not isinstance(slug, str):
        words = gettext(
            "People are here as signers of a petition only. Post to the petition's record_signature_helper, or name "
            "the petition as %(field)s.",
            field=PETITION_FIELD,
        )
        raise Problem(422, "petition-needed", words, {PETITION_FIELD: [gettext("This is needed.")]})
    live = signing.signable(slug, caller)
    refuse_foreign_origin(live)
    return _signed(live, body, caller)


def _signed(live: LiveCampaign, body: dict[str, Any], caller: Caller | None) -> Response:
    query = read_query(HelperQuery)
    signing.refuse_unless_live(live)
    sent = read_helper(body)
    language = petitions.language_for(live.campaign, query.language, *sent.person.languages_spoken)
    try:
        told = signing.sign(live, fields_of(sent, live, caller, language), caller, SOURCE)
    except Problem as problem:
        raise renamed(problem) from problem
    # without a key OSDI has nothing in the answer; but nobody else tells where a code is typed
    brief = caller is None or query.background_request or not sent.control.return_response
    brief = brief and told.confirm_url is None
    return answer({} if brief else _taken(live, told))


def _taken(live: LiveCampaign, told: signing.Answer) -> Resource:
    """The signature as far as everybody may know it: whether it is a new one is told to the mailbox alone."""
    return {
        "identifiers": [],
        "origin_system": SYSTEM,
        "action_network:petition_id": live.slug,
        f"{NAMESPACE}:status": told.status,
        f"{NAMESPACE}:detail": told.detail,
        **({f"{NAMESPACE}:confirm_url": told.confirm_url} if told.confirm_url else {}),
        "_links": {"osdi:petition": link(petitions.petition_path(live)), "curies": CURIES},
    }


def _in_languages(response: Response) -> Response:
    response.vary.add("Accept-Language")
    return kept(response)
