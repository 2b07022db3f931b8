"""Signing on the web without an email address: a code comes by text, and all else is as for a mailbox."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from clarion import texting
from clarion.campaigns.live import live_campaigns
from clarion.delivery.channels import Due, NothingToSay, Signer, Text
from clarion.domain.person import Person
from clarion.extensions import db, now, transaction
from clarion.outbox.models import Message
from clarion.signatures import tasks
from clarion.signatures.models import CONFIRMED, PENDING, Consent, Signature, SignaturePhone
from clarion.testing import TABLE, Instance, link

NUMBER, OTHER = "+12025550123", "+12025550124"
BOTH = TABLE.replace('channels = ["email"]', 'channels = ["email", "sms"]', 1)
OPTIONAL = BOTH.replace("[fields]", '[fields]\nemail = "optional"')
READERS_SMS, READERS_EMAIL = "consent-readers-sms", "consent-readers-email"


@dataclass
class Phones:
    """A channel for texts that keeps what it is given; a code is all that it says, or the kind."""

    texts: list[Text] = field(default_factory=list)

    def compose(self, message: Due, signer: Signer | None) -> Text:
        if signer is None or (message.kind == "confirm" and signer.state != PENDING):
            raise NothingToSay
        words = signer.code if message.kind == "confirm" else f"{message.kind} {signer.own_page}"
        return Text(message.id, message.kind, signer.person.phone, words)

    def send(self, text: Text) -> str:
        self.texts.append(text)
        return "taken"


@pytest.fixture
def phones(either_instance: Instance) -> Phones:
    """The library's campaign takes signatures without an address, and texts are kept here."""
    recorder = Phones()
    either_instance.app.extensions["clarion.channels"]["sms"] = recorder
    folder = either_instance.home / "campaigns" / "library"
    (folder / "campaign.toml").write_text(OPTIONAL)
    either_instance.publish(folder)
    return recorder


def sign(instance: Instance, language: str = "en", **fields: str) -> str:
    """Sign without an address; gives where the page after signing is."""
    answer = instance.sign("library", language, **{"email": "", "phone": NUMBER, **fields})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


def path_of(location: str) -> str:
    return "/confirm/" + location.partition("r=")[2].partition("&")[0]


def agreed(instance: Instance) -> dict[str, bool]:
    with instance.context():
        return {f"{row.organisation} {row.channel}": row.confirmed_at is not None for row in db.session.query(Consent)}


def test_a_name_counts_by_the_code_from_the_text(either_instance: Instance, phones: Phones) -> None:
    location = sign(either_instance, phone="(202) 555-0123")
    page = either_instance.client.get(location).get_data(as_text=True)
    assert "check your phone" in page
    assert "mail" not in re.sub(r"<(head|script|style).*?</\1>", "", page, flags=re.DOTALL).split("<section>")[0]
    either_instance.work()
    assert [(text.recipient, text.name) for text in phones.texts] == [(NUMBER, "confirm")]
    assert either_instance.count("library") == 0
    wrong = either_instance.client.post(path_of(location), data={"code": "12ab"})
    assert wrong.status_code == 422
    assert "in the text message" in wrong.get_data(as_text=True)
    done = either_instance.client.post(path_of(location), data={"code": phones.texts[0].words})
    assert done.status_code == 200
    either_instance.work()
    assert either_instance.count("library") == 1
    assert phones.texts[1].name == "thanks"
    assert either_instance.mails() == []
    with either_instance.context():
        row = db.session.scalars(select(Signature)).one()
        phone = db.session.scalars(select(SignaturePhone)).one()
        assert (row.state, row.reached_by, row.source) == (CONFIRMED, "sms", "page")
        assert (phone.phone_index, phone.verified_at) == (row.email_index, row.confirmed_at)


def test_a_phone_counts_once(either_instance: Instance, phones: Phones) -> None:
    for language in ("en", "es"):
        location = sign(either_instance, language)
        either_instance.work()
        either_instance.client.post(path_of(location), data={"code": phones.texts[0].words})
    either_instance.work()
    assert either_instance.count("library") == 1
    assert [text.name for text in phones.texts] == ["confirm", "thanks", "again"]


