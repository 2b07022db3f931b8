"""Every organisation with every campaign on every route that needs a key: its own, or a 404."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from werkzeug.test import TestResponse

from clarion.domain.scopes import SCOPES
from clarion.rest.openapi import Described, described

from .conftest import Api, person, problem

MEMBERS = {"library": {"readers", "writers"}, "garden": {"gardeners", "writers"}, "nothing": set()}
ORGANISATIONS = ("readers", "writers", "gardeners", "nobody", "")
SIGNERS = {"readers": "Ana Reader", "writers": "Bo Writer", "gardeners": "Cy Gardener"}

KEYED = [one for one in described() if one.operation.scope is not None]


def cells() -> Iterator[tuple[str, str, Described]]:
    for organisation in ORGANISATIONS:
        for slug in MEMBERS:
            for one in KEYED:
                yield organisation, slug, one


def test_every_route_that_needs_a_key_is_in_the_table() -> None:
    assert {one.operation.scope for one in KEYED} == set(SCOPES)
    assert len(list(cells())) == len(ORGANISATIONS) * len(MEMBERS) * len(KEYED)


@pytest.fixture
def peopled(api: Api) -> Api:
    """One signer for each organisation and campaign it is a member of."""
    for slug, members in MEMBERS.items():
        for organisation in sorted(members):
            name = SIGNERS[organisation]
            address = f"{organisation}.{slug}@people.example"
            api.signed(slug, name=name, email=address, **{f"consent_{organisation}_email": "y"})
    return api


def test_nobody_reads_what_is_anothers(peopled: Api) -> None:
    keys = {organisation: peopled.key(organisation or "nobody") for organisation in ORGANISATIONS}
    wrong = []
    for organisation, slug, one in cells():
        path = one.path.removeprefix("/api/v1").replace("{slug}", slug)
        body = {"name": "Di Signer", "email": f"di.{organisation}@people.example"}
        sent = {"json": body} if one.method == "POST" else {}
        answer = peopled.call(path, keys[organisation], method=one.method, **sent)
        told = answer.get_data(as_text=True)
        if organisation not in MEMBERS[slug]:
            problem(answer, 404)
            leaks = any(name in told or other in told for other, name in SIGNERS.items())
            if leaks:
                wrong.append((organisation, slug, one.name))
            continue
        if answer.status_code != one.operation.status:
            wrong.append((organisation, slug, one.name, answer.status))
        others = [name for other, name in SIGNERS.items() if other != organisation]
        if any(name in told for name in others):
            wrong.append((organisation, slug, one.name, "names others"))
        if one.name == "signers":
            assert [signer["name"] for signer in answer.get_json()["data"]] == [SIGNERS[organisation]]
        if one.name == "consents":
            assert {consent["organisation"] for consent in answer.get_json()["data"]} == {organisation}
    assert wrong == []


def test_without_a_key_nothing_of_anybodys_is_read(peopled: Api) -> None:
    for slug in MEMBERS:
        for one in KEYED:
            if not one.operation.anonymous:
                path = one.path.removeprefix("/api/v1").replace("{slug}", slug)
                problem(peopled.call(path, method=one.method), 401, "key-needed")


OSDI = {
    ("GET", ""): "open",
    ("GET", "/"): "open",
    ("GET", "/petitions"): "open",
    ("GET", "/petitions/<slug:slug>"): "open",
    ("GET", "/petitions/<slug:slug>/signatures"): "list",
    ("GET", "/petitions/<slug:slug>/signatures/<number>"): "one",
    ("GET", "/people"): "list",
    ("GET", "/people/<number>"): "one",
    ("GET", "/people/<number>/signatures"): "one",
    ("POST", "/petitions/<slug:slug>/record_signature_helper"): "sign",
    ("POST", "/petitions/<slug:slug>/signatures"): "sign",
    ("POST", "/people"): "sign",
    ("POST", "/people/person_signup_helper"): "sign",
}
"""Every route of OSDI, and what it is about."""


def test_every_route_of_osdi_is_in_the_table(quick: Api) -> None:
    rules = {
        (method, rule.rule.removeprefix("/api/osdi/v1"))
        for rule in quick.instance.app.url_map.iter_rules()
        if rule.rule.startswith("/api/osdi")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert rules == set(OSDI)


def test_nobody_reads_by_osdi_what_is_anothers(peopled: Api) -> None:
    keys = {organisation: peopled.key(organisation or "nobody") for organisation in ORGANISATIONS}
    signed = [(organisation, slug) for slug, members in MEMBERS.items() for organisation in sorted(members)]
    wrong = []
    for (method, path), about in OSDI.items():
        for organisation in ORGANISATIONS:
            for slug, members in MEMBERS.items():
                for number, (signer, signed_here) in enumerate(signed, 1):
                    where = path.replace("<slug:slug>", slug).replace("<number>", str(number))
                    answer = _by_osdi(peopled, keys[organisation], method, where, path, slug)
                    own = signer == organisation and ("<slug:slug>" not in path or signed_here == slug)
                    member = organisation in members or (method == "GET" and "<slug:slug>" not in path)
                    public = about == "open" and ("<slug:slug>" not in path or slug != "nothing")
                    there = public if about == "open" else own if about == "one" else member
                    told = answer.get_data(as_text=True)
                    names = {name for name in SIGNERS.values() if f'"given_name": "{name.partition(" ")[0]}"' in told}
                    allowed = {SIGNERS[organisation]} if organisation in SIGNERS and about in ("one", "list") else set()
                    if answer.status_code != (200 if there else 404) or not names <= allowed:
                        wrong.append((method, where, organisation, answer.status, names))
                    if about == "list" and answer.status_code == 200 and organisation in SIGNERS and names != allowed:
                        wrong.append((method, where, organisation, "lacks its own"))
                    if "<number>" not in path:
                        break
    assert wrong == []


def _by_osdi(api: Api, key: str, method: str, where: str, path: str, slug: str) -> TestResponse:
    if method == "GET":
        return api.osdi(where, key)
    named = {} if "<slug:slug>" in path else {"clarion:petition": slug}
    body = {"person": person("di@people.example", "subscribed", given_name="Di", family_name="Signer"), **named}
    return api.osdi(where, key, method=method, json=body)


def test_without_a_key_nothing_of_anybodys_is_read_by_osdi(peopled: Api) -> None:
    for (method, path), about in OSDI.items():
        where = path.replace("<slug:slug>", "library").replace("<number>", "1")
        if about in ("one", "list"):
            problem(peopled.osdi(where, method=method), 401, "key-needed")
            for scopes in (("consents:read",), ("signatures:write",), ("counts:read",)):
                problem(peopled.osdi(where, peopled.key(scopes=scopes), method=method), 403, "scope-missing")
