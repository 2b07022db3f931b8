"""Signing in the frame: each step stays in it, whatever is sent."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from clarion.extensions import db
from clarion.signatures.models import Consent, Signature
from clarion.testing import plain

from .frames import FRAME, LISTED, send, token_in


def test_signing_counts_for_the_partner_and_stays_in_the_frame(embeds) -> None:
    instance = embeds(LISTED)
    answer = send(instance, FRAME, consent_writers_email="y", reason="We read.")
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    assert "check your mail" in page
    assert 'data-event="signed"' in page
    assert "Location" not in answer.headers
    assert "X-Frame-Options" not in answer.headers
    assert f"frame-ancestors {LISTED}" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    with instance.context():
        signature = db.session.scalars(select(Signature)).one()
        assert (signature.source, signature.organisation, signature.language) == ("embed", "writers", "en")
        assert db.session.scalars(select(Consent)).one().organisation == "writers"
    instance.work()
    code = re.search(r"\b\d{6}\b", plain(instance.mails()[0]))
    assert code
    reference = re.search(r'name="r"[^>]*value="([^"]+)"', page)
    assert reference
    told = instance.client.post(FRAME, data={"r": reference[1], "code": "000000"})
    assert told.status_code == 422
    assert "does not match" in told.get_data(as_text=True)
    again = instance.client.post(FRAME, data={"r": reference[1], "resend": "1"})
    assert "Sent again" in again.get_data(as_text=True)
    done = instance.client.post(FRAME, data={"r": reference[1], "code": code[0]})
    assert "your name counts" in done.get_data(as_text=True)
    assert "1</b> person has signed" in done.get_data(as_text=True)
    assert instance.count("library") == 1
    with instance.context():
        assert db.session.scalars(select(Consent)).one().confirmed_at is not None
    already = instance.client.post(FRAME, data={"r": reference[1], "code": code[0]})
    assert already.status_code == 200
    assert "confirmed already" in already.get_data(as_text=True)


def test_new_and_repeat_signers_get_the_same(embeds) -> None:
    instance = embeds(LISTED)
    pages = [send(instance, FRAME).get_data(as_text=True) for _ in range(2)]
    hidden = re.compile(r'name="r"[^>]*value="[^"]+"')
    assert hidden.sub("", pages[0]) == hidden.sub("", pages[1])
    assert len(pages[0]) == len(pages[1])


@pytest.mark.parametrize(
    ("shown", "sent"),
    [
        ("/library/en/embed?partner=writers", "/library/en/embed?partner=readers"),
        ("/library/en/embed?partner=readers", "/library/en/embed?partner=writers"),
        ("/library/en/embed", "/library/en/embed?partner=writers"),
        ("/library/en", "/library/en/embed?partner=writers"),
        ("/library/en/embed?partner=writers", "/library/en/sign"),
    ],
)
def test_a_token_is_good_in_its_own_place_only(embeds, shown: str, sent: str) -> None:
    both = '[plugins.embeds.partners.readers]\norigins = ["https://readers.example"]\n'
    instance = embeds(LISTED, more=both)
    token = token_in(instance.client.get(shown).get_data(as_text=True))
    form = {"token": token, "name": "Ana Reader", "email": "ana@readers.example"}
    answer = instance.client.post(sent, data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Ana Reader" in page
    fresh = {**form, "token": token_in(page)}
    assert instance.client.post(sent, data=fresh).status_code in (200, 303)
    assert instance.work() == 1


def test_a_refused_form_keeps_what_was_typed_and_can_be_sent_from_a_sandbox(embeds) -> None:
    instance = embeds(LISTED)
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "null"}
    for token in ("", "forged", "x" * 5000):
        answer = instance.client.post(FRAME, data={"token": token, "name": "Ana Kept", "email": "a@"}, headers=headers)
        assert answer.status_code == 422
        assert 'value="Ana Kept"' in answer.get_data(as_text=True)
    answer = send(instance, FRAME, name="=1", reason="Kept.")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Kept." in page
    assert "Not signed yet" in page
    assert "autofocus" not in page
    assert instance.work() == 0


def test_a_script_may_read_the_answer_in_a_sandbox_only(embeds) -> None:
    instance = embeds(LISTED)
    assert send(instance, FRAME).headers["Access-Control-Allow-Origin"] == "null"
    for origin in ("http://localhost", LISTED, "https://evil.example"):
        assert "Access-Control-Allow-Origin" not in send(instance, FRAME, origin=origin).headers
    assert "Access-Control-Allow-Origin" not in instance.client.get(FRAME, headers={"Origin": "null"}).headers


def test_the_language_switch_keeps_what_was_typed(embeds) -> None:
    instance = embeds(LISTED)
    page = instance.client.get(f"{FRAME}&theme=dark").get_data(as_text=True)
    assert 'formaction="/library/es/embed?partner=writers&amp;theme=dark"' in page
    answer = instance.client.post(
        "/library/es/embed?partner=writers&theme=dark", data={"name": "Ana Kept", "email": "a@", "switch": "1"}
    )
    assert answer.status_code == 200
    spanish = answer.get_data(as_text=True)
    assert 'lang="es"' in spanish
    assert 'value="Ana Kept"' in spanish
    assert 'class="error" id="email' not in spanish


def test_who_comes_in_a_rush_gets_the_form_back(embeds) -> None:
    instance = embeds(LISTED)
    desks = instance.app.extensions["clarion.group_commit"].desks
    desks.most_inside = 0
    answer = send(instance, FRAME, reason='"Kept"')
    page = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert f"frame-ancestors {LISTED}" in answer.headers["Content-Security-Policy"]
    assert 'value="&#34;Kept&#34;"' in page
    assert 'action="/library/en/embed?partner=writers"' in page


@pytest.mark.parametrize(
    ("status", "code", "words"), [("paused", 403, "paused for the moment"), ("closed", 410, "petition has closed")]
)
def test_the_server_decides_the_state(embeds, make_folder, table, status: str, code: int, words: str) -> None:
    instance = embeds(LISTED)
    token = token_in(instance.client.get(FRAME).get_data(as_text=True))
    folder = instance.home / "campaigns" / "library" / "campaign.toml"
    folder.write_text(folder.read_text("utf-8").replace('status = "live"', f'status = "{status}"'), "utf-8")
    instance.publish(folder.parent)
    shown = instance.client.get(FRAME)
    assert shown.status_code == 200
    assert "<form" not in shown.get_data(as_text=True)
    answer = instance.client.post(FRAME, data={"token": token, "name": "Ana", "email": "ana@readers.example"})
    assert answer.status_code == code
    assert words in answer.get_data(as_text=True)
    assert instance.work() == 0


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"name=" + b"x" * 100_000, "application/x-www-form-urlencoded", 413),
        (b'{"name": "Ana"}', "application/json", 415),
        (b"name=%91%ff&email=%00", "application/x-www-form-urlencoded", 422),
        (b"r=&code=1", "application/x-www-form-urlencoded", 404),
        (b"r=" + b"A" * 500, "application/x-www-form-urlencoded", 404),
    ],
)
def test_whatever_is_sent_is_answered_calmly(embeds, body: bytes, kind: str, status: int) -> None:
    answer = embeds(LISTED).client.post(FRAME, data=body, content_type=kind)
    assert answer.status_code == status
    assert "Traceback" not in answer.get_data(as_text=True)


def test_a_reference_of_another_campaign_leads_nowhere(embeds, make_folder, table) -> None:
    instance = embeds(LISTED)
    instance.publish(make_folder("other", files={"campaign.toml": table(LISTED)}))
    page = send(instance, FRAME).get_data(as_text=True)
    reference = re.search(r'name="r"[^>]*value="([^"]+)"', page)
    assert reference
    answer = instance.client.post("/other/en/embed?partner=writers", data={"r": reference[1], "resend": "1"})
    assert answer.status_code == 404