def test_an_address_is_the_mailbox_and_a_number_beside_it_a_claim(either_instance: Instance, phones: Phones) -> None:
    either_instance.sign("library", phone=NUMBER)
    either_instance.work()
    assert phones.texts == []
    assert len(either_instance.mails()) == 1
    with either_instance.context():
        assert db.session.scalars(select(Signature.reached_by)).one() == "email"
        assert db.session.scalars(select(SignaturePhone.verified_at)).one() is None


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Please write your email address or your phone number."),
        ("es", "Por favor, escriba su correo electrónico o su número de teléfono."),
    ],
)
def test_one_of_both_is_needed(either_instance: Instance, phones: Phones, language: str, words: str) -> None:
    reason = "Because of the reading room"
    answer = either_instance.sign("library", language, email=" ", phone=" ", reason=reason, name="Bea")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page.partition('id="email-error"')[2].partition("</p>")[0]
    assert 'id="phone-error"' not in page
    assert reason in page
    assert 'value="Bea"' in page


def test_where_every_number_is_asked_the_form_says_that_an_address_is_not(
    either_instance: Instance, phones: Phones
) -> None:
    folder = either_instance.home / "campaigns" / "library"
    (folder / "campaign.toml").write_text(OPTIONAL.replace('phone = "optional"', 'phone = "required"'))
    either_instance.publish(folder)
    page = either_instance.client.get("/library/en").get_data(as_text=True)
    assert "Leave this empty: you get a code by text message." in page
    page = either_instance.sign("library", email="", phone="").get_data(as_text=True)
    assert ('id="phone-error"' in page, 'id="email-error"' in page) == (True, False)
    assert sign(either_instance)


def test_a_number_that_is_none_says_so(either_instance: Instance, phones: Phones) -> None:
    page = either_instance.sign("library", email="", phone="12").get_data(as_text=True)
    assert 'id="phone-error"' in page
    assert 'id="email-error"' not in page
    assert 'value="12"' in page


def test_only_boxes_count_by_which_the_signer_can_be_reached(either_instance: Instance, phones: Phones) -> None:
    location = sign(either_instance, **{READERS_EMAIL: "y", READERS_SMS: "y"})
    assert agreed(either_instance) == {"readers sms": False}
    either_instance.sign("library", email="bea@readers.example", **{READERS_EMAIL: "y", READERS_SMS: "y"})
    assert sorted(agreed(either_instance)) == ["readers email", "readers sms"]
    with either_instance.context():
        assert db.session.scalar(select(func.count()).select_from(Consent)) == 2
    page = either_instance.client.get(location).get_data(as_text=True)
    assert "Readers may text me" in page
    assert "Readers may email me" not in page


@pytest.mark.parametrize(
    ("data", "given"), [({}, True), ({"boxes": "1", "consent": "1"}, True), ({"boxes": "1"}, False)]
)
def test_what_stays_ticked_beside_the_code_is_a_yes(
    either_instance: Instance, phones: Phones, data: dict[str, str], given: bool
) -> None:
    location = sign(either_instance, **{READERS_SMS: "y"})
    page = either_instance.client.get(location).get_data(as_text=True)
    assert 'name="consent" value="1" checked' in page
    either_instance.work()
    either_instance.client.post(path_of(location), data={"code": phones.texts[0].words, **data})
    assert agreed(either_instance) == {"readers sms": given}


def test_what_a_stranger_ticked_is_not_shown_as_the_owners(either_instance: Instance, phones: Phones) -> None:
    sign(either_instance, **{READERS_SMS: "y"})
    location = sign(either_instance)
    assert 'name="consent"' not in either_instance.client.get(location).get_data(as_text=True)
    either_instance.work()
    code = phones.texts[0].words
    done = either_instance.client.post(path_of(location), data={"code": code, "boxes": "1", "consent": "1"})
    assert done.status_code == 200
    assert agreed(either_instance) == {"readers sms": False}


