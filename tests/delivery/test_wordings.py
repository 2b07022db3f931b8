"""A campaign's own words in mails: where they stand, and what they can never take away."""

from __future__ import annotations

import re
from unittest.mock import Mock

import pytest
from click.testing import CliRunner
from markupsafe import escape

from clarion.cli import main
from clarion.delivery.mime import Words
from clarion.server import Publisher
from clarion.testing import RECIPIENTS, TABLE, TEXTS, Instance, link, plain

OWN = {
    "mail/confirm.en.md": "---\nsubject: Neighbor, one click\n---\n\nWe are {{count}}. Press **the button**.\n",
    "mail/thanks.es.md": "---\nsubject: Gracias, vecina\n---\n\nYa somos más. 谢谢。谢谢。\n",
    "mail/again.es.md": "---\nsubject: Otra vez\n---\n\nQué gusto verle otra vez.\n",
}

WORDS = Words("mail@a.example", "A", "b@b.example", "Hi", "Hi\n", "<p>Hi</p>\n", "en", "1@a.example")


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


@pytest.mark.parametrize(
    ("file", "said", "told"),
    [
        (
            "confirm",
            "---\nsubject: a\n---\n\n![p](media/p.png)\n",
            'confirm.en.md:5: A mail holds no pictures: "media/p.png".',
        ),
        ("thanks", "---\nsubject: a\n---\n\n[p](#top)\n", 'thanks.en.md:5: A mail has no place "#top" to lead to.'),
        ("again", "Hello.\n", """again.en.md:1: The head is missing. Start with a line "---", then "subject: …","""),
    ],
)
def test_check_tells_what_no_mail_can_hold(make_folder, tmp_path, file: str, said: str, told: str) -> None:
    make_folder(files={f"mail/{file}.en.md": said})
    done = CliRunner().invoke(main, ["check", "library"], env={"CLARION_HOME": str(tmp_path)})
    assert (done.exit_code, told in done.output) == (1, True), done.output


@pytest.mark.parametrize(
    "name", ["A <b>& co", "A **a** [x](y) `c`", "zqslotmezq", "A {{link}}", "A =?utf-8?q?=0ABcc?="]
)
def test_a_name_is_filled_in_as_it_is_typed_and_is_no_code(make_instance, make_folder, name: str) -> None:
    said = "---\nsubject: Thank you\n---\n\nDear {{name}}, we are {{count}}. *{{ name }}*\n"
    instance = make_instance()
    instance.publish(make_folder(files={"mail/thanks.en.md": said}))
    instance.sign("library", name=name)
    instance.work()
    instance.confirm(link(instance.mails()[0], "confirm"))
    instance.work()
    mail = instance.mails()[1]
    assert f"Dear {name}, we are" in plain(mail)
    assert f"Dear {escape(name)}, we are" in " ".join(html(mail).split())
    assert f"<em>{escape(name)}</em>" in html(mail)
    assert (mail["Subject"], mail["Bcc"]) == ("Thank you", None)
    assert len(mail["To"].addresses) == 1


def test_a_confirmation_may_name_its_link_and_its_code_and_has_the_button_all_the_same(
    make_instance, make_folder
) -> None:
    said = "---\nsubject: a\n---\n\n[This one]({{confirm_link}}), or type {{ code }}.\n"
    instance = make_instance()
    instance.publish(make_folder(files={"mail/confirm.en.md": said}))
    instance.sign("library")
    instance.work()
    (mail,) = instance.mails()
    address, shown = link(mail, "confirm").rstrip("),"), html(mail)
    hrefs = re.findall(r'href="([^"]+)"', shown)
    assert [href.endswith(address) for href in hrefs].count(True) == 2
    code = re.search(r"or type (\d{6})\.", plain(mail))[1]
    assert re.search(rf'class="digits"[^>]*>{code}</p>', shown)
    assert "zqslot" not in plain(mail) + shown


def test_a_link_in_ones_own_words_stays_whole(make_instance, make_folder) -> None:
    address = "https://example.org/a-report-that-says-it-all"
    files = {"mail/confirm.en.md": f"---\nsubject: a\n---\n\n{'word ' * 32}[it]({address})\n"}
    instance = make_instance()
    instance.publish(make_folder(files=files))
    instance.sign("library")
    instance.work()
    assert f"({address})" in plain(instance.mails()[0])


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
    joined = "---\nsubject: a\n---\n\nzq{{title}}\n"
    texts = TEXTS["en"].replace("title: ", "title: slotunsubscribezq ", 1)
    make_folder("garden", files={"mail/thanks.en.md": joined, "en.md": texts})
    done = CliRunner().invoke(main, ["check", "garden"])
    assert done.exit_code == 1
    assert '"zqslot" cannot stand in it' in done.output


def test_check_makes_the_mails_to_recipients_that_are_asked_for(make_folder, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("CLARION_HOME", str(tmp_path))
    texts = {f"{code}.md": TEXTS[code] for code in ("en", "es")}
    spanish = RECIPIENTS.replace("\n", ",language\n", 1).replace(".example\n", ".example,es\n")
    table = f'{TABLE}\n[handing_over]\nmilestones = [100]\ndigest = "daily"\nletters = true\n'
    make_folder(files={"campaign.toml": table, "recipients.csv": spanish, **texts})
    done = CliRunner().invoke(main, ["check", "library"])
    assert done.exit_code == 0, done.output
    unlucky = Mock(side_effect=lambda kind, *_: 1 / (kind != "digest") and WORDS)
    monkeypatch.setattr("clarion.recipients.rehearsal.words", unlucky)
    done = CliRunner().invoke(main, ["check", "library"])
    assert {call.args[0] for call in unlucky.mock_calls} == {"milestone", "digest", "letter"}
    assert 'es.md: The mail "digest" cannot be made: ZeroDivisionError.' in done.output
    assert "1 fault in 1 of 1 folders" in done.output


def test_what_cannot_be_mailed_is_not_published(make_instance, make_folder) -> None:
    instance = make_instance()
    folder = make_folder(files=OWN)
    instance.publish(folder)
    (folder / "mail" / "thanks.es.md").write_text(f"---\nsubject: a\n---\n\n{'x' * 1200}\n", "utf-8")
    said: list[str] = []
    publisher = Publisher(instance.app, said.append)
    assert publisher.publish_all(changed=True) == 1
    assert said[0] == "library: not published, its last good edition stays live. Mend this:"
    assert "library/mail/thanks.es.md: The mail" in said[1]
    done = CliRunner().invoke(main, ["publish", "library"], env={"CLARION_HOME": str(instance.home)})
    assert done.exit_code == 1
    assert "mail/thanks.es.md" in done.output
