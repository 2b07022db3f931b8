"""A campaign's own words in mails: where they stand, and what they can never take away."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from clarion.cli import main
from clarion.testing import TEXTS, Instance, link, plain

OWN = {
    "mail/confirm.en.md": "---\nsubject: Neighbor, one click\n---\n\nWe are {{count}}. Press **the button**.\n",
    "mail/thanks.es.md": "---\nsubject: Gracias, vecina\n---\n\nYa somos más. 谢谢。谢谢。\n",
    "mail/again.es.md": "---\nsubject: Otra vez\n---\n\nQué gusto verle otra vez.\n",
}


@pytest.fixture
def worded(make_instance, make_folder) -> Instance:
    instance = make_instance()
    instance.publish(make_folder(files=OWN))
    return instance


def html(mail) -> str:
    return str(mail.get_body(("html",)).get_content())


def test_a_mail_says_what_the_campaign_wrote_and_keeps_its_button_and_code(worded: Instance) -> None:
    worded.sign("library")
    worded.work()
    (mail,) = worded.mails()
    assert mail["Subject"] == "Neighbor, one click"
    assert "We are 0. Press the button." in plain(mail)
    assert "<strong>the button</strong>" in html(mail)
    assert "This email address was used" not in plain(mail)
    assert worded.confirm(link(mail, "confirm")).status_code == 200
    assert worded.count("library") == 1


def test_languages_and_kinds_without_words_of_their_own_are_in_the_platforms(worded: Instance) -> None:
    worded.sign("library", "es")
    worded.work()
    (mail,) = worded.mails()
    assert mail["Subject"] == "Por favor, confirme: Que siga la biblioteca"
    worded.confirm(link(mail, "confirm"))
    worded.work()
    thanks = worded.mails()[1]
    assert thanks["Subject"] == "Gracias, vecina"
    assert "Ya somos más." in plain(thanks)
    assert link(thanks, "me")
    worded.sign("library")
    worded.work()
    again = worded.mails()[2]
    assert again["Subject"] == "Otra vez"
    assert "Qué gusto verle otra vez." in plain(again)


def test_words_cannot_call_a_slot_of_the_mail(make_instance, make_folder) -> None:
    """Marks are for the platform's own templates: a text that holds one gets nobody's link or address."""
    files = {"mail/confirm.en.md": "---\nsubject: a\n---\n\nzqslotmezq zqslotrecipientzq@mould.example\n"}
    instance = make_instance()
    with pytest.raises(AssertionError, match="zqslot"):
        instance.publish(make_folder(files=files))


def test_check_makes_every_mail_in_every_language(make_folder, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("CLARION_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    make_folder(files=OWN)
    done = CliRunner().invoke(main, ["check", "library"])
    assert (done.exit_code, "ready to publish" in done.output) == (0, True), done.output
    assert not (tmp_path / "var").exists()
    word = f"---\nsubject: a\n---\n\n{'x' * 1200}\n"
    make_folder("museum", files={"mail/thanks.es.md": word, "es.md": TEXTS["es"]})
    done = CliRunner().invoke(main, ["check", "museum"])
    assert done.exit_code == 1
    assert "museum/mail/thanks.es.md" in done.output
    assert "longer than a mail's line" in done.output
