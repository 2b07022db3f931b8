"""Signing and confirming, on both databases."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from clarion.campaigns.service import edition_campaign
from clarion.extensions import db, now, transaction
from clarion.outbox.models import CAPPED, DUE, HELD, SENT, Message
from clarion.signatures import counting, tasks
from clarion.signatures.models import PENDING, Consent, Signature
from clarion.testing import TABLE, Instance, link, plain


def _states(instance: Instance) -> dict[str, int]:
    with instance.context():
        rows = db.session.execute(select(Message.state, func.count()).group_by(Message.state))
        return dict(rows.all())


def _signatures(instance: Instance) -> list[Signature]:
    with instance.context():
        return list(db.session.scalars(select(Signature).order_by(Signature.id)))


def test_signature_consents_and_message_are_written_together(either_instance: Instance) -> None:
    either_instance.sign("library", "es", consent_readers_email="y", postal_code="20009-1234")
    (signature,) = _signatures(either_instance)
    assert (signature.state, signature.language, signature.source) == (PENDING, "es", "page")
    assert signature.area == "US-200"
    assert signature.signed_at.second == signature.signed_at.microsecond == 0
    with either_instance.context():
        consent = db.session.scalars(select(Consent)).one()
        assert (consent.organisation, consent.channel, consent.language) == ("readers", "email", "es")
        assert consent.confirmed_at is None, "nobody's mailbox has said so yet"
        campaign = edition_campaign(consent.edition_id)
        assert campaign is not None
        wording = campaign.consents[0].wording["es"]
    assert wording in either_instance.client.get("/library/es").get_data(as_text=True), "the words that were shown"
    assert _states(either_instance) == {DUE: 1}


def test_a_consent_keeps_the_words_that_its_organisation_had_then(either_instance: Instance) -> None:
    folder = either_instance.home / "campaigns" / "library"

    def own(words: str) -> None:
        lines = f'consent.email.en = "Yes, Writers!"\nconsent.email.es = "{words}"\n'
        (folder / "campaign.toml").write_text(TABLE + lines, "utf-8")
        either_instance.publish(folder)

    old, new = "Sí, Writers puede escribirme.", "Sí, Writers puede mandarme correos."
    own(old)
    assert old in either_instance.client.get("/library/es").get_data(as_text=True)
    either_instance.sign("library", "es", consent_writers_email="y")
    own(new)
    assert new in either_instance.client.get("/library/es").get_data(as_text=True)
    either_instance.work()
    confirm = link(either_instance.mails()[0], "confirm")
    assert old in either_instance.client.get(confirm).get_data(as_text=True)
    either_instance.confirm(confirm)
    either_instance.work()
    page = either_instance.client.get(link(either_instance.mails()[-1], "me")).get_data(as_text=True)
    assert old in page
    assert new not in page


def test_other_spellings_of_a_mailbox_are_one_signature(either_instance: Instance) -> None:
    for address in ("Ana.Lopez+a@gmail.com", "analopez@googlemail.com", "a.n.a.lopez@GMAIL.com"):
        assert either_instance.sign("library", email=address).status_code == 303
    assert len(_signatures(either_instance)) == 1
    assert _states(either_instance) == {DUE: 1, CAPPED: 2}


def test_many_posts_at_once_are_one_signature(either_instance: Instance) -> None:
    token = either_instance.form_token("library")
    form = {"token": token, "name": "Ana", "email": "ana@readers.example"}
    with ThreadPoolExecutor(12) as pool:
        posts = [pool.submit(either_instance.client.post, "/library/en/sign", data=form) for _ in range(24)]
        assert {post.result().status_code for post in posts} == {303}
    assert len(_signatures(either_instance)) == 1
    assert _states(either_instance) == {DUE: 1, CAPPED: 23}


def test_many_confirmations_at_once_count_once(either_instance: Instance) -> None:
    either_instance.sign("library")
    either_instance.work()
    path = link(either_instance.mails()[0], "confirm")
    with ThreadPoolExecutor(12) as pool:
        posts = [pool.submit(either_instance.client.post, path, data={"action": "confirm"}) for _ in range(24)]
        assert {post.result().status_code for post in posts} == {200}
    assert either_instance.count("library") == 1
    either_instance.work()
    assert len(either_instance.mails()) == 2, "one confirmation, one thank-you"
    assert either_instance.count("library") == 1, "folding changes nothing"


def test_the_mailbox_confirms_the_consents(either_instance: Instance) -> None:
    either_instance.sign("library", consent_writers_email="y")
    either_instance.work()
    path = link(either_instance.mails()[0], "confirm")
    assert "Writers may email me" in either_instance.client.get(path).get_data(as_text=True)
    either_instance.confirm(path)
    with either_instance.context():
        assert db.session.scalars(select(Consent)).one().confirmed_at is not None


def test_boxes_ticked_by_somebody_who_knows_the_address_give_no_consent(either_instance: Instance) -> None:
    either_instance.sign("library")
    either_instance.work()
    either_instance.client.post(link(either_instance.mails()[0], "confirm"), data={"action": "confirm"})
    either_instance.sign("library", consent_readers_email="y")
    with either_instance.context():
        assert db.session.scalars(select(Consent)).one().confirmed_at is None
    either_instance.work()
    me = link(either_instance.mails()[-1], "me")
    assert "have not confirmed" in either_instance.client.get(me).get_data(as_text=True)


def test_looking_changes_nothing(instance: Instance) -> None:
    location = instance.sign("library").headers["Location"]
    instance.work()
    path = link(instance.mails()[0], "confirm")
    for method in ("GET", "HEAD", "OPTIONS"):
        for address in (path, location, f"/confirm/{location.partition('r=')[2]}"):
            instance.client.open(address, method=method)
    assert _signatures(instance)[0].state == PENDING
    assert _signatures(instance)[0].code_tries == 0


def test_a_filled_honeypot_is_answered_alike_and_mails_nobody(instance: Instance) -> None:
    plain_answer = instance.sign("library", email="one@readers.example")
    caught = instance.sign("library", email="two@readers.example", website="http://spam.example")
    assert caught.status_code == plain_answer.status_code
    assert _states(instance) == {DUE: 1, HELD: 1}
    instance.work()
    assert [mail["To"] for mail in instance.mails()] == ["one@readers.example"]


def test_the_mail_is_sent_again_once(instance: Instance) -> None:
    reference = instance.sign("library").headers["Location"].partition("r=")[2]
    answers = [instance.client.post(f"/confirm/{reference}", data={"resend": "1"}) for _ in range(5)]
    assert {a.status_code for a in answers} == {303}
    instance.work()
    assert len(instance.mails()) == 2
    assert _states(instance) == {SENT: 2, CAPPED: 4}


def test_a_code_can_be_tried_a_few_times_only(make_instance, make_folder) -> None:
    instance = make_instance(signing={"code_tries": 3})
    instance.publish(make_folder())
    reference = instance.sign("library").headers["Location"].partition("r=")[2]
    instance.work()
    code = next(word for word in plain(instance.mails()[0]).split() if word.isdigit() and len(word) == 6)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(3):
        assert instance.client.post(f"/confirm/{reference}", data={"code": wrong}).status_code == 422
    assert instance.client.post(f"/confirm/{reference}", data={"code": code}).status_code == 422
    assert instance.count("library") == 0
    path = link(instance.mails()[0], "confirm")
    assert instance.client.post(path, data={"action": "confirm"}).status_code == 200
    assert instance.count("library") == 1, "the link helps still"


def test_who_was_signed_by_somebody_else_can_say_so(either_instance: Instance) -> None:
    either_instance.sign("library", consent_readers_email="y")
    either_instance.work()
    path = link(either_instance.mails()[0], "confirm")
    assert either_instance.client.post(path, data={"action": "deny"}).status_code == 200
    assert _signatures(either_instance) == []
    assert _states(either_instance) == {}
    assert either_instance.client.get(path).status_code == 404


def test_what_nobody_confirms_is_forgotten(either_instance: Instance) -> None:
    either_instance.sign("library", email="old@readers.example")
    either_instance.sign("library", email="new@readers.example")
    either_instance.work()
    with either_instance.context(), transaction() as session:
        old = _signatures(either_instance)[0].id
        session.execute(update(Signature).where(Signature.id == old).values(signed_at=now() - timedelta(days=8)))
    path = link(next(m for m in either_instance.mails() if m["To"] == "old@readers.example"), "confirm")
    assert either_instance.client.post(path, data={"action": "confirm"}).status_code == 404
    with either_instance.context():
        assert tasks.forget_unconfirmed() == 1
    assert [s.state for s in _signatures(either_instance)] == [PENDING]
    assert either_instance.sign("library", email="old@readers.example").status_code == 303
    assert len(_signatures(either_instance)) == 2


def test_who_signs_again_much_later_gets_the_mail_once_more(instance: Instance) -> None:
    instance.sign("library")
    instance.work()
    with instance.context(), transaction() as session:
        session.execute(update(Signature).values(signed_at=now() - timedelta(hours=2)))
    for _ in range(3):
        instance.sign("library")
    instance.work()
    assert len(instance.mails()) == 2
    assert link(instance.mails()[0], "confirm") == link(instance.mails()[1], "confirm"), "both links stay good"


def test_the_language_switch_keeps_what_was_typed_and_nothing_else(instance: Instance) -> None:
    typed = {"switch": "1", "name": "Ana Kept", "email": "not yet", "consent-readers-email": "y"}
    answer = instance.client.post("/library/es/sign", data=typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Ana Kept" in page
    assert "not yet" in page
    assert "checked" in page
    assert _signatures(instance) == []
    empty = instance.client.post("/library/es/sign", data={"switch": "1", "name": ""})
    assert (empty.status_code, empty.headers["Location"]) == (303, "/library/es")


def _consents(instance: Instance) -> dict[str, bool]:
    with instance.context():
        rows = db.session.scalars(select(Consent))
        return {row.organisation: row.confirmed_at is not None for row in rows}


def test_the_code_confirms_only_what_was_ticked_beside_it(either_instance: Instance) -> None:
    """A stranger signs with somebody's address and ticks a box; then its owner signs and types the code."""
    either_instance.sign("library", name="Atta Cker", consent_writers_email="y")
    location = either_instance.sign("library", name="Vera Owner", consent_readers_email="y").headers["Location"]
    either_instance.work()
    code = next(word for word in plain(either_instance.mails()[0]).split() if word.isdigit() and len(word) == 6)
    reference = location.partition("r=")[2].partition("&")[0]
    assert either_instance.client.post(f"/confirm/{reference}", data={"code": code}).status_code == 200
    assert either_instance.count("library") == 1
    assert _consents(either_instance) == {"writers": False, "readers": True}


