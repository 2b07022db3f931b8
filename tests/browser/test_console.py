"""The console in a real browser: from the first link to a live petition, by passkey, and open to everyone."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from waitress import wasyncore
from waitress.server import create_server

from clarion.console import create_console
from clarion.extensions import transaction
from clarion.server import Doors
from clarion.staff import people, sessions, tickets
from clarion.staff.marks import Marks
from clarion.staff.tasks import write_to_staff
from clarion.testing import Instance, plain

PASTED = Path(__file__).parents[1] / "campaigns" / "pasted" / "dc-sanctuary.txt"
ANA = "ana@sanctuary-dc.example"


@dataclass
class Served:
    """An instance with its console, on one port of localhost."""

    instance: Instance
    console: Flask
    url: str

    def setup(self) -> str:
        """What `clarion serve` prints for the first one."""
        with self.console.app_context():
            ticket = tickets.make("setup")
            token = Marks(self.console.extensions["clarion.keyring"]).token("setup", ticket.id, ticket.nonce)
        return f"{self.url}/staff/setup/{token}"

    def link(self) -> str:
        """The link of the latest mail to staff."""
        with self.instance.context():
            write_to_staff()
        found = re.findall(r"https?://\S+/staff/\S+", plain(self.instance.mails()[-1]))
        return str(found[-1])

    def member(self, context: BrowserContext, role: Any = "owner") -> None:
        """Log somebody in."""
        with self.console.app_context(), transaction() as session:
            staff = people.add(session, ANA)
            people.give_role(session, staff.id, "sanctuary-dc", role)
            cookie = sessions.begin(session, staff.id, "Firefox, Linux", second=True)
        context.add_cookies([{"name": "clarion_staff", "value": cookie, "domain": "localhost", "path": "/staff/"}])


@pytest.fixture
def served(campaign_folder: Path, make_instance: Callable[..., Instance]) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://localhost:{port}"
    instance = make_instance(signing={"network_limit": 1000}, site={"base_url": url})
    instance.publish(campaign_folder)
    console = create_console(instance.app.extensions["clarion.settings"])
    server: Any = create_server(Doors(instance.app, console), host="127.0.0.1", port=port, threads=4, ident="")
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield Served(instance, console, url)
    server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
    thread.join(timeout=10)
    server.task_dispatcher.shutdown()


@pytest.fixture
def open_browser(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A browser with nothing in it, as somebody has it."""
    contexts: list[BrowserContext] = []

    def start(**how: Any) -> BrowserContext:
        context = browser.new_context(reduced_motion="reduce", **{"locale": "en-US", **how})
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context

    yield start
    for context in contexts:
        context.close()


@pytest.mark.parametrize("script", [True, False])
def test_from_the_first_link_to_a_live_petition(served: Served, open_browser, script: bool) -> None:
    page = open_browser(java_script_enabled=script).new_page()
    page.goto(served.setup())
    page.fill("#email", ANA)
    page.click("button.main")
    page.get_by_role("link", name="New petition").click()
    page.fill("#text", PASTED.read_text("utf-8"))
    page.fill("#slug", "protect-dc")
    page.get_by_role("button", name="Take it apart").click()
    expect(page.locator(".check")).to_contain_text("Español, title: there is no title")
    expect(page.locator("[name=recipient-name]").first).to_have_value("Muriel Bowser")
    page.fill('[id="es.title"]', "Alcaldesa Bowser: proteja a los vecinos de DC")
    page.check('input[name=on][value="es"]')
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    page.get_by_role("button", name="Put it live").click()
    expect(page.locator("h1")).to_have_text("Mayor Bowser: Protect DC residents from ICE raids!")
    for language, words in (("en", "Protect DC residents"), ("es", "proteja a los vecinos")):
        page.goto(f"{served.url}/protect-dc/{language}")
        expect(page.locator("h1")).to_contain_text(words)
    page.fill("#name", "Ana Luna")
    page.fill("#email", "ana@readers.example")
    page.locator("#sign-form button.main").click()
    expect(page).to_have_url(re.compile("/protect-dc/es/thanks"))


def _with_authenticator(page: Page) -> None:
    """A device with a finger on it (WebAuthn, section 11)."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def _with_passkey(served: Served, context: BrowserContext) -> Page:
    """Somebody who is logged in has just made a passkey."""
    served.member(context)
    page = context.new_page()
    _with_authenticator(page)
    page.goto(f"{served.url}/staff/account/second")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator(".codes li")).to_have_count(10)
    return page


def test_a_passkey_is_made_and_lets_in(served: Served, open_browser) -> None:
    page = _with_passkey(served, open_browser())
    page.goto(f"{served.url}/staff/account")
    expect(page.locator("table").first).to_contain_text("My device")
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page).to_have_url(f"{served.url}/staff/")
    expect(page.locator("h1")).to_have_text("Campaigns")


def test_a_passkey_is_the_second_step_after_a_mail(served: Served, open_browser) -> None:
    page = _with_passkey(served, open_browser())
    page.get_by_role("button", name="Log out").click()
    page.fill("#email", ANA)
    page.get_by_role("button", name="Send me a mail").click()
    page.goto(served.link())
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page.locator("h1")).to_have_text("One more step")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator("h1")).to_have_text("Campaigns")


def _pages(served: Served) -> list[str]:
    campaign = "/staff/campaigns/dc-sanctuary"
    return [
        "/staff/",
        "/staff/account",
        "/staff/account/second",
        "/staff/campaigns/new",
        campaign,
        f"{campaign}/texts",
        f"{campaign}/reasons",
        f"{campaign}/figures",
        f"{campaign}/posters",
        "/staff/organisations/sanctuary-dc/people",
    ]


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_page_is_open_to_everyone(served: Served, open_browser, examine, language: str) -> None:
    served.instance.sign("dc-sanctuary", language, postal_code="20009", reason="See www.elsewhere.example")
    served.instance.work()
    served.instance.confirm(re.findall(r"/confirm/\S+", plain(served.instance.mails()[-1]))[0])
    served.instance.work()
    context = open_browser(locale=language)
    page = context.new_page()
    found: dict[str, list[str]] = {}
    for path in ("/staff/login", "/staff/login/code?ticket=1", "/staff/login/1.x", served.setup()[len(served.url) :]):
        page.goto(served.url + path)
        found[path] = examine(page)
    served.member(context)
    for path in _pages(served):
        page.goto(served.url + path)
        expect(page.locator("html")).to_have_attribute("lang", language)
        found[path] = examine(page)
    page.goto(f"{served.url}/staff/account/second")
    secret = page.locator(".secret").inner_text().replace(" ", "") or page.locator(".secret").text_content()
    page.fill("#code", pyotp.TOTP(secret.replace(" ", "")).now())
    page.locator("form[action$=app] button").click()
    expect(page.locator(".codes li")).to_have_count(10)
    found["codes"] = examine(page)
    assert {path: faults for path, faults in found.items() if faults} == {}
