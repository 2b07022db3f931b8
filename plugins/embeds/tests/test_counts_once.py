"""One person signs on the page, in two partners' frames, over the API and by OSDI, in two languages: one signature."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from clarion.extensions import db
from clarion.rest import keys
from clarion.signatures.models import Signature
from clarion.testing import TABLE, Instance, link

EMBEDS = """
[plugins.embeds.partners.readers]
origins = ["https://readers.example"]

[plugins.embeds.partners.writers]
origins = ["https://writers.example"]

[organisations.dancers]
name = "Dancers"
channels = ["email"]
"""
SPELLINGS = ("ana@readers.example", "Ana@Readers.Example", "ANA@READERS.EXAMPLE", " ana@readers.example ")


class Signer:
    """Ana, who signs wherever she meets the petition, and spells her address as it comes."""

    def __init__(self, instance: Instance) -> None:
        self.instance, self.times = instance, 0
        with instance.context():
            self.key = keys.add("dancers", "a test", ("signatures:write", "counts:read"), 1)[1]

    @property
    def address(self) -> str:
        """Her address, spelt otherwise each time."""
        self.times += 1
        return SPELLINGS[self.times % len(SPELLINGS)]

    def page(self) -> TestResponse:
        """On the campaign's page, in Spanish."""
        return self.instance.sign("library", "es", email=self.address)

    def frame(self, partner: str, language: str) -> TestResponse:
        """In a partner's frame."""
        place = f"/library/{language}/embed?partner={partner}"
        token = re.search(r'name="token"[^>]*value="([^"]+)"', self.instance.client.get(place).get_data(as_text=True))
        assert token
        form = {"token": token[1], "name": "Ana Reader", "email": self.address}
        return self.instance.client.post(place, data=form)

    def api(self) -> TestResponse:
        """In a third member's app."""
        body = {"name": "Ana Reader", "email": self.address.strip(), "language": "es"}
        return self.instance.client.post(
            "/api/v1/campaigns/library/signatures", json=body, headers={"Authorization": f"Bearer {self.key}"}
        )

    def osdi(self) -> TestResponse:
        """In a tool that speaks OSDI."""
        person = {"given_name": "Ana", "family_name": "R.", "email_addresses": [{"address": self.address.strip()}]}
        return self.instance.client.post(
            "/api/osdi/v1/petitions/library/record_signature_helper",
            json={"person": {**person, "languages_spoken": ["en"]}},
            headers={"OSDI-API-Token": self.key},
        )


WAYS: dict[str, tuple[Callable[[Signer], TestResponse], int, tuple[str, str, str]]] = {
    "page": (Signer.page, 303, ("page", "readers", "es")),
    "a partner's frame": (lambda ana: ana.frame("writers", "en"), 200, ("embed", "writers", "en")),
    "the lead's frame": (lambda ana: ana.frame("readers", "es"), 200, ("embed", "readers", "es")),
    "API": (Signer.api, 202, ("api", "dancers", "es")),
    "OSDI": (Signer.osdi, 200, ("osdi", "dancers", "en")),
}
"""Each way to sign, how it is answered, and what the ledger says of who comes that way."""


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
@pytest.mark.parametrize("first", WAYS)
def test_whoever_brought_her_first_brought_her(
    first: str, database: str, request: pytest.FixtureRequest, make_instance, make_folder: Callable[..., Path]
) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else ""
    instance: Instance = make_instance(url, plugins={"embeds": {}})
    instance.publish(make_folder(files={"campaign.toml": TABLE + EMBEDS}))
    ana = Signer(instance)
    for name in (first, *(way for way in WAYS if way != first), first):
        sign, status, _ = WAYS[name]
        assert sign(ana).status_code == status, name
    instance.work()
    confirmations = [mail for mail in instance.mails() if "confirm" in mail.as_string()]
    for mail in confirmations[:2]:
        instance.confirm(link(mail, "confirm"))
    instance.work()
    source, organisation, language = WAYS[first][2]
    with instance.context():
        (signature,) = db.session.scalars(select(Signature))
        assert (signature.source, signature.organisation, signature.language) == (source, organisation, language)
    told = instance.client.get(
        "/api/v1/campaigns/library/breakdown", headers={"Authorization": f"Bearer {ana.key}"}
    ).get_json()
    assert (told["total"], told["by_source"], told["by_language"]) == (1, {source: 1}, {language: 1})
    assert told["by_organisation"] == told["by_brought"] == {organisation: 1}
    assert instance.client.get("/library.json").get_json()["signatures"] == 1
