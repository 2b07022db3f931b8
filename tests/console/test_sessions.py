"""Sessions: always new, ended for good, and nobody else's."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from clarion.extensions import now, transaction
from clarion.staff import people

from .conftest import Person, Site

COOKIE = "clarion_staff"


def cookie(person: Person) -> str:
    found = person.browser.get_cookie(COOKIE, path="/staff/")
    assert found is not None
    return found.value


def with_cookie(site: Site, value: str) -> Person:
    thief = site.person("thief@elsewhere.example")
    thief.browser.set_cookie(COOKIE, value, path="/staff/")
    return thief


def test_a_stolen_cookie_is_nothing_after_the_log_out(site, logged_in) -> None:
    ana = logged_in()
    thief = with_cookie(site, cookie(ana))
    assert thief.get("/staff/").status_code == 200
    assert ana.post("/staff/logout", "/staff/").status_code == 303
    assert thief.get("/staff/").headers["Location"].startswith("/staff/login")


def test_a_cookie_that_somebody_put_there_before_is_not_taken_over(site) -> None:
    site.give("ana@readers.example")
    ana = site.person()
    ana.browser.set_cookie(COOKIE, "a" * 43, path="/staff/")
    ana.browser.set_cookie("clarion_browser", "b" * 43, path="/staff/")
    ana.log_in()
    assert cookie(ana) != "a" * 43
    assert with_cookie(site, "a" * 43).get("/staff/").headers["Location"].startswith("/staff/login")


def test_the_cookie_is_for_the_console_and_no_script(site, logged_in) -> None:
    site.give("ana@readers.example")
    ana = site.person()
    ana.ask()
    answer = ana.post(site.link("ana@readers.example"))
    (told,) = [value for name, value in answer.headers if name == "Set-Cookie" and value.startswith(COOKIE)]
    assert {"HttpOnly", "Path=/staff/", "SameSite=Lax"} <= set(told.split("; "))


def test_another_role_ends_all_sessions_at_once(site, logged_in) -> None:
    ana = logged_in(role="owner")
    ben = logged_in("ben@readers.example", role="moderator")
    number = site.give("ben@readers.example", role="moderator")
    assert ben.get("/staff/campaigns/library/reasons").status_code == 200
    path = f"/staff/organisations/readers/people/{number}/role"
    assert ana.post(path, "/staff/organisations/readers/people", role="analyst").status_code == 303
    assert ben.get("/staff/").headers["Location"].startswith("/staff/login")
    ben.log_in()
    assert ben.get("/staff/campaigns/library/reasons").status_code == 403


def test_one_ends_by_itself(site, logged_in) -> None:
    with time_machine.travel(now(), tick=False) as clock:
        ana = logged_in()
        for _ in range(14):
            clock.shift(timedelta(hours=11))
            assert ana.get("/staff/").status_code == 200
        clock.shift(timedelta(hours=15))
        assert ana.get("/staff/").status_code == 303


def test_one_ends_another_of_ones_own_and_of_nobody_else(site, logged_in) -> None:
    ana = logged_in()
    other = site.person()
    other.log_in()
    ben = logged_in("ben@readers.example")
    for number in (2, 3, 4):
        ana.post(f"/staff/account/sessions/{number}/end", "/staff/")
    assert ben.get("/staff/").status_code == 200
    assert other.get("/staff/").status_code == 303


@pytest.mark.parametrize("path", ["/staff/logout", "/staff/account/codes", "/staff/language"])
def test_a_form_without_its_token_does_nothing(site, logged_in, path: str) -> None:
    ana = logged_in()
    assert ana.browser.post(path, data={"language": "es"}).status_code == 403
    assert ana.browser.post(path, data={"csrf": "0" * 40}).status_code == 403
    other = logged_in("ben@readers.example")
    assert ana.browser.post(path, data={"csrf": other.token("/staff/")}).status_code == 403
    crossed = ana.browser.post(path, data={"csrf": ana.token("/staff/")}, headers={"Sec-Fetch-Site": "cross-site"})
    assert crossed.status_code == 403
    assert ana.get("/staff/").status_code == 200


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/staff/\\..//x", "javascript:1", "/elsewhere"],
)
def test_a_log_in_leads_nowhere_else(site, wanted: str) -> None:
    site.give("ana@readers.example")
    ana = site.person()
    ana.ask()
    place = ana.post(site.link("ana@readers.example"), next=wanted).headers["Location"]
    assert place.startswith("/staff/")
    assert "evil" not in place


def test_who_was_removed_is_out(site, logged_in) -> None:
    ana = logged_in()
    with site.console.app_context(), transaction() as session:
        people.remove(session, people.by_email("ana@readers.example").id)
    assert ana.get("/staff/").status_code == 303
