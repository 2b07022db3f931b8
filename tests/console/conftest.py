"""A site with staff: browsers that keep cookies, what was mailed to whom, and who is what."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from clarion.console import create_console
from clarion.domain.roles import Role
from clarion.extensions import transaction
from clarion.staff import people
from clarion.staff.tasks import write_to_staff
from clarion.testing import Instance, plain

FIELD = re.compile(r'name="csrf" value="([0-9a-f]+)"')


@dataclass
class Person:
    """Somebody with a browser of their own."""

    site: Site
    browser: FlaskClient
    email: str

    def get(self, path: str) -> TestResponse:
        """Open a page."""
        return self.browser.get(path)

    def post(self, path: str, form_of: str = "/staff/login", **fields: Any) -> TestResponse:
        """Send a form; its token is taken from a page of the same browser."""
        return self.browser.post(path, data={"csrf": self.token(form_of), **fields})

    def token(self, path: str) -> str:
        """The token in the forms of a page."""
        found = FIELD.search(self.browser.get(path, follow_redirects=True).get_data(as_text=True))
        assert found
        return found[1]

    def ask(self) -> TestResponse:
        """Ask for a mail."""
        return self.post("/staff/login", email=self.email)

    def log_in(self) -> TestResponse:
        """Log in by the link of a mail."""
        self.ask()
        link = self.site.link(self.email)
        return self.post(link)


@dataclass
class Site:
    """An instance and its console."""

    instance: Instance
    console: Flask

    def person(self, email: str = "ana@readers.example") -> Person:
        """Somebody, with a browser that was never here."""
        return Person(self, self.console.test_client(), email)

    def give(self, email: str, organisation: str = "readers", role: Role = "editor", *, admin: bool = False) -> int:
        """Make somebody something; their number."""
        with self.instance.app.app_context(), transaction() as session:
            staff = people.add(session, email, admin=admin)
            if organisation:
                people.give_role(session, staff.id, organisation, role)
            return staff.id

    def mails(self, address: str) -> list[str]:
        """What was mailed to somebody, in plain words, the latest last."""
        with self.instance.app.app_context():
            write_to_staff()
        paths = sorted((self.instance.home / "var" / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        found = [email.message_from_bytes(path.read_bytes(), policy=email.policy.strict) for path in paths]
        return [plain(one) for one in found if one["To"] == address]

    def link(self, address: str) -> str:
        """The path of the link in the latest mail to somebody."""
        found = re.findall(r"https?://[^/\s]+(/staff/\S+)", self.mails(address)[-1])
        assert found
        return str(found[-1])

    def code(self, address: str) -> str:
        """The code in the latest mail."""
        found = re.findall(r"\b\d{6}\b", self.mails(address)[-1])
        assert found
        return str(found[-1])


@pytest.fixture
def site(instance: Instance) -> Site:
    """A site with the campaign of the tests."""
    return Site(instance, create_console(instance.app.extensions["clarion.settings"]))


@pytest.fixture
def logged_in(site: Site) -> Callable[..., Person]:
    """Somebody who is logged in."""

    def enter(email: str = "ana@readers.example", organisation: str = "readers", role: Role = "editor") -> Person:
        site.give(email, organisation, role)
        person = site.person(email)
        assert person.log_in().status_code == 303
        return person

    return enter
