"""Ending mails: one click, by a person or by a mailbox provider, and it is so."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from clarion.delivery.headers import unsubscribe_url
from clarion.delivery.models import Addressee
from clarion.extensions import db, transaction
from clarion.signatures.models import CONFIRMED, Consent, Signature
from clarion.testing import Instance, link, plain

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def path(either_instance: Instance) -> str:
    """The link at the foot of a thank-you to a signer who said yes to two organisations."""
    either_instance.sign("library", consent_readers_email="y", consent_writers_email="y")
    either_instance.work()
    either_instance.confirm(link(either_instance.mails()[0], "confirm"))
    either_instance.work()
    return link(either_instance.mails()[-1], "unsubscribe")


def ended(instance: Instance) -> dict[str, bool]:
    with instance.context():
        rows = db.session.scalars(select(Consent).order_by(Consent.organisation))
        return {row.organisation: row.withdrawn_at is not None for row in rows}


def words(instance: Instance, path: str) -> str:
    return instance.client.get(path).get_data(as_text=True)


def test_one_click_ends_it_within_the_request(either_instance: Instance, path: str) -> None:
    for _again in range(2):
        answer = either_instance.client.post(path, data=ONE_CLICK)
        assert (answer.status_code, answer.headers.get("Set-Cookie")) == (200, None)
        assert ended(either_instance) == {"readers": True, "writers": False}
    assert "Your signature still counts." in words(either_instance, path)
    with either_instance.context():
        assert db.session.scalars(select(Signature.state)).one() == CONFIRMED


@pytest.mark.parametrize(
    "sent",
    [
        {"data": b""},
        {"json": {"a": [1]}},
        {"data": b"\xff\x00=;", "content_type": "application/x-www-form-urlencoded"},
        {"data": b"--x\r\nbroken", "content_type": "multipart/form-data; boundary=x"},
        {"data": {"action": "anything"}},
    ],
)
def test_whatever_is_posted_ends_it(either_instance: Instance, path: str, sent: dict[str, object]) -> None:
    assert either_instance.client.post(path, **sent).status_code == 200  # type: ignore[arg-type]
    assert ended(either_instance)["readers"]


def test_a_scanner_ends_nothing(either_instance: Instance, path: str) -> None:
    for method, status in (("GET", 200), ("HEAD", 200), ("OPTIONS", 200), ("PUT", 405), ("DELETE", 405)):
        assert either_instance.client.open(path, method=method).status_code == status
    assert not any(ended(either_instance).values())


def test_the_page_says_what_ends_in_the_language_of_the_mail_or_another(either_instance: Instance, path: str) -> None:
    page = words(either_instance, path)
    assert '<html lang="en"' in page
    assert "<strong>Readers</strong> sends you no more news" in page
    assert page.count("<button") == 1
    other = re.search(rf'href="({re.escape(path)}\?lang=es)"', page)
    assert other
    page = words(either_instance, other[1])
    assert '<html lang="es"' in page
    assert "dejará de enviarle novedades" in page
    assert words(either_instance, f"{path}?lang=xx") == words(either_instance, path)


def test_a_partner_that_has_left_still_has_its_name(either_instance: Instance, path: str) -> None:
    with either_instance.context():
        signature = db.session.scalars(select(Signature.id)).one()
        writers = "/" + unsubscribe_url(signature, "writers").split("/", 3)[3]
    folder = either_instance.home / "campaigns" / "library"
    table = (folder / "campaign.toml").read_text("utf-8")
    alone = table.partition("[organisations.writers]")[0]
    (folder / "campaign.toml").write_text(alone, "utf-8")
    either_instance.publish(folder)
    assert "Press the button, and <strong>Writers</strong> sends you no more news" in words(either_instance, writers)
    ended_page = either_instance.client.post(writers, data=ONE_CLICK).get_data(as_text=True)
    assert "<strong>Writers</strong> sends you no more news" in ended_page
    assert ended(either_instance) == {"readers": False, "writers": True}


def test_it_can_be_taken_back_once_there_was_a_yes(either_instance: Instance, path: str) -> None:
    undo = {"action": "undo"}
    either_instance.client.post(path, data=undo)
    assert not any(ended(either_instance).values())
    assert "undo" in either_instance.client.post(path, data=ONE_CLICK).get_data(as_text=True)
    assert "again" in either_instance.client.post(path, data=undo).get_data(as_text=True)
    assert not any(ended(either_instance).values())


def test_who_never_said_yes_is_not_taken_to_have(either_instance: Instance) -> None:
    either_instance.sign("library")
    either_instance.work()
    either_instance.confirm(link(either_instance.mails()[0], "confirm"))
    either_instance.work()
    path = link(either_instance.mails()[-1], "unsubscribe")
    assert "undo" not in either_instance.client.post(path, data=ONE_CLICK).get_data(as_text=True)
    either_instance.client.post(path, data={"action": "undo"})
    with either_instance.context():
        kept = db.session.scalars(select(Consent)).one()
        assert (kept.confirmed_at, kept.withdrawn_at is None) == (None, False)
    either_instance.sign("library")
    assert either_instance.work() == 1
    assert len(either_instance.mails()) == 3, "who signs again is told so, as the page says"


def test_garbage_leads_nowhere(either_instance: Instance, path: str) -> None:
    others = [link(mail, kind) for mail, kind in zip(either_instance.mails(), ("confirm", "me"), strict=True)]
    tokens = ["x", "u", path[:-1].rpartition("/")[2], *(other.rpartition("/")[2] for other in others), "u" * 2000, "ñ"]
    for token in tokens:
        for method in ("GET", "POST"):
            assert either_instance.client.open(f"/unsubscribe/{token}", method=method).status_code == 404
    assert not any(ended(either_instance).values())


def test_after_an_erasure_the_button_still_says_yes(either_instance: Instance, path: str) -> None:
    me = link(either_instance.mails()[-1], "me")
    either_instance.client.post(me, data={"action": "erase"})
    assert either_instance.client.get(path).status_code == 200
    answer = either_instance.client.post(path, data=ONE_CLICK)
    assert (answer.status_code, "nothing left to stop" in answer.get_data(as_text=True)) == (200, True)
    assert ended(either_instance) == {}


def test_a_decision_maker_ends_reports_and_letters(either_instance: Instance) -> None:
    with either_instance.context():
        campaign_id = either_instance.app.extensions["clarion.live"].get("library").id
        with transaction() as session:
            addressee = Addressee(campaign_id=campaign_id, email="mayor@city.example")
            session.add(addressee)
            session.flush()
            path = "/" + unsubscribe_url(addressee.id).split("/", 3)[3]
    assert "no reports, and no letters from those who sign." in words(either_instance, path)
    for _again in range(2):
        page = either_instance.client.post(path, data=ONE_CLICK).get_data(as_text=True)
        assert ("You get no more emails about this petition." in page, "undo" in page, "signature" in page) == (
            True,
            False,
            False,
        )
        with either_instance.context():
            assert db.session.scalars(select(Addressee)).one().unsubscribed_at is not None


def test_heads_and_feet_of_mails(either_instance: Instance, path: str) -> None:
    confirm, thanks = either_instance.mails()
    assert (confirm["List-Unsubscribe"], confirm["List-Unsubscribe-Post"]) == (None, None)
    assert "unsubscribe" not in plain(confirm)
    assert thanks["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert thanks["List-Unsubscribe"] == f"<http://127.0.0.1:8000{path}>"
    assert f"No more emails from Readers:\nhttp://127.0.0.1:8000{path}" in plain(thanks).replace("\r", "")
    html = thanks.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert f'href="http://127.0.0.1:8000{path}"' in html
    assert 'dir="ltr"' in html
    for mail, kind in ((confirm, "confirm"), (thanks, "thanks")):
        assert re.fullmatch(rf"library:{kind}:127\.0\.0\.1:[a-z0-9]{{5,15}}", mail["Feedback-ID"])
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Reply-To"] == "hello@readers.example"
        assert mail.defects == []