def test_a_button_confirms_only_the_boxes_it_showed(either_instance: Instance) -> None:
    either_instance.sign("library", consent_writers_email="y")
    either_instance.work()
    path = link(either_instance.mails()[0], "confirm")
    shown = either_instance.client.get(path).get_data(as_text=True)
    either_instance.sign("library", consent_readers_email="y")
    ids = re.findall(r'name="consent" value="(\d+)"', shown)
    assert len(ids) == 1
    either_instance.client.post(path, data={"action": "confirm", "consent": ids})
    assert _consents(either_instance) == {"writers": True, "readers": False}


@pytest.mark.parametrize("form", [{}, {"action": "x"}, {"action": "confirm-not"}])
def test_only_the_button_confirms(instance: Instance, form: dict[str, str]) -> None:
    instance.sign("library")
    instance.work()
    assert instance.client.post(link(instance.mails()[0], "confirm"), data=form).status_code == 200
    assert instance.count("library") == 0


def test_who_withdrew_comes_back_by_the_mail_that_says_so(either_instance: Instance) -> None:
    either_instance.sign("library")
    either_instance.work()
    either_instance.confirm(link(either_instance.mails()[0], "confirm"))
    either_instance.work()
    me = link(either_instance.mails()[-1], "me")
    either_instance.client.post(me, data={"action": "withdraw"})
    assert either_instance.count("library") == 0
    either_instance.sign("library")
    either_instance.work()
    path = link(either_instance.mails()[-1], "confirm")
    assert either_instance.count("library") == 0
    assert either_instance.confirm(path).status_code == 200
    assert either_instance.count("library") == 1
    with either_instance.context():
        assert counting.drift() == {}