def test_codes_are_tried_a_few_times_and_sent_again_once(either_instance: Instance, phones: Phones) -> None:
    path = path_of(sign(either_instance))
    for _ in range(3):
        answer = either_instance.client.post(path, data={"resend": "1"})
        assert "check the number" in either_instance.client.get(answer.headers["Location"]).get_data(as_text=True)
        either_instance.work()
    assert len(phones.texts) == 2
    tries = either_instance.app.extensions["clarion.settings"].signing.code_tries
    for _ in range(tries):
        assert either_instance.client.post(path, data={"code": "000000x1"}).status_code == 422
    assert either_instance.client.post(path, data={"code": phones.texts[0].words}).status_code == 422
    assert either_instance.count("library") == 0


def test_nobody_is_reminded_by_text(either_instance: Instance, phones: Phones) -> None:
    sign(either_instance)
    either_instance.sign("library")
    either_instance.work()
    with either_instance.context():
        with transaction() as session:
            session.execute(update(Signature).values(signed_at=now() - timedelta(hours=25)))
        assert tasks.remind() == 1
        reminded = select(Message.channel).where(Message.dedupe_key.like("resend:%"))
        assert db.session.scalars(reminded).all() == ["email"]


def test_the_own_page_shows_the_number_and_keeps_it(either_instance: Instance, phones: Phones) -> None:
    location = sign(either_instance)
    either_instance.work()
    either_instance.client.post(path_of(location), data={"code": phones.texts[0].words})
    either_instance.work()
    path = "/me/" + phones.texts[1].words.partition("/me/")[2]
    page = either_instance.client.get(path).get_data(as_text=True)
    assert f'<strong dir="ltr">{NUMBER}</strong>' in page
    assert "link from your text message" in page
    assert "mail" not in page.partition('id="own-link"')[0].partition("<main")[2].partition("Who may write")[0]
    assert 'name="phone"' not in page
    saved = either_instance.client.post(path, data={"action": "save", "name": "Ana Writer", "phone": OTHER})
    assert saved.status_code == 200
    again = either_instance.client.get(path).get_data(as_text=True)
    assert NUMBER in again
    assert "Ana Writer" in again


def test_a_link_that_confirms_speaks_of_the_number(either_instance: Instance, phones: Phones) -> None:
    """A plugin may send the link of a confirmation instead of its code."""
    links = []
    compose = phones.compose
    phones.compose = lambda message, signer: links.append(signer.confirmation) or compose(message, signer)  # type: ignore[method-assign]
    sign(either_instance)
    either_instance.work()
    path = "/confirm/" + links[0].partition("/confirm/")[2]
    assert "Did somebody else type your number?" in either_instance.client.get(path).get_data(as_text=True)
    denied = either_instance.client.post(path, data={"action": "deny"}).get_data(as_text=True)
    assert "typed with your number is deleted" in denied


def test_an_edition_from_before_needs_the_address(either_instance: Instance) -> None:
    answer = either_instance.sign("library", email="", phone=NUMBER)
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.get_data(as_text=True)
    either_instance.sign("library")
    either_instance.work()
    either_instance.confirm(link(either_instance.mails()[0], "confirm"))
    assert either_instance.count("library") == 1


def test_who_signed_by_a_text_of_their_own_is_told_so(either_instance: Instance, phones: Phones) -> None:
    with either_instance.context():
        (live,) = live_campaigns().all()
        signed = texting.sign_by_text(live.id, "es", Person(name="Ana Reader", email="", phone=NUMBER), [])
        with transaction() as session:
            texting.put_text(session, "thanks", live.id, "told", signature_id=signed.signature_id)
    either_instance.work()
    path = "/me/" + phones.texts[0].words.partition("/me/")[2]
    page = either_instance.client.get(path).get_data(as_text=True)
    assert "Usted firmó por mensaje de texto." in page
    assert "con el enlace que recibió por mensaje de texto" in page
