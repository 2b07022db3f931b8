"""OSDI as its tools read it: HAL shapes, pages, filters, and an organisation's own signers through the one gate."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import update

from clarion.app import create_app
from clarion.console import create_console
from clarion.extensions import db, now, transaction
from clarion.osdi import queries, records
from clarion.rest import keys
from clarion.sealing import Keyring
from clarion.signatures.models import Consent, Signature
from clarion.testing import TABLE

from .conftest import Api, problem

ROOT = "http://127.0.0.1:8000/api/osdi/v1"
LISTS = ("/petitions", "/petitions/library/signatures", "/people")


def embedded(answer: Any, rel: str) -> list[dict[str, Any]]:
    """The resources of a page, which holds together."""
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.content_type == "application/hal+json"
    page = answer.get_json()
    found: list[dict[str, Any]] = page["_embedded"][rel]
    assert page["_links"][rel] == [one["_links"]["self"] for one in found]
    assert page["_links"]["self"]["href"].startswith(ROOT)
    assert page["_links"]["curies"][0]["templated"] is True
    return found


def numbers(found: list[dict[str, Any]]) -> list[int]:
    return [int(one["identifiers"][0].removeprefix("clarion:")) for one in found]


def followed(api: Api, path: str, key: str, rel: str) -> list[int]:
    """The numbers on all pages, by the links from one to the next."""
    found: list[int] = []
    while path:
        answer = api.osdi(path, key)
        found += numbers(embedded(answer, rel))
        path = answer.get_json()["_links"].get("next", {}).get("href", "").removeprefix(ROOT)
    return found


def people(api: Api, many: int, **boxes: str) -> None:
    for number in range(many):
        api.signed(name=f"Ana {number} Reader", email=f"ana{number}@readers.example", **boxes)


def test_everything_is_reached_from_the_entry_point(quick: Api) -> None:
    for path in ("", "/"):
        answer = quick.osdi(path)
        assert (answer.status_code, answer.content_type) == (200, "application/hal+json")
        told = answer.get_json()
        assert (told["max_pagesize"], told["osdi_version"], told["namespace"]) == (25, "1.1.1", "clarion")
        assert {"motd", "vendor_name", "product_name"} <= told.keys()
    hrefs = {rel: one["href"] for rel, one in told["_links"].items() if rel != "curies"}
    assert (hrefs["self"], hrefs["docs"]) == (ROOT, "http://127.0.0.1:8000/api/")
    petition = embedded(quick.osdi(hrefs["osdi:petitions"].removeprefix(ROOT)), "osdi:petitions")[0]
    for rel in ("self", "osdi:signatures"):
        path = petition["_links"][rel]["href"].removeprefix(ROOT)
        assert quick.osdi(path, quick.key()).status_code == 200
    assert quick.osdi(hrefs["osdi:people"].removeprefix(ROOT), quick.key()).status_code == 200
    for href in (petition["_links"]["osdi:record_signature_helper"]["href"], hrefs["osdi:person_signup_helper"]):
        problem(quick.osdi(href.removeprefix(ROOT), quick.key(), method="POST", json={}), 422)
        problem(quick.osdi(href.removeprefix(ROOT), quick.key(), method="PUT", json={}), 405)


def test_tools_try_their_key_at_the_entry_point(api: Api) -> None:
    for headers in ({"OSDI-API-Token": "clk_x"}, {"OSDI-API-Token": ""}, {"Authorization": "Basic YTpi"}):
        problem(api.osdi(headers=headers), 401, "key-needed")
    key = api.key(scopes=("counts:read",))
    assert api.osdi("", key).status_code == 200
    assert api.osdi("", key).headers["Cache-Control"] == "no-store"
    with api.instance.context():
        keys.revoke(keys.listed()[0].id)
    problem(api.osdi("", key), 401, "key-needed")
    problem(api.osdi(f"?key={key}"), 400, "key-in-address")


def test_a_petition_has_osdis_fields_in_the_readers_language(quick: Api) -> None:
    quick.signed()
    quick.instance.app.extensions["clarion.pulse"].__init__()
    answer = quick.osdi("/petitions/library?language=es")
    told = answer.get_json()
    assert answer.headers["Content-Language"] == "es"
    assert "Accept-Language" in answer.headers["Vary"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"].startswith("public, max-age=1")
    assert told["identifiers"] == ["clarion:library"]
    assert (told["title"], told["petition_text"]) == ("Que siga la biblioteca", "Den fondos.")
    assert (told["description"], told["total_signatures"]) == ("<p>Porque leemos.</p>\n", 1)
    assert told["browser_url"] == told["share_url"] == "http://127.0.0.1:8000/library/es"
    assert told["target"] == [{"name": "Ana Mayor", "title": "Mayor"}]
    assert told["share_options"][0].keys() == {"facebook_share", "twitter_share", "email_share"}
    assert told["created_date"] == told["modified_date"]
    assert "mayor@city.example" not in answer.get_data(as_text=True)
    headers = {"Accept-Language": "es"}
    assert quick.osdi("/petitions/library", headers=headers).get_json()["title"] == told["title"]
    assert quick.osdi("/petitions/library?language=zz").get_json()["title"] == "Keep the library open"
    again = quick.osdi("/petitions/library?language=es", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_petitions_come_in_pages_and_drafts_are_not_there(quick: Api, make_folder: Any) -> None:
    for slug in ("parks", "pools"):
        quick.instance.publish(make_folder(slug))
    quick.instance.publish(make_folder("secret", {"campaign.toml": TABLE.replace('"live"', '"draft"')}))
    first = quick.osdi("/petitions?per_page=2")
    told = first.get_json()
    assert [told[name] for name in ("total_pages", "total_records", "per_page", "page")] == [2, 3, 2, 1]
    assert told["_links"]["next"]["href"] == f"{ROOT}/petitions?page=2&per_page=2"
    second = quick.osdi("/petitions?per_page=2&page=2&language=es")
    slugs = [one["identifiers"][0] for page in (first, second) for one in embedded(page, "osdi:petitions")]
    assert slugs == ["clarion:library", "clarion:parks", "clarion:pools"], "the newest last, so that none is moved"
    links = second.get_json()["_links"]
    assert links["prev"]["href"] == f"{ROOT}/petitions?page=1&per_page=2&language=es"
    assert "next" not in links
    assert embedded(quick.osdi("/petitions?page=9"), "osdi:petitions") == []
    assert quick.osdi("/petitions?per_page=100").get_json()["per_page"] == 25
    for path in (
        "/petitions/secret",
        "/petitions/secret/signatures",
        "/petitions/nothing",
        "/nothing",
        "/petitions/x/y",
    ):
        problem(quick.osdi(path, quick.key()), 404)
    for days, found in ((1, 3), (-1, 0)):
        since = quote(f"modified_date gt '{now() - timedelta(days=days):%Y-%m-%d}'")
        assert len(embedded(quick.osdi(f"/petitions?filter={since}"), "osdi:petitions")) == found


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
    withdraw(1, api)
    late = numbers(embedded(api.osdi(following, key), "osdi:people"))
    assert late == [3, 4], "the link leads behind the last one that was seen, whoever left"
    assert numbers(embedded(api.osdi("/people?per_page=2&page=2", key), "osdi:people")) == [4, 5], (
        "a number counts anew"
    )
    self = api.osdi(following, key).get_json()["_links"]["self"]["href"].removeprefix(ROOT)
    assert numbers(embedded(api.osdi(self, key), "osdi:people")) == late


def withdraw(number: int, api: Api) -> None:
    with api.instance.context(), transaction() as session:
        session.execute(update(Consent).filter_by(signature_id=number).values(withdrawn_at=now()))


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


@pytest.mark.parametrize("page", ["-1", "0", "99999999", "x", "", "1.5", "9" * 5000, "NaN", "1e3", "%00"])
def test_pages_have_numbers(quick: Api, page: str) -> None:
    key = quick.key()
    for path in LISTS:
        problem(quick.osdi(f"{path}?page={page}", key), 422, "query-invalid")
        if page != "99999999":
            problem(quick.osdi(f"{path}?per_page={page}", key), 422, "query-invalid")
        problem(quick.osdi(f"{path}?page=1&page=2", key), 422, "query-invalid")
        problem(quick.osdi(f"{path}?limit=5", key), 422, "query-invalid")
        problem(quick.osdi(f"{path}?cursor=c{page}", key), 400, "cursor-unknown")


def test_the_filter_finds_what_changed(api: Api) -> None:
    people(api, 2, consent_readers_email="y")
    old = now().replace(second=0, microsecond=0) - timedelta(days=2)
    with api.instance.context(), transaction() as session:
        session.execute(update(Consent).filter_by(signature_id=1).values(confirmed_at=old))
        session.execute(update(Signature).filter_by(id=1).values(confirmed_at=old))
    key = api.key()
    for path, rel in (("/petitions/library/signatures", "osdi:signatures"), ("/people", "osdi:people")):
        for written, found in {
            f"modified_date gt '{now() - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}'": [2],
            f"modified_date gt {now() - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}": [2],
            f'modified_date gt "{now() - timedelta(days=1):%Y-%m-%d}"': [2],
            f"modified_date gt '{old:%Y-%m-%dT%H:%M}:59Z'": [1, 2],
            f"modified_date gt '{(old + timedelta(minutes=1)).isoformat()}'": [2],
            f"  modified_date  GT '{old + timedelta(days=9):%Y-%m-%d}' ": [],
            "identifier eq 'clarion:1'": [1],
            "identifier eq '2'": [2],
            "identifier eq 'elsewhere:1'": [],
        }.items():
            answer = api.osdi(f"{path}?filter={quote(written)}", key)
            assert numbers(embedded(answer, rel)) == found, written
            assert answer.get_json()["total_records"] == len(found)
    (first, second) = embedded(api.osdi("/people", key), "osdi:people")
    assert first["modified_date"] == f"{old:%Y-%m-%dT%H:%M:%SZ}" < second["modified_date"]
    with api.instance.context(), transaction() as session:
        session.execute(update(Consent).filter_by(signature_id=1).values(confirmed_at=old + timedelta(days=1)))
    later = api.osdi("/people/1", key).get_json()
    assert later["modified_date"] > first["modified_date"], "a yes that came later is a change"
    assert later["created_date"] == first["created_date"]
    filtered = quote("modified_date gt '2020-01-01'")
    following = api.osdi(f"/people?per_page=1&filter={filtered}", key).get_json()["_links"]["next"]["href"]
    assert "modified_date" in following, "the next page is asked the same"


def test_an_address_is_found_among_ones_own(api: Api) -> None:
    api.signed(email="Ana.Reader@gmail.com", consent_readers_email="y")
    api.signed("garden", email="anareader@gmail.com", consent_writers_email="y")
    api.signed(email="bo@readers.example")
    readers, writers = api.key("readers"), api.key("writers")
    for key, address, found in (
        (readers, "ana.reader@gmail.com", [1]),
        (readers, "ANAREADER+x@googlemail.com", [1]),
        (writers, "anareader@gmail.com", [2]),
        (readers, "bo@readers.example", []),
        (api.key("gardeners"), "anareader@gmail.com", []),
        (readers, "o'neil@readers.example", []),
        (readers, "o''neil@readers.example", []),
    ):
        asked = quote(f"email_address eq '{address}'")
        assert numbers(embedded(api.osdi(f"/people?filter={asked}", key), "osdi:people")) == found, address
    withdraw(1, api)
    asked = quote("email_address eq 'anareader@gmail.com'")
    assert embedded(api.osdi(f"/people?filter={asked}", readers), "osdi:people") == []


@pytest.mark.parametrize(
    "written",
    ["", "x", "modified_date", "modified_date gt", "modified_date lt '2026-01-01'", "modified_date gt 'yesterday'",
     "modified_date gt '0001-01-01T00:00:00+14:00'", "modified_date gt '9999-12-31T23:59:59-14:00'",
     "modified_date gt '2026-01-01' and identifier eq '1'", "given_name eq 'Ana'", "email_address gt 'a@b.example'",
     "email_address eq 'x'", "email_address eq ''", "modified_date gt '" + "9" * 4000 + "'", "' or 1=1", "\x00"],
)  # fmt: skip
def test_other_filters_are_told_what_is_possible(quick: Api, written: str) -> None:
    key = quick.key()
    for path in LISTS:
        told = problem(quick.osdi(f"{path}?filter={quote(written)}", key), 400, "filter-unknown")
        assert "eq '" in told.detail or "gt '" in told.detail
    by_address = quote("email_address eq 'ana@readers.example'")
    for path in LISTS[:2]:
        problem(quick.osdi(f"{path}?filter={by_address}", key), 400, "filter-unknown")


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
