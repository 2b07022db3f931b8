"""OSDI as its tools read it: HAL shapes, pages, filters, and an organisation's own signers through the one gate."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import update

from clarion.extensions import now, transaction
from clarion.rest import keys
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


def withdraw(number: int, api: Api) -> None:
    with api.instance.context(), transaction() as session:
        session.execute(update(Consent).filter_by(signature_id=number).values(withdrawn_at=now()))


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