def test_sending_again_writes_as_much_for_every_signer(instance: Instance) -> None:
    """Else the time it takes would tell who has confirmed."""
    references = []
    for address in ("one@readers.example", "two@readers.example"):
        references.append(instance.sign("library", email=address).headers["Location"].partition("r=")[2])
    instance.work()
    instance.confirm(link(instance.mails()[0], "confirm"))
    rows = []
    for reference in references:
        before = sum(_states(instance).values())
        instance.client.post(f"/confirm/{reference}", data={"resend": "1"})
        rows.append(sum(_states(instance).values()) - before)
    assert rows == [1, 1]


def _journey(instance: Instance, location: str) -> list[tuple[int, str, str]]:
    """All that the page after signing can lead to without the mailbox, with what is fresh in each answer left out."""
    path = f"/confirm/{location.partition('r=')[2]}"
    tries = [{"resend": "1"}, {"resend": "1"}, {"code": "x"}, {"code": "000000"}]
    answers = [instance.client.get(location), instance.client.get(path)]
    answers += [instance.client.post(path, data=form) for form in tries]
    # the picture to scan is of a link that is fresh each time
    fresh = re.compile(r"r=r[\w-]+|/confirm/r[\w-]+|via(=|%3D)[\w-]{28}|<svg.*?</svg>", re.DOTALL)
    return [
        (one.status_code, fresh.sub("", one.headers.get("Location", "")), fresh.sub("", one.get_data(as_text=True)))
        for one in answers
    ]


