"""What a campaign may say about embeds, and how its faults are told."""

from __future__ import annotations

import pytest

from clarion.campaigns import service
from clarion_embeds.settings import origin_fault

WRONG = {
    "https://writers.example/": 'write "https://writers.example"',
    "https://writers.example/petition": 'write "https://writers.example"',
    "https://writers.example?a=b": 'write "https://writers.example"',
    "https://Writers.example": 'write "https://writers.example"',
    "https://writers.example:443": 'write "https://writers.example"',
    "https://escritores.español.example": 'write "https://escritores.xn--espaol-zwa.example"',
    "http://writers.example": 'write "https://writers.example"',
    "https://*.writers.example": "write out each host",
    "*": "write out each host",
    "writers.example": 'write it as "https://partner.example"',
    "https://user@writers.example": 'write it as "https://partner.example"',
    "ftp://writers.example": 'write it as "https://partner.example"',
    "https://writers.example:port": 'write it as "https://partner.example"',
    "https://[::1": 'write it as "https://partner.example"',
    "https://a b.example": 'write it as "https://partner.example"',
    "https://a;script-src.example": 'write it as "https://partner.example"',
    "": 'write it as "https://partner.example"',
}


@pytest.mark.parametrize("origin", WRONG)
def test_what_is_no_origin_is_told_with_what_to_write(origin: str) -> None:
    assert WRONG[origin] in origin_fault(origin)


@pytest.mark.parametrize(
    "origin",
    [
        "https://writers.example",
        "https://writers.example:8443",
        "http://localhost:3000",
        "http://127.0.0.1:8080",
        "http://[::1]:80001"[:-1],
    ],
)
def test_origins_are_taken(origin: str) -> None:
    assert origin_fault(origin) == ""


@pytest.fixture
def faults_of(make_instance, make_folder):
    instance = make_instance(plugins={"embeds": {}})

    def check(table: str) -> list[str]:
        folder = make_folder(files={"campaign.toml": table})
        with instance.context():
            plugins, languages = (
                instance.app.extensions["clarion.plugins"],
                instance.app.extensions["clarion.languages"],
            )
            (loaded,) = service.check(folder.parent, languages, plugins.check, (folder.name,))
        return [str(fault) for fault in loaded.errors]

    return check


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            '[plugins.embeds.partners.writer]\norigins = ["https://a.example"]',
            'no organisation "writer". Did you mean "writers"?',
        ),
        ('[plugins.embeds.partners.dancers]\norigins = ["https://a.example"]', "Known are readers, writers."),
        ("[plugins.embeds.partners.writers]\n", "it names no site"),
        ('[plugins.embeds.partners.writers]\norigins = ["http://a.example"]', 'write "https://a.example"'),
        ('[plugins.embeds.partners.writers]\norigin = ["https://a.example"]', 'Did you mean "origins"?'),
        (
            '[plugins.embeds.partners.writers]\norigins = ["https://a.example"]\naccent = "#ffff00"',
            "no colour that reads on white",
        ),
        ('[plugins.embeds]\nanywhere = "maybe"', "valid boolean"),
    ],
)
def test_a_fault_is_named_with_its_place(faults_of, table, more: str, words: str) -> None:
    base = table().partition("[plugins.embeds]")[0]
    found = faults_of(base + more)
    assert len(found) == 1, found
    assert words in found[0]
    assert found[0].startswith("campaign.toml:")


def test_without_a_fault_nothing_is_told(faults_of, table) -> None:
    assert faults_of(table("https://writers.example", "http://localhost:3000", more='accent = "#1d4e89"')) == []
