"""Every organisation with every campaign on every route that needs a key: its own, or a 404."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from clarion.domain.scopes import SCOPES
from clarion.rest.openapi import Described, described

from .conftest import Api, problem

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