@pytest.mark.parametrize("state", ["pending", "confirmed", "denied"])
def test_the_page_after_signing_tells_nothing_of_an_earlier_signature(either_instance: Instance, state: str) -> None:
    either_instance.sign("library", "es", email="known@readers.example", consent_readers_email="y")
    either_instance.work()
    mailed = link(either_instance.mails()[0], "confirm")
    if state == "confirmed":
        either_instance.confirm(mailed)
    known = either_instance.sign("library", "en", email="known@readers.example").headers["Location"]
    if state == "denied":
        assert either_instance.client.post(mailed, data={"action": "deny"}).status_code == 200
    fresh = either_instance.sign("library", "en", email="fresh@readers.example").headers["Location"]
    journeys = [_journey(either_instance, location) for location in (known, fresh)]
    assert [status for status, _, _ in journeys[0]] == [200, 200, 303, 303, 422, 422]
    assert journeys[0] == journeys[1]


def _boxes(instance: Instance, path: str) -> dict[str, bool]:
    page = instance.client.get(path).get_data(as_text=True)
    found = re.findall(r'type="checkbox" name="consent" value="\d+"( checked)?><span>(\w+)', page)
    return {words: bool(checked) for checked, words in found}


def test_only_own_ticks_come_ticked_and_others_count_when_ticked(either_instance: Instance) -> None:
    """A stranger signs again within the same minute and ticks more: it comes into force only if its owner ticks it."""
    either_instance.sign("library", consent_readers_email="y")
    either_instance.sign("library", consent_readers_email="y", consent_writers_email="y")
    either_instance.work()
    path = link(either_instance.mails()[0], "confirm")
    assert _boxes(either_instance, path) == {"Readers": True, "Writers": False}
    either_instance.confirm(path)
    assert _consents(either_instance) == {"readers": True, "writers": False}


def test_an_own_tick_can_be_taken_back_before_confirming(either_instance: Instance) -> None:
    either_instance.sign("library", consent_readers_email="y")
    either_instance.work()
    either_instance.client.post(link(either_instance.mails()[0], "confirm"), data={"action": "confirm"})
    assert _consents(either_instance) == {"readers": False}
