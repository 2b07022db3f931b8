"""Letters of signers: each once, to those who stand for them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from clarion.campaigns.live import live_campaigns
from clarion.delivery.mailboxes import lift, suppress
from clarion.delivery.models import Addressee, Delivery
from clarion.extensions import db, transaction
from clarion.outbox.models import Message
from clarion.recipients import letters
from clarion.recipients.pace import Plan
from clarion.recipients.standing import standings
from clarion.signatures.models import CONFIRMED, PENDING, WITHDRAWN, Signature
from clarion.testing import Instance, plain

NOT_YET = """\
role,name,email,district,from,until
to,Luis Once,once@city.example,Ward 1,,2026-07-01
to,Luis One,one@city.example,Ward 1,2026-07-15,
to,Eva Two,two@city.example,Ward 2,,
"""


def letters_of(instance: Instance) -> Counter[int]:
    """How many letters each signature has."""
    with instance.context():
        return Counter(db.session.scalars(select(Message.signature_id).filter_by(kind="letter")))


def test_a_letter_goes_to_those_who_stand_for_its_writer(reaching, signers, clock, write, deliver) -> None:
    instance = reaching("letters = true")
    signers(instance, 1, postal_code="20009", show_name=True, reason="Because we read.")
    signers(instance, 10, postal_code="20010")
    assert write(instance) == 0, "what was confirmed this minute is not all on disk"
    clock.forward(minutes=5)
    assert write(instance) == 22
    assert write(instance) == 0
    mails = deliver(instance)
    assert Counter(mail["To"] for mail in mails) == {
        "mayor@city.example": 11,
        "one@city.example": 1,
        "two@city.example": 10,
    }
    named = [mail for mail in mails if "Rosa R." in plain(mail)]
    assert {mail["Subject"] for mail in named} == {
        "Rosa R. asks you: Keep the library open",
        "Rosa R. le pide: Que siga la biblioteca",
    }
    assert all("Because we read." in plain(mail) for mail in named)
    others = [mail for mail in mails if mail not in named]
    assert not any("Rosa" in str(mail) for mail in others)
    assert not any("secret.example" in str(mail) for mail in mails)
    assert {mail["List-Unsubscribe-Post"] for mail in mails} == {"List-Unsubscribe=One-Click"}
    assert all(mail["List-Unsubscribe"].strip("<>") in plain(mail) for mail in mails)
    assert {mail["Reply-To"] for mail in mails} == {"hello@readers.example"}


@pytest.mark.parametrize(("language", "words"), [("en", "goes as a letter"), ("es", "también va como carta")])
def test_who_signs_is_told_of_the_letter(reaching, language: str, words: str) -> None:
    box = {"en": "in the letter to them", "es": "en la carta"}[language]
    instance = reaching("letters = true")
    table = instance.home / "campaigns" / "library" / "campaign.toml"
    for told in (True, False):
        page = instance.client.get(f"/library/{language}").get_data(as_text=True)
        assert (words in page, box in page) == (told, told)
        table.write_text(table.read_text().replace("letters = true", "milestones = [3]"))
        instance.publish(table.parent)


def test_what_falls_due_during_a_pause_leaves_after_it(reaching, signers, clock, write, deliver) -> None:
    instance = reaching("milestones = [1]\nletters = true")
    signers(instance, 1, postal_code="20009", show_name=True)
    clock.forward(minutes=5)
    assert write(instance) == 5
    folder = instance.home / "campaigns" / "library"
    table = (folder / "campaign.toml").read_text()
    for status, states in (("paused", {"due": 5}), ("live", {"sent": 5})):
        (folder / "campaign.toml").write_text(table.replace('"live"', f'"{status}"'))
        instance.publish(folder)
        deliver(instance)
        with instance.context():
            assert Counter(db.session.scalars(select(Message.state))) == states


def test_a_letter_whose_writer_withdrew_is_not_sent(reaching, signers, clock, write, deliver) -> None:
    instance = reaching("letters = true")
    gone, stays = signers(instance, 2, postal_code="20009", show_name=True)
    clock.forward(minutes=5)
    assert write(instance) == 4
    with instance.context(), transaction() as session:
        session.execute(update(Signature).filter_by(id=gone).values(state=WITHDRAWN))
    deliver(instance)
    with instance.context():
        states = Counter(db.session.execute(select(Message.signature_id, Message.state)).all())
    assert states == {(gone, "needless"): 2, (stays, "sent"): 2}


def test_for_whom_nobody_stood_somebody_is_found_later(reaching, signers, clock, write) -> None:
    instance = reaching(
        "letters = true", **{"recipients.csv": NOT_YET, "districts.csv": "postal_code,district\n20009,Ward 1\n"}
    )
    early, late = signers(instance, 1, postal_code="20009"), signers(instance, 1, postal_code="20010")
    clock.forward(minutes=5)
    assert [write(instance), letters_of(instance)] == [0, {}], "one's term has not begun, one's district is not listed"
    clock.forward(days=1)
    assert write(instance) == 0
    clock.forward(days=1)
    assert [write(instance), letters_of(instance)] == [1, {early[0]: 1}], "the term has begun"
    folder = instance.home / "campaigns" / "library"
    (folder / "districts.csv").write_text("postal_code,district\n20009,Ward 1\n20010,Ward 2\n")
    instance.publish(folder)
    assert [write(instance), write(instance)] == [1, 0], "the district is listed"
    assert letters_of(instance) == {early[0]: 1, late[0]: 1}


def test_whose_only_mailbox_came_back_is_found_once_it_is_lifted(reaching, signers, clock, write) -> None:
    instance = reaching("letters = true", **{"recipients.csv": NOT_YET})
    signers(instance, 1, postal_code="20010")
    clock.forward(minutes=5)
    assert write(instance) == 1
    with instance.context(), transaction() as session:
        session.execute(update(Addressee).filter_by(email="two@city.example").values(bounced_at=clock.moment))
    signers(instance, 1, postal_code="20010")
    clock.forward(minutes=5)
    assert [write(instance), write(instance)] == [0, 0]
    with instance.context():
        assert lift("two@city.example") == (True, 0)
    assert [write(instance), write(instance)] == [1, 0]


def test_who_wants_no_more_mails_gets_no_letter(reaching, signers, clock, write, deliver) -> None:
    instance = reaching("letters = true")
    signers(instance, 2, postal_code="20009", show_name=True)
    clock.forward(minutes=5)
    assert write(instance) == 4
    with instance.context(), transaction() as session:
        session.execute(update(Addressee).filter_by(email="mayor@city.example").values(unsubscribed_at=clock.moment))
    assert {mail["To"] for mail in deliver(instance)} == {"one@city.example"}, "asked again when it leaves"
    signers(instance, 1)
    clock.forward(minutes=5)
    assert write(instance) == 0
    with instance.context():
        assert standings(live_campaigns().get("library"))[0].told.startswith("wants no more mails since 2026-07-13")


def test_who_complained_elsewhere_gets_none_until_that_is_lifted(reaching, signers, clock, write, deliver) -> None:
    instance = reaching("milestones = [1]\nletters = true")
    signers(instance, 1, postal_code="20009", show_name=True)
    clock.forward(minutes=5)
    assert write(instance) == 5
    with instance.context(), transaction() as session:
        suppress(session, "Mayor@City.example", "complained", "")
    assert {mail["To"] for mail in deliver(instance)} == {"one@city.example", "two@city.example"}
    signers(instance, 1)
    clock.forward(minutes=5)
    assert write(instance) == 0
    with instance.context():
        assert standings(live_campaigns().get("library"))[0].told.startswith("gets no mail from any campaign")
        assert lift("mayor@city.example") == (True, 0)
    assert [write(instance), write(instance)] == [1, 0]


def test_nobody_is_opened_again_while_the_same_stand(reaching, signers, clock, write, monkeypatch) -> None:
    instance = reaching("letters = true", **{"recipients.csv": NOT_YET.replace("2026-07-15", "2099-01-01")})
    signers(instance, 3, postal_code="20009")
    clock.forward(minutes=5)
    assert write(instance) == 0
    monkeypatch.setattr(letters, "home_of", None)
    for _ in range(2):
        clock.forward(days=1)
        assert write(instance) == 0
    with instance.context():
        plan = Plan.from_json(db.session.scalars(select(Delivery.content).filter_by(kind="letters")).one())
        assert plan.dawn > clock.moment - timedelta(minutes=5)


def test_who_confirms_late_or_signs_again_is_found(reaching, signers, clock, write) -> None:
    instance = reaching("letters = true")
    slow, back, quick = signers(instance, 3)

    def put(id: int, **values: object) -> None:
        with instance.context(), transaction() as session:
            session.execute(update(Signature).filter_by(id=id).values(values))

    put(slow, state=PENDING, confirmed_at=None)
    put(back, state=WITHDRAWN)
    clock.forward(minutes=5)
    assert [write(instance), letters_of(instance)] == [1, {quick: 1}]
    clock.forward(minutes=60)
    put(slow, state=CONFIRMED, confirmed_at=clock.moment.replace(second=0))
    assert write(instance) == 0, "not all of this minute is on disk"
    clock.forward(minutes=5)
    assert [write(instance), letters_of(instance)] == [1, {quick: 1, slow: 1}]
    clock.forward(minutes=1)
    put(back, state=CONFIRMED, confirmed_at=clock.moment.replace(second=0))
    clock.forward(days=1)
    assert [write(instance), letters_of(instance)] == [1, {quick: 1, slow: 1, back: 1}]


def test_two_workers_that_read_the_same_page_write_one_letter_each(
    reaching, signers, clock, write, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = reaching("letters = true")
    ids = signers(instance, letters.PAGE + 20, postal_code="20009")
    clock.forward(minutes=5)
    read, both = letters.in_order, threading.Barrier(2, timeout=60)

    def read_together(*given: Any, **known: Any) -> Iterator[Any]:
        for number, page in enumerate(read(*given, **known)):
            if number == 0:
                assert len(page) == letters.PAGE
                both.wait()
            yield page

    monkeypatch.setattr(letters, "in_order", read_together)
    written: list[int] = []
    threads = [threading.Thread(target=lambda: written.append(write(instance))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(written) == 2
    assert sum(written) == 2 * len(ids)
    assert letters_of(instance) == dict.fromkeys(ids, 2)
    with instance.context():
        assert set(db.session.scalars(select(Message.state))) == {"due"}, "none was begun and thrown away"


def test_who_was_erased_or_withdrew_while_the_page_was_read_sends_none(
    reaching, signers, clock, write, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = reaching("letters = true")
    erased, gone, stays = signers(instance, 3, postal_code="20009")
    clock.forward(minutes=5)
    open_home = letters.home_of

    def slow(*given: Any) -> str:
        with transaction() as session:
            session.execute(delete(Signature).filter_by(id=erased))
            session.execute(update(Signature).filter_by(id=gone).values(state=WITHDRAWN))
        return open_home(*given)

    monkeypatch.setattr(letters, "home_of", slow)
    assert write(instance) == 2
    assert letters_of(instance) == {stays: 2}


def test_a_letter_without_a_name_waits_until_it_points_at_nobody(
    reaching, signers, clock, write, deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = reaching("letters = true")
    signers(instance, 9, postal_code="20009")
    signers(instance, 1, postal_code="20010", show_name=True)
    clock.forward(minutes=5)
    write(instance)
    mails = deliver(instance)
    assert Counter(mail["To"] for mail in mails) == {"mayor@city.example": 10, "two@city.example": 1}
    assert not any("Ward" in str(mail) for mail in mails), "who stands for all learns of no district"
    with instance.context():
        told = {one.recipient.name: one.told for one in standings(live_campaigns().get("library"))}
    assert told["Luis One"].endswith(
        "on its way: 9 letters; 9 of them without a name, kept until 10 people there have signed"
    )
    signers(instance, 1, postal_code="20009", show_name=True)
    clock.forward(minutes=5)
    assert write(instance) == 2
    mails = [mail for mail in deliver(instance) if mail["To"] == "one@city.example"]
    assert len(mails) == 10
    assert Counter("Alguien de su distrito (Ward 1)" in plain(mail) for mail in mails) == {True: 9, False: 1}


def test_letters_to_a_shared_address_go_there_once_and_name_no_district(
    reaching, signers, clock, write, deliver
) -> None:
    shared = NOT_YET.replace("2026-07-15", "").replace("two@", "one@")
    instance = reaching("letters = true\nmilestones = [5]", **{"recipients.csv": shared})
    signers(instance, 6, postal_code="20009")
    signers(instance, 6, postal_code="20010")
    clock.forward(minutes=5)
    assert write(instance) == 13
    mails = deliver(instance)
    assert {mail["To"] for mail in mails} == {"one@city.example"}
    assert len(mails) == 13
    assert all("Dear Luis One" in plain(mail) for mail in mails)
    assert not any("Ward" in str(mail) for mail in mails if "A neighbor" in plain(mail))
    with instance.context():
        told = {one.recipient.name: one.told for one in standings(live_campaigns().get("library"))}
    assert told["Luis One"] == "can be reached; got 1 milestone, 12 letters"
    assert told["Eva Two"] == "shares the address of Luis One: one mail goes there, not two"
    assert "gets nothing" in told["Luis Once"]
