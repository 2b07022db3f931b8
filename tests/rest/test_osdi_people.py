"""An organisation's own signers by OSDI: through the one gate, in pages, and where the private keys are."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from clarion.app import create_app
from clarion.console import create_console
from clarion.extensions import db
from clarion.osdi import queries, records
from clarion.sealing import Keyring
from clarion.testing import TABLE

from .conftest import Api, problem
from .test_osdi import LISTS, ROOT, embedded, followed, numbers, people, withdraw


def test_a_signer_is_read_as_far_as_they_said_yes(api: Api) -> None:
    details = {"postal_code": "20009", "phone": "+1 202 555 0143", "reason": "Because."}
    api.signed(name="Ana Maria Reader", language="es", consent_readers_email="y", **details)
    api.signed(name="Bo", email="bo@readers.example", consent_writers_email="y")
    api.instance.sign("library", name="Di", email="di@readers.example", consent_readers_email="y")
    key = api.key()
    answer = api.osdi("/petitions/library/signatures", key)
    assert (answer.headers["Cache-Control"], answer.headers["X-Robots-Tag"]) == ("no-store", "noindex")
    assert "Access-Control-Allow-Origin" not in answer.headers
    (signature,) = embedded(answer, "osdi:signatures")
    assert (signature["action_network:person_id"], signature["action_network:petition_id"]) == ("1", "library")
    assert signature["_links"]["osdi:person"]["href"] == f"{ROOT}/people/1"
    assert "comments" not in signature
    assert "Because" not in answer.get_data(as_text=True)
    person = signature["_embedded"]["osdi:person"]
    assert (person["given_name"], person["family_name"]) == ("Ana", "Maria Reader")
    assert person["email_addresses"] == [{"primary": True, "address": "ana@readers.example", "status": "subscribed"}]
    assert (person["phone_numbers"], person["languages_spoken"]) == ([], ["es"])
    assert person["postal_addresses"] == [{"primary": True, "postal_code": "20009"}]
    assert embedded(api.osdi("/people", key), "osdi:people") == [person]
    assert api.osdi("/people/1", key).get_json() == person
    assert embedded(api.osdi("/people/1/signatures", key), "osdi:signatures") == [signature]
    assert api.osdi("/petitions/library/signatures/1", key).get_json() == signature
    for path in (
        "/people/2",
        "/people/3",
        "/people/x",
        "/people/-1",
        "/people/0",
        f"/people/{'9' * 5000}",
        "/people/१",
    ):
        problem(api.osdi(path, key), 404)
    for path in ("/petitions/library/signatures/2", "/petitions/library/signatures/9", "/people/2/signatures"):
        problem(api.osdi(path, key), 404)
    problem(api.osdi("/petitions/garden/signatures/1", api.key("writers")), 404)


def test_a_yes_by_text_gives_the_number_only(instance: Any, make_folder: Any) -> None:
    instance.publish(make_folder("parks", {"campaign.toml": TABLE.replace('["email"]', '["email", "sms"]', 1)}))
    api = Api(instance)
    api.signed("parks", phone="+1 202 555 0143", consent_readers_sms="y")
    (person,) = embedded(api.osdi("/people", api.key()), "osdi:people")
    assert person["email_addresses"] == []
    assert person["phone_numbers"][0]["number"] == "+12025550143"
    by_address = quote("email_address eq 'ana@readers.example'")
    found = api.osdi(f"/people?filter={by_address}", api.key())
    assert embedded(found, "osdi:people") == [], "whether an address signed is told to whom it said yes to mails only"


def test_pages_hold_each_once_whoever_comes_meanwhile(api: Api) -> None:
    people(api, 5, consent_readers_email="y")
    key = api.key()
    for path, rel in (("/petitions/library/signatures", "osdi:signatures"), ("/people", "osdi:people")):
        first = api.osdi(f"{path}?per_page=2", key)
        told = first.get_json()
        assert [told[name] for name in ("total_pages", "total_records", "per_page", "page")] == [3, 5, 2, 1]
        by_number = [numbers(embedded(api.osdi(f"{path}?per_page=2&page={page}", key), rel)) for page in (1, 2, 3, 4)]
        assert by_number == [[1, 2], [3, 4], [5], []]
        assert followed(api, f"{path}?per_page=2", key, rel) == [1, 2, 3, 4, 5]
        last = api.osdi(f"{path}?per_page=2&page=3", key).get_json()["_links"]
        assert "next" not in last
        assert "page=2" in last["prev"]["href"]
    following = first.get_json()["_links"]["next"]["href"].removeprefix(ROOT)
    assert "total_records" not in api.osdi(following, key).get_json(), "a page behind a link counts nothing"
    withdraw(1, api)
    late = numbers(embedded(api.osdi(following, key), "osdi:people"))
    assert late == [3, 4], "the link leads behind the last one that was seen, whoever left"
    assert numbers(embedded(api.osdi("/people?per_page=2&page=2", key), "osdi:people")) == [4, 5], (
        "a number counts anew"
    )
    self = api.osdi(following, key).get_json()["_links"]["self"]["href"].removeprefix(ROOT)
    assert numbers(embedded(api.osdi(self, key), "osdi:people")) == late


def test_long_lists_are_not_counted_and_are_read_to_their_end(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    people(api, 5, consent_readers_email="y")
    for module in (queries, records):
        monkeypatch.setattr(module, "REACH", 3)
    key = api.key()
    told = api.osdi("/people?per_page=2", key).get_json()
    assert "total_records" not in told
    assert "total_pages" not in told
    assert followed(api, "/people?per_page=2", key, "osdi:people") == [1, 2, 3, 4, 5]
    assert numbers(embedded(api.osdi("/people?per_page=2&page=2", key), "osdi:people")) == [3, 4]
    assert "page" in (problem(api.osdi("/people?per_page=2&page=3", key), 422, "query-invalid").errors or {})
    monkeypatch.setattr("clarion.sharing.STRETCH", 1)
    monkeypatch.setattr("clarion.sharing.STRETCHES", 1)
    assert followed(api, "/people", key, "osdi:people") == [1, 2, 3, 4, 5], "short pages lead on too"


def test_a_cursor_is_its_lists_and_its_organisations(api: Api) -> None:
    boxes = {"consent_readers_email": "y", "consent_writers_email": "y"}
    people(api, 2, **boxes)
    key, path = api.key(), "/petitions/library/signatures"
    following = api.osdi(f"{path}?per_page=1", key).get_json()["_links"]["next"]["href"]
    query = following.partition("?")[2]
    assert api.osdi(f"{path}?{query}", key).status_code == 200
    problem(api.osdi(f"{path}?{query}", api.key("writers")), 400, "cursor-unknown")
    problem(api.osdi(f"/people?{query}", key), 400, "cursor-unknown")
    problem(api.osdi(f"{path}?{query}A", key), 400, "cursor-unknown")
    cursor = query.partition("cursor=")[2]
    problem(api.call(f"/campaigns/library/signers?cursor={cursor}", key), 400, "cursor-unknown")


def test_the_pages_processes_open_nobody_and_the_console_does(api: Api) -> None:
    api.signed(consent_readers_email="y")
    key, settings = api.key(), api.instance.app.extensions["clarion.settings"]
    pages, console = create_app(settings, holds_private=False), create_console(settings)
    header, by_address = {"OSDI-API-Token": key}, quote("email_address eq 'ana@readers.example'")
    for path in ("/petitions/library/signatures", "/petitions/library/signatures/1", "/people", "/people/1",
                 "/people/1/signatures", f"/people?filter={by_address}"):  # fmt: skip
        refused = pages.test_client().get(f"/api/osdi/v1{path}", headers=header)
        problem(refused, 421, "private-keys-elsewhere")
        opened = console.test_client().get(f"/api/osdi/v1{path}", headers=header)
        assert "ana@readers.example" in opened.get_data(as_text=True)
    assert pages.test_client().get("/api/osdi/v1/petitions/library").status_code == 200
    for app in (pages, console):
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def test_keys_that_are_not_here_are_told_to_whoever_runs_the_site(quick: Api) -> None:
    quick.signed(consent_readers_email="y")
    keyring: Keyring = quick.instance.app.extensions["clarion.keyring"]
    for path in (keyring.folder / "private").glob("*.key"):
        path.rename(path.with_suffix(".away"))
    keyring._private_keys.clear()
    for path in LISTS[1:]:
        problem(quick.osdi(path, quick.key()), 503, "keys-missing")
