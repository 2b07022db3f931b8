"""The second factor: codes that are good once, recovery codes, passkeys, and who must not be let in without."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
import time_machine

from clarion.console import create_console
from clarion.extensions import now

from .conftest import Person, Site

CODE = re.compile(r"\b[a-z2-9]{5}-[a-z2-9]{5}\b")


def set_up_app(person: Person) -> tuple[str, list[str]]:
    """Add an app for codes; its secret and the recovery codes that were shown."""
    page = person.get("/staff/account/second").get_data(as_text=True)
    secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)[1]
    answer = person.post("/staff/account/app", "/staff/account", sealed=sealed, code=pyotp.TOTP(secret).now())
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return secret, CODE.findall(answer.get_data(as_text=True))


def again(site: Site, person: Person) -> Person:
    """The same person in another browser, after the mail."""
    other = site.person(person.email)
    assert other.log_in().status_code == 303
    return other


def test_a_code_of_the_app_lets_in_once(site, logged_in) -> None:
    ana = logged_in()
    with time_machine.travel(now(), tick=False) as clock:
        secret, _ = set_up_app(ana)
        clock.shift(timedelta(seconds=90))
        code = pyotp.TOTP(secret).now()
        first, second = again(site, ana), again(site, ana)
        assert first.get("/staff/").headers["Location"].startswith("/staff/second")
        assert first.post("/staff/second", "/staff/second", code=code).status_code == 303
        assert first.get("/staff/").status_code == 200
        replayed = second.post("/staff/second", "/staff/second", code=code)
        assert replayed.status_code == 422
        assert second.get("/staff/").status_code == 303
        clock.shift(timedelta(seconds=30))
        assert second.post("/staff/second", "/staff/second", code=pyotp.TOTP(secret).now()).status_code == 303


def test_a_recovery_code_lets_in_once(site, logged_in) -> None:
    ana = logged_in()
    _, codes = set_up_app(ana)
    assert len(set(codes)) == 10
    first, second = again(site, ana), again(site, ana)
    assert first.post("/staff/second", "/staff/second", code=codes[0].upper()).status_code == 303
    assert second.post("/staff/second", "/staff/second", code=codes[0]).status_code == 422
    assert "9 are left" in first.get("/staff/account").get_data(as_text=True)


def test_guessing_ends_that_session_and_no_other(site, logged_in) -> None:
    ana = logged_in()
    set_up_app(ana)
    guesser = again(site, ana)
    for _ in range(5):
        assert guesser.post("/staff/second", "/staff/second", code="000000").status_code == 422
    assert guesser.post("/staff/second", "/staff/second", code="000000").headers["Location"].startswith("/staff/login")
    assert guesser.get("/staff/").headers["Location"].startswith("/staff/login")
    assert ana.get("/staff/").status_code == 200


def test_between_both_factors_nothing_is_open(site, logged_in) -> None:
    ana = logged_in(role="owner")
    set_up_app(ana)
    half = again(site, ana)
    for path in ("/staff/", "/staff/account", "/staff/campaigns/library", "/staff/organisations/readers/people"):
        assert half.get(path).headers["Location"].startswith("/staff/second"), path
    # a mailbox alone adds no second factor of its own
    assert half.get("/staff/account/second").status_code == 403
    assert half.post("/staff/account/app", "/staff/second", sealed="x", code="1").status_code == 403
    assert half.post("/staff/account/passkeys/challenge", "/staff/second").status_code == 403


def test_adding_one_ends_the_other_sessions(site, logged_in) -> None:
    ana = logged_in()
    other = again(site, ana)
    set_up_app(ana)
    assert ana.get("/staff/").status_code == 200
    assert other.get("/staff/").headers["Location"].startswith("/staff/login")


@pytest.mark.parametrize(("role", "wanted"), [("owner", True), ("editor", False)])
def test_owners_of_a_real_site_need_one(instance, role: str, wanted: bool) -> None:
    settings = instance.app.extensions["clarion.settings"]
    site = settings.site.model_copy(update={"environment": "production"})
    real = Site(instance, create_console(settings))
    real.console.extensions["clarion.settings"] = settings.model_copy(update={"site": site})
    real.give("ana@readers.example", role=role)
    ana = real.person()
    ana.log_in()
    answer = ana.get("/staff/")
    assert (answer.status_code == 303) is wanted
    if wanted:
        assert answer.headers["Location"].startswith("/staff/account/second")
        set_up_app(ana)
        assert ana.get("/staff/").status_code == 200
        assert ana.post("/staff/account/app/remove", "/staff/account").status_code == 422
