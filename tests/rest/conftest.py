"""An instance with two campaigns, three organisations and a key for each: `call("GET", path, key)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.test import TestResponse

from clarion.domain.scopes import SCOPES, Scope
from clarion.rest import keys
from clarion.rest.schema import ProblemDetails
from clarion.testing import Instance, link

OTHERS = """\
status = "live"
languages = ["en"]
goal = 100
lead = "gardeners"

[organisations.gardeners]
name = "Gardeners"
channels = ["email"]

[organisations.writers]
name = "Writers"
channels = ["email"]
"""
"""A campaign that the readers have no part in."""


def person(address: str = "ana@readers.example", status: str = "", **more: Any) -> dict[str, Any]:
    """A person as OSDI's tools send one."""
    said = {"status": status} if status else {}
    known = {"given_name": "Ana", "family_name": "Reader", "email_addresses": [{"address": address, **said}]}
    return {**known, **more}


@dataclass
class Api:
    """The API as a program sees it."""

    instance: Instance

    def key(self, organisation: str = "readers", scopes: tuple[Scope, ...] = SCOPES, days: int = 365) -> str:
        """A new key."""
        with self.instance.context():
            return keys.add(organisation, "a test", scopes, days)[1]

    def call(
        self, path: str, key: str = "", *, method: str = "GET", headers: dict[str, str] | None = None, **more: Any
    ) -> TestResponse:
        """One call below `/api/v1`."""
        known = {"Authorization": f"Bearer {key}"} if key else {}
        return self.instance.client.open(f"/api/v1{path}", method=method, headers={**known, **(headers or {})}, **more)

    def osdi(
        self, path: str = "", key: str = "", *, method: str = "GET", headers: dict[str, str] | None = None, **more: Any
    ) -> TestResponse:
        """One call below `/api/osdi/v1`, with the key where OSDI has it."""
        known = {"OSDI-API-Token": key} if key else {}
        return self.instance.client.open(
            f"/api/osdi/v1{path}", method=method, headers={**known, **(headers or {})}, **more
        )

    def helped(self, key: str = "", slug: str = "library", query: str = "", **fields: Any) -> TestResponse:
        """Sign by the petition's helper; with a key nothing more is needed, without one the form token."""
        token = {} if key else {"clarion:form_token": self.token(slug)}
        body = {"person": person(), **token, **fields}
        return self.osdi(f"/petitions/{slug}/record_signature_helper{query}", key, method="POST", json=body)

    def token(self, slug: str = "library") -> str:
        """The form token that a campaign gives."""
        return str(self.call(f"/campaigns/{slug}").get_json()["form_token"])

    def sign(
        self, slug: str = "library", key: str = "", headers: dict[str, str] | None = None, **fields: Any
    ) -> TestResponse:
        """Sign; `consent_readers_email` stands for `consent-readers-email`."""
        named = {name.replace("_", "-") if name.startswith("consent") else name: v for name, v in fields.items()}
        token = {} if key else {"token": self.token(slug)}
        body = {"name": "Ana Reader", "email": "ana@readers.example", **token, **named}
        return self.call(f"/campaigns/{slug}/signatures", key, method="POST", json=body, headers=headers)

    def signed(self, slug: str = "library", **fields: Any) -> str:
        """Somebody signs on the page and confirms; the link of their own page."""
        assert self.instance.sign(slug, **fields).status_code == 303
        self.instance.work()
        self.instance.confirm(link(self.instance.mails()[-1], "confirm"))
        self.instance.work()
        return link(self.instance.mails()[-1], "me")


@pytest.fixture
def api(either_instance: Instance, make_folder: Callable[..., Any]) -> Api:
    """The API on each database in turn, with the campaigns `library` and `garden`."""
    folder = make_folder("garden", {"campaign.toml": OTHERS, "es.md": None})
    either_instance.publish(folder)
    return Api(either_instance)


@pytest.fixture
def quick(instance: Instance) -> Api:
    """The API on SQLite alone, for what no database has to do with."""
    return Api(instance)


def problem(answer: TestResponse, status: int, code: str = "") -> ProblemDetails:
    """What an error says, which is problem details and nothing else."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    found = ProblemDetails.model_validate_json(answer.get_data())
    assert found.status == status
    assert not code or found.code == code, found
    return found
