"""Who may do what: each route declares it, and every role of every organisation is tried on every route."""

from __future__ import annotations

import re

import pytest

from clarion.console.guard import rule_of
from clarion.domain.roles import ACTIONS, RELATIONS, ROLES, RULES, may

from .conftest import Site

OPEN = {"anybody", "half", "oneself"}
SLUG = "library"


def routes(site: Site) -> list[tuple[str, str, str]]:
    """Each route of the console with its method and what it declared."""
    found = []
    for rule in site.console.url_map.iter_rules():
        if rule.rule.startswith("/staff/"):
            with site.console.test_request_context(rule.rule):
                word = rule_of(site.console, rule.endpoint)
            found += [(rule.rule, method, word) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    return found


def test_every_route_declares_its_rule(site) -> None:
    declared = {word for _, _, word in routes(site)}
    assert None not in declared
    assert declared <= OPEN | set(ACTIONS)


def test_every_action_says_who(site) -> None:
    assert set(RULES) == set(ACTIONS)
    for rule in RULES.values():
        assert rule.admin or any(rule.roles.values())
        assert set(rule.roles) <= set(RELATIONS)
    assert not may("reasons.moderate", [], admin=True), "who runs the site sees no signers' words"


STANDINGS = [(organisation, role) for organisation in ("readers", "writers", "strangers") for role in ROLES]


@pytest.mark.parametrize(("organisation", "role"), STANDINGS)
def test_the_matrix(site, logged_in, organisation: str, role: str) -> None:
    """Of the campaign `readers` is the lead, `writers` a partner; `strangers` has nothing to do with it."""
    person = logged_in("ana@some.example", organisation, role)
    relation = {"readers": "lead", "writers": "partner"}.get(organisation)
    for rule, method, word in routes(site):
        if word in OPEN:
            continue
        for about in ("readers", "writers", "strangers") if "<organisation>" in rule else ("",):
            path = re.sub(r"<slug:slug>", SLUG, rule).replace("<organisation>", about)
            path = re.sub(r"<int:\w+>", "999", path).replace("<kind>-<paper>-<languages>", "poster-a4-en")
            if word.startswith("people."):
                around = [("own", role)] if about == organisation else []
            else:
                around = [(relation, role)] if relation else []
            if "<" not in rule:
                around = [("any", role)]
            answer = person.get(path) if method == "GET" else person.post(path, "/staff/account")
            allowed = may(word, around)
            seen = "<" not in rule or may("people.see" if word.startswith("people.") else "campaigns.see", around)
            expected = {200, 303, 400, 404, 422} if allowed else {403} if seen else {404}
            assert answer.status_code in expected, (path, method, answer.status_code)
            if allowed and method == "GET":
                assert answer.status_code == 200, path


def test_who_sees_nothing_is_told_of_nothing(site, logged_in) -> None:
    stranger = logged_in("eve@some.example", "strangers", "owner")
    page = stranger.get("/staff/").get_data(as_text=True)
    assert "Keep the library open" not in page
    there = stranger.get("/staff/campaigns/library")
    nowhere = stranger.get("/staff/campaigns/no-such-one")
    assert there.status_code == nowhere.status_code == 404
    assert re.sub("library|no-such-one", "", there.text) == re.sub("library|no-such-one", "", nowhere.text)


def test_who_runs_the_site_manages_people_and_sees_no_signers(site) -> None:
    site.give("root@example.org", "", admin=True)
    root = site.person("root@example.org")
    root.log_in()
    assert root.get("/staff/organisations/readers/people").status_code == 200
    assert root.get("/staff/campaigns/library").status_code == 200
    assert root.get("/staff/campaigns/library/reasons").status_code == 403
