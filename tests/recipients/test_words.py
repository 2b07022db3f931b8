"""What mails to decision makers say: to whom they are addressed, and in the words and numbers of their language."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from clarion.campaigns.live import live_campaigns
from clarion.domain.campaign import Recipient
from clarion.recipients.figures import Figures
from clarion.recipients.mails import words
from clarion.testing import Instance

DISTRICTS = (("Ward 1", 1200), ("Ward 2", 12))

SAID: dict[tuple[str, str, str, int], tuple[str, str]] = {
    ("milestone", "en", "to", 1): (
        "1 person asks you: ",
        "1 person has signed this petition, which is addressed to you:",
    ),
    ("milestone", "en", "to", 1247): (
        "1,247 people ask you: ",
        "1,247 people have signed this petition, which is addressed to you:",
    ),
    ("milestone", "en", "cc", 1): ("1 person has signed: ", "copied on this petition, which 1 person has signed:"),
    ("milestone", "en", "cc", 1247): (
        "1,247 people have signed: ",
        "copied on this petition, which 1,247 people have signed:",
    ),
    ("milestone", "es", "to", 1): (
        "1 persona se lo pide: ",
        "1 persona ha firmado esta petición, que está dirigida a usted:",
    ),
    ("milestone", "es", "to", 1247): (
        "1,247 personas se lo piden: ",
        "1,247 personas han firmado esta petición, que está dirigida a usted:",
    ),
    ("milestone", "es", "cc", 1): (
        "1 persona ha firmado: ",
        "Usted recibe copia de esta petición, que ha firmado 1 persona:",
    ),
    ("milestone", "es", "cc", 1247): (
        "1,247 personas han firmado: ",
        "Usted recibe copia de esta petición, que han firmado 1,247 personas:",
    ),
    ("digest", "en", "to", 1): ("1 signature: ", "1 more person has signed since"),
    ("digest", "en", "cc", 1247): ("1,247 signatures: ", "1,247 more people have signed since"),
    ("digest", "es", "to", 1): ("1 firma: ", "1 persona más ha firmado desde"),
    ("digest", "es", "cc", 1247): ("1,247 firmas: ", "1,247 personas más han firmado desde"),
}


def made(instance: Instance, kind: str, recipient: Recipient, **known: Any) -> Any:
    with instance.context():
        live = live_campaigns().get("library")
        assert live is not None
        given = {"reasons": [], "unsubscribe_url": "http://site.example/u", **known}
        return words(kind, live, recipient, recipient.email, given, "1@site.example")


@pytest.mark.parametrize(("kind", "language", "role", "count"), SAID)
def test_numbers_and_roles(instance: Instance, kind: str, language: str, role: Any, count: int) -> None:
    subject, said = SAID[kind, language, role, count]
    who = Recipient(role, "Eva Two", {"en": "Council"}, {"en": "Ward 2"}, "two@city.example", language)
    mail = made(instance, kind, who, figures=Figures(count, count, DISTRICTS, 35))
    title = {"en": "Keep the library open", "es": "Que siga la biblioteca"}[language]
    assert mail.subject == subject + title
    for told in (mail.text, mail.html):
        assert said in " ".join(told.split())
        assert "1,200" in told
        assert any(mark in told for mark in ("addressed to you", "dirigida a usted")) == (role == "to")
        assert any(mark in told for mark in ("You are copied", "Usted recibe copia")) == (role == "cc")
    assert "<strong>Ward 2</strong>" in mail.html


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_letter_names_whom_its_writer_allows_and_what_is_large_enough(instance: Instance, language: str) -> None:
    who = Recipient(
        "to", "Eva Two", {"en": "Council"}, {"en": "Ward 2", "es": "Distrito 2"}, "two@city.example", language
    )
    known = {"figures": None, "words": "Porque leemos.", "written_in": "es", "signer": ""}
    neighbor = {"en": "A neighbor in Ward 2", "es": "Alguien de su distrito (Distrito 2)"}[language]
    named, nameless = (
        made(instance, "letter", who, **known | {"signer": "Rosa R."}),
        made(instance, "letter", who, **known),
    )
    assert named.subject.startswith({"en": "Rosa R. asks you: ", "es": "Rosa R. le pide: "}[language])
    assert nameless.subject.startswith(neighbor)
    for letter in (named, nameless):
        assert (neighbor in letter.text, neighbor in letter.html) == (letter is nameless,) * 2
        assert '<blockquote lang="es"' in letter.html
    for_all = made(instance, "letter", replace(who, district={}), **known)
    assert "2" not in for_all.subject
