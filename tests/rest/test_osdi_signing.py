"""Signing by OSDI's helpers: the same form as everybody's, the same answer for everyone, and no consent by itself."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from clarion.campaigns.live import live_campaigns
from clarion.extensions import db
from clarion.signatures.models import Consent, Signature
from clarion.signatures.sharecodes import Shared, share_codes
from clarion.testing import TABLE, Instance, link, plain

from .conftest import Api, person, problem

HELPER = "/petitions/library/record_signature_helper"
WHOLE = {
    "identifiers": ["elsewhere:1"],
    "origin_system": "Elsewhere",
    "action_date": "2026-07-12T11:02:15Z",
    "comments": "Because we read.",
    "referrer_data": {"source": "mail-1", "referrer": "jane", "website": "news.example", "url": "https://news.example/1"},
    "action_network:referrer_data": {"source": "mail-1", "website": "news.example", "email_referrer": "x"},
    "add_tags": ["volunteer"],
    "remove_tags": ["former"],
    "add_lists": ["supporters"],
    "triggers": {"autoresponse": {"enabled": True, "identifiers": ["elsewhere:2"]}},
    "osdi:control": {"return_response": True},
    "_links": {},
    "person": {
        "identifiers": ["elsewhere:3"],
        "given_name": "Ana",
        "additional_name": "Maria",
        "family_name": "Reader",
        "honorific_prefix": None,
        "gender": "Female",
        "birthdate": {"year": 1970, "month": 1, "day": 1},
        "email_addresses": [
            {"address": "old@readers.example", "address_type": "Work"},
            {"address": "ana@readers.example", "primary": True, "address_type": "Personal", "status": "subscribed"},
        ],
        "phone_numbers": [{"number": 12025550143, "primary": True, "number_type": "Mobile", "sms_capable": True}],
        "postal_addresses": [
            {"postal_code": "20009", "country": "us", "locality": "Washington", "region": "DC"}
        ],
        "languages_spoken": ["fr", "es"],
        "custom_fields": {"volunteer": "1"},
    },
}  # fmt: skip
"""All that a tool may send."""


def rows(instance: Instance, model: Any) -> list[Any]:
    with instance.context():
        return list(db.session.scalars(select(model).order_by(model.id)))


def boxes(instance: Instance) -> list[tuple[str, str, bool]]:
    return [(one.organisation, one.channel, one.confirmed_at is not None) for one in rows(instance, Consent)]


def test_all_that_osdi_knows_becomes_a_signature_as_any_other(api: Api) -> None:
    answer = api.osdi(HELPER, api.key("writers"), method="POST", json=WHOLE)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.content_type == "application/hal+json"
    told = answer.get_json()
    assert (told["identifiers"], told["clarion:status"]) == ([], "mail-sent")
    assert told["_links"]["osdi:petition"]["href"] == "http://127.0.0.1:8000/api/osdi/v1/petitions/library"
    assert boxes(api.instance) == [("writers", "email", False)], "a proposal, until the mailbox says so"
    (consent,), (signature,) = rows(api.instance, Consent), rows(api.instance, Signature)
    assert (consent.language, consent.edition_id) == ("es", signature.edition_id), "kept with its wording"
    api.instance.work()
    (mail,) = api.instance.mails()
    assert (mail["To"], mail["Content-Language"]) == ("ana@readers.example", "es")
    assert " checked" not in api.instance.client.get(link(mail, "confirm")).get_data(as_text=True)
    api.instance.confirm(link(mail, "confirm"), tick=True)
    api.instance.work()
    (signature,) = rows(api.instance, Signature)
    assert (signature.source, signature.organisation, signature.language) == ("osdi", "writers", "es")
    assert (signature.area, signature.show_name, signature.state) == ("US-200", False, "confirmed")
    assert boxes(api.instance) == [("writers", "email", True)]
    assert api.instance.count("library") == 1
    assert "Ana Maria Reader" in plain(api.instance.mails()[-1])
    counted = api.call("/campaigns/library/breakdown", api.key()).get_json()
    assert (counted["by_source"], counted["by_organisation"]) == ({"osdi": 1}, {"writers": 1})


def test_action_networks_own_address_for_it_and_its_slash_work_too(quick: Api) -> None:
    key = quick.key()
    for number, path in enumerate(("signatures", "signatures/", "record_signature_helper/")):
        body = {"person": person(f"ana{number}@readers.example")}
        answer = quick.osdi(f"/petitions/library/{path}", key, method="POST", json=body)
        assert answer.status_code == 200
    body = {"person": person("hal@readers.example")}
    sent = {"json": body, "content_type": "application/hal+json", "headers": {"Authorization": f"Bearer {key}"}}
    assert quick.osdi(HELPER, method="POST", **sent).status_code == 200
    assert len(rows(quick.instance, Signature)) == 4


@pytest.mark.parametrize("keyed", [True, False])
@pytest.mark.parametrize("query", ["", "?background_request=true"])
def test_new_and_repeat_signers_are_answered_alike(api: Api, keyed: bool, query: str) -> None:
    key = api.key() if keyed else ""
    api.signed(email="confirmed@readers.example")
    addresses = ("ana@readers.example", "Ana@readers.example", "Confirmed@readers.example")
    answers = [api.helped(key, query=query, person=person(address, "subscribed")) for address in addresses]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.data for answer in answers}) == 1
    drop = ("RateLimit", "Date")
    headers = [[pair for pair in answer.headers if pair[0] not in drop] for answer in answers]
    assert headers[0] == headers[1] == headers[2]
    assert (answers[0].get_json() == {}) == (not keyed or bool(query))
    assert len(rows(api.instance, Signature)) == 2


def test_who_wants_no_answer_gets_none(quick: Api) -> None:
    answer = quick.helped(quick.key(), **{"osdi:control": {"return_response": False}})
    assert (answer.status_code, answer.get_json()) == (200, {})


@pytest.mark.parametrize(
    ("organisation", "email", "sms", "ticked"),
    [
        ("readers", "subscribed", "subscribed", ["readers email", "readers sms"]),
        ("readers", "subscribed", "", ["readers email"]),
        ("writers", "subscribed", "subscribed", ["writers email"]),  # asks for no texts
        ("readers", "", "", []),
        ("readers", "unsubscribed", "bouncing", []),
        ("readers", "Subscribed", "yes", []),
        ("", "subscribed", "subscribed", []),
    ],
)
def test_only_the_keys_own_organisation_is_told_a_yes(
    either_instance: Instance, make_folder: Any, organisation: str, email: str, sms: str, ticked: list[str]
) -> None:
    asks = TABLE.replace('channels = ["email"]', 'channels = ["email", "sms"]', 1)
    either_instance.publish(make_folder("parks", {"campaign.toml": asks}))
    api = Api(either_instance)
    numbers = [{"number": "+1 202 555 0143", "status": sms}]
    key = api.key(organisation) if organisation else ""
    assert api.helped(key, "parks", person=person(status=email, phone_numbers=numbers)).status_code == 200
    assert [f"{one} {channel}" for one, channel, _confirmed in sorted(boxes(either_instance))] == ticked
    assert not any(confirmed for _one, _channel, confirmed in boxes(either_instance))


def test_boxes_can_be_named_as_everywhere(quick: Api) -> None:
    own = {"consent-writers-email": True, "consent-readers-email": False}
    writers = quick.key("writers")
    answer = quick.helped(writers, person=person(status="subscribed"), **{"clarion:consents": own})
    assert answer.status_code == 200
    assert boxes(quick.instance) == [("writers", "email", False)], "what is said box by box stands above the word"
    others = {"consent-readers-email": True}
    told = problem(quick.helped(writers, **{"clarion:consents": others}), 422, "fields-invalid")
    assert "another organisation" in str((told.errors or {})["clarion:consents.consent-readers-email"])
    assert quick.helped(person=person("bo@readers.example"), **{"clarion:consents": own}).status_code == 200
    assert len(boxes(quick.instance)) == 2
    for name in ("name", "consent-nobody-email"):
        told = problem(quick.helped(**{"clarion:consents": {name: True}}), 422, "fields-invalid")
        assert name in str(told.errors)


def test_without_a_key_the_forms_token_is_needed_and_keeps_its_place(quick: Api) -> None:
    for token in (None, "", "x", 5):
        told = problem(quick.helped(**{"clarion:form_token": token}), 422, "fields-invalid")
        assert list(told.errors or {}) == ["clarion:form_token"]
    known = quick.osdi("/petitions/library").get_json()["clarion:form_token"]
    assert quick.helped(**{"clarion:form_token": known}).get_json() == {}
    (signature,) = rows(quick.instance, Signature)
    assert (signature.source, signature.organisation) == ("osdi", "readers")


def test_a_key_signs_for_its_own_campaigns_and_needs_its_scope(api: Api) -> None:
    problem(api.helped(api.key("gardeners")), 404)
    problem(api.helped(api.key(scopes=("signers:read",))), 403, "scope-missing")
    for key in ("clk_x", " ", "é"):
        problem(api.osdi(HELPER, method="POST", json={}, headers={"OSDI-API-Token": key}), 401, "key-needed")
    both = {"Authorization": f"Bearer {api.key()}", "OSDI-API-Token": "clk_x"}
    problem(api.osdi(HELPER, method="POST", json={}, headers=both), 401, "key-needed")
    assert rows(api.instance, Signature) == []


@pytest.mark.parametrize(
    ("query", "spoken", "accepted", "language"),
    [
        ("", ["es"], "en", "es"),
        ("", ["es-MX"], "en", "es"),
        ("", ["fr", "xx"], "es", "es"),
        ("", [], "fr", "en"),
        ("?language=en", ["es"], "es", "en"),
        ("?language=zz", ["es"], "en", "es"),
    ],
)
def test_the_form_speaks_the_persons_language(
    quick: Api, query: str, spoken: list[str], accepted: str, language: str
) -> None:
    body = {"person": person(languages_spoken=spoken)}
    headers = {"Accept-Language": accepted}
    assert quick.osdi(HELPER + query, quick.key(), method="POST", json=body, headers=headers).status_code == 200
    assert [one.language for one in rows(quick.instance, Signature)] == [language]


def test_what_the_campaign_does_not_ask_is_kept_nowhere(api: Api) -> None:
    key = api.key("gardeners")
    told = person(postal_addresses=[{"postal_code": "20009"}], phone_numbers=[{"number": "not asked"}])
    assert api.helped(key, "garden", person=told, comments="Not asked").status_code == 200
    (signature,) = rows(api.instance, Signature)
    assert (signature.area, signature.reason_due) == ("", False)


@pytest.mark.parametrize(("status", "code"), [("paused", 403), ("closed", 410)])
def test_the_server_decides_the_state(quick: Api, tmp_path: Any, status: str, code: int) -> None:
    folder = tmp_path / "campaigns" / "library"
    (folder / "campaign.toml").write_text(TABLE.replace('"live"', f'"{status}"'))
    quick.instance.publish(folder)
    told = quick.osdi("/petitions/library").get_json()
    assert (told["clarion:status"], told["clarion:form_token"]) == (status, None)
    problem(quick.helped(quick.key()), code, status)


def test_a_sign_up_is_a_signature_of_the_petition_that_is_named(api: Api) -> None:
    key = api.key()
    for path in ("/people", "/people/", "/people/person_signup_helper"):
        for named in ({}, {"clarion:petition": None}, {"clarion:petition": 5}):
            told = problem(
                api.osdi(path, key, method="POST", json={"person": person(), **named}), 422, "petition-needed"
            )
            assert "record_signature_helper" in told.detail
    problem(api.osdi("/people", key, method="POST", json={"person": person(), "clarion:petition": "garden"}), 404)
    problem(api.osdi("/people", key, method="POST", json={"person": person(), "clarion:petition": "../x"}), 404)
    assert rows(api.instance, Signature) == []
    body = {"person": person(), "clarion:petition": "library"}
    assert api.osdi("/people/person_signup_helper", key, method="POST", json=body).status_code == 200
    assert [one.source for one in rows(api.instance, Signature)] == ["osdi"]
    problem(api.osdi("/people", method="POST", json=body), 422, "fields-invalid")


def test_scripts_of_other_sites_cannot_sign(quick: Api) -> None:
    headers = {"Origin": "https://evil.example"}
    body = {"person": person(), "clarion:form_token": quick.token()}
    for path, more in ((HELPER, {}), ("/people", {"clarion:petition": "library"})):
        answer = quick.osdi(path, method="POST", json={**body, **more}, headers=headers)
        problem(answer, 403, "foreign-origin")
        assert "Access-Control-Allow-Origin" not in answer.headers
    own = {"Origin": "http://127.0.0.1:8000"}
    answer = quick.osdi(HELPER, method="POST", json=body, headers=own)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (200, own["Origin"])
    assert len(rows(quick.instance, Signature)) == 1


def test_the_same_call_again_is_answered_the_same(api: Api) -> None:
    key, headers = api.key(), {"Idempotency-Key": "one"}
    answers = [api.osdi(HELPER, key, method="POST", json={"person": person()}, headers=headers) for _ in range(2)]
    assert answers[0].data == answers[1].data
    problem(api.osdi(HELPER, key, method="POST", json={"person": person("bo@readers.example")}, headers=headers), 422)


def test_nobody_is_named_in_the_log(quick: Api, capsys: pytest.CaptureFixture[str]) -> None:
    key = quick.key()
    bird = person("canary@birds.example", "subscribed", given_name="Canary", family_name="Bird")
    quick.helped(key, person=bird, comments="canary")
    quick.helped(key, person={**bird, "canary": 1})
    quick.instance.work()
    quick.instance.confirm(link(quick.instance.mails()[-1], "confirm"), tick=True)
    found = quick.osdi("/people?filter=email_address eq 'canary@birds.example'", key)
    assert found.get_json()["_embedded"]["osdi:people"][0]["given_name"] == "Canary"
    told = capsys.readouterr()
    assert "canary" not in (told.out + told.err).lower()
    assert key not in told.out + told.err


@pytest.mark.parametrize("name", ["referrer_data", "action_network:referrer_data"])
@pytest.mark.parametrize(
    ("told", "origin"),
    [
        ({"source": "Mail-1", "website": "news.example"}, "utm:mail-1//"),
        ({"website": "news.example"}, "utm:news.example//"),
        ({"source": "ana@example.org", "website": "https://news.example/a b"}, ""),
        ({"source": "Mail-1", "url": "https://p.example/?utm_source=radio&utm_campaign=may#sign"}, "utm:radio//may"),
        ({"source": "202 555 0143", "url": "https://p.example/?utm_source=a@p.example&utm_medium=ad"}, "utm:/ad/"),
    ],
)  # fmt: skip
def test_how_they_came_is_kept_as_far_as_it_names_nobody(
    quick: Api, name: str, told: dict[str, str], origin: str
) -> None:
    answer = quick.osdi(HELPER, quick.key("writers"), method="POST", json={name: told, "person": person()})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    (signature,) = rows(quick.instance, Signature)
    assert (signature.source, signature.origin, signature.brought_by) == ("osdi", origin, "writers")


def test_who_came_by_a_share_link_is_counted_to_whoever_brought_that_one(quick: Api) -> None:
    with quick.instance.context():
        live = live_campaigns().get("library")
        assert live
        via = share_codes().make(live, Shared("readers"))
    body = {"referrer_data": {"url": f"https://p.example/library/en?via={via}"}, "person": person()}
    assert quick.osdi(HELPER, quick.key("writers"), method="POST", json=body).status_code == 200
    (signature,) = rows(quick.instance, Signature)
    assert (signature.organisation, signature.brought_by) == ("writers", "readers")
