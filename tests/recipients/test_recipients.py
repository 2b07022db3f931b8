"""Mails to those a petition is addressed to: each once, to whom it may reach, and never with a signer's address."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, update

from clarion.campaigns.models import CampaignRow
from clarion.delivery.mailboxes import lift
from clarion.delivery.models import Addressee
from clarion.extensions import db, transaction
from clarion.outbox.models import Message
from clarion.recipients import tasks
from clarion.signatures.models import WITHDRAWN, Signature
from clarion.testing import Instance, plain

NEW_YORK = ZoneInfo("America/New_York")


def write(instance: Instance) -> int:
    """What the worker's chore does, and what it wrote."""
    with instance.context():
        return tasks.write_to_recipients()


def all_due_now(instance: Instance) -> None:
    """Let no message wait for its hour."""
    with instance.context(), transaction() as session:
        moment = datetime.now(UTC)
        session.execute(update(Message).values(due_at=moment, created_at=moment))


def deliver(instance: Instance) -> list:
    """The mails that leave now."""
    before = len(instance.mails())
    all_due_now(instance)
    instance.work()
    return instance.mails()[before:]


def test_a_milestone_is_told_once_to_each_who_is_in_office(reaching, signers, clock) -> None:
    instance = reaching("milestones = [3, 5, 8]")
    signers(instance, 2)
    assert write(instance) == 0
    signers(instance, 4, postal_code="20009")
    assert write(instance) == 3
    assert write(instance) == 0
    mails = deliver(instance)
    assert sorted(mail["To"] for mail in mails) == ["mayor@city.example", "one@city.example", "two@city.example"]
    assert {mail["Content-Language"] for mail in mails} == {"en", "es"}
    by_name = {mail["To"]: mail for mail in mails}
    assert by_name["mayor@city.example"]["Subject"] == "6 people ask you: Keep the library open"
    assert "está dirigida a usted" in plain(by_name["one@city.example"])
    assert all("/unsubscribe/" in mail["List-Unsubscribe"] for mail in mails)
    signers(instance, 2)
    assert write(instance) == 3, "the next milestone, and none that was passed over"
    with instance.context(), transaction() as session:
        session.execute(update(Signature).values(state=WITHDRAWN))
    assert write(instance) == 0


def test_two_workers_write_one_milestone(reaching, signers, clock) -> None:
    instance = reaching("milestones = [2]")
    signers(instance, 3)
    written: list[int] = []
    threads = [threading.Thread(target=lambda: written.append(write(instance))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(written) == [0, 0, 0, 3]


def test_who_unsubscribed_or_bounced_gets_none(reaching, signers, clock) -> None:
    instance = reaching("milestones = [2, 4]")
    signers(instance, 2)
    assert write(instance) == 3
    with instance.context(), transaction() as session:
        session.execute(update(Addressee).filter_by(email="mayor@city.example").values(unsubscribed_at=clock.moment))
        session.execute(update(Addressee).filter_by(email="two@city.example").values(bounced_at=clock.moment))
    assert [mail["To"] for mail in deliver(instance)] == ["one@city.example"], "asked again when it leaves"
    signers(instance, 2)
    assert write(instance) == 1
    with instance.context():
        assert [lift(address) for address in ("Two@city.example", "two@city.example")] == [(True, 0), (False, 0)]
        assert db.session.scalars(select(Addressee.bounced_at).filter_by(email="two@city.example")).one() is None


def test_a_digest_tells_what_is_new_and_nothing_else(reaching, signers, clock) -> None:
    instance = reaching('digest = "daily"')
    signers(instance, 4)
    assert write(instance) == 0, "the first one is a beginning"
    clock.forward(days=1)
    assert write(instance) == 0, "nothing is new"
    signers(instance, 12, postal_code="20009")
    signers(instance, 11, postal_code="20010-1234", show_name=True)
    signers(instance, 1, postal_code="20010", show_name=True, reason="Because we read.")
    clock.forward(hours=-6)
    assert write(instance) == 0, "not before the morning"
    clock.forward(days=3)
    assert write(instance) == 3, "one digest, however many were missed"
    (mayor,) = [mail for mail in deliver(instance) if mail["To"] == "mayor@city.example"]
    words = plain(mayor)
    assert "Signatures so far: 28" in words
    assert "24 more have signed" in words
    assert "Ward 1: 12" in words
    assert "Ward 2: 12" in words
    assert "Because we read." in words
    assert "Rosa R." in words
    assert "secret.example" not in str(mayor)


def test_after_an_end_and_a_beginning_anew_digests_go_on(reaching, signers, clock) -> None:
    instance = reaching('digest = "daily"')
    signers(instance, 4)
    assert write(instance) == 0
    table = instance.home / "campaigns" / "library" / "campaign.toml"
    live = table.read_text()
    for status, new in (("closed", 3), ("live", 3), ("closed", 3)):
        table.write_text(live.replace('"live"', f'"{status}"'))
        instance.publish(table.parent)
        if status == "closed":
            with instance.context(), transaction() as session:
                session.execute(update(CampaignRow).values(closed_at=clock.moment))
            instance.app.extensions["clarion.live"].forget()
        signers(instance, 1)
        assert [write(instance), write(instance)] == [new, 0], status
        clock.forward(days=1)


def test_a_letter_goes_to_those_who_stand_for_its_writer(reaching, signers, clock) -> None:
    instance = reaching("letters = true")
    signers(instance, 1, postal_code="20009", show_name=True, reason="Because we read.")
    signers(instance, 1, postal_code="20010")
    assert write(instance) == 0, "what was confirmed this minute is not all on disk"
    clock.forward(minutes=5)
    assert write(instance) == 4
    assert write(instance) == 0
    mails = deliver(instance)
    assert Counter(mail["To"] for mail in mails) == {
        "mayor@city.example": 2,
        "one@city.example": 1,
        "two@city.example": 1,
    }
    named = [mail for mail in mails if "Rosa R." in plain(mail)]
    assert {mail["Subject"] for mail in named} == {
        "Rosa R. asks you: Keep the library open",
        "Rosa R. le pide: Que siga la biblioteca",
    }
    assert all("Because we read." in plain(mail) for mail in named)
    others = [mail for mail in mails if mail not in named]
    assert not any("Rosa" in str(mail) for mail in others)
    assert not any("secret.example" in str(mail) or mail["List-Unsubscribe"] for mail in mails)
    assert {mail["Reply-To"] for mail in mails} == {"hello@readers.example"}


def test_letters_keep_to_office_hours_and_to_their_number_a_day(reaching, signers, clock) -> None:
    instance = reaching("letters = true\nletters_a_day = 5")
    signers(instance, 23, postal_code="20009")
    clock.forward(days=4, hours=6)
    assert write(instance) == 46
    with instance.context():
        rows = db.session.execute(select(Message.about_id, Message.due_at).filter_by(kind="letter")).all()
    local = [(about, at.astimezone(NEW_YORK)) for about, at in rows]
    assert all(at.weekday() < 5 and 9 <= at.hour < 17 for _, at in local)
    assert max(Counter((about, at.date()) for about, at in local).values()) == 5
    assert all(at >= clock.moment for _, at in rows)
    clock.forward(minutes=5)
    signers(instance, 3, postal_code="20009")
    clock.forward(minutes=5)
    assert write(instance) == 6
    with instance.context():
        rows = db.session.execute(select(Message.about_id, Message.due_at).filter_by(kind="letter")).all()
    days = Counter((about, at.astimezone(NEW_YORK).date()) for about, at in rows)
    assert max(days.values()) == 5


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


def test_a_letter_that_is_late_leaves_by_day_and_one_too_many_another_day(reaching, signers, clock) -> None:
    clock.moment = datetime(
        2099, 7, 13, 14, tzinfo=UTC
    )  # a Monday; in days to come, as the outbox goes by its own clock
    instance = reaching("letters = true\nletters_a_day = 1")
    signers(instance, 2, postal_code="20009")
    clock.forward(minutes=5)
    assert write(instance) == 4

    def waiting(code: str) -> list[datetime]:
        with instance.context():
            query = select(Message.due_at).filter_by(kind="letter", state="due", last_code=code)
            return [at.astimezone(NEW_YORK) for at in db.session.scalars(query)]

    clock.forward(days=4, hours=12)
    deliver(instance)
    nights = waiting("letters leave by day")
    assert [at.date() for at in nights] == [date(2099, 7, 20)] * 4, "it was Friday night"
    assert all(9 <= at.hour < 17 for at in nights)
    clock.forward(days=2, hours=13)
    with instance.context(), transaction() as session:
        first = select(func.min(Message.id)).group_by(Message.about_id)
        sent = update(Message).where(Message.id.in_(first.scalar_subquery()))
        session.execute(sent.values(state="sent", sent_at=clock.moment))
    deliver(instance)
    assert [at.date() for at in waiting("letters of the day")] == [date(2099, 7, 21)] * 2


def test_what_falls_due_during_a_pause_leaves_after_it(reaching, signers, clock) -> None:
    instance = reaching("milestones = [1]\nletters = true")
    signers(instance, 1, postal_code="20009")
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


def test_a_letter_whose_writer_withdrew_is_not_sent(reaching, signers, clock) -> None:
    instance = reaching("letters = true")
    gone, stays = signers(instance, 2, postal_code="20009")
    clock.forward(minutes=5)
    assert write(instance) == 4
    with instance.context(), transaction() as session:
        session.execute(update(Signature).filter_by(id=gone).values(state=WITHDRAWN))
    deliver(instance)
    with instance.context():
        states = Counter(db.session.execute(select(Message.signature_id, Message.state)).all())
    assert states == {(gone, "needless"): 2, (stays, "sent"): 2}


def test_the_command_tells_how_it_stands(reaching, signers, clock, monkeypatch) -> None:
    from clarion.cli import main

    instance = reaching("milestones = [2, 500]")
    signers(instance, 2)
    write(instance)
    deliver(instance)
    monkeypatch.setenv("CLARION_HOME", str(instance.home))
    url = instance.app.config["SQLALCHEMY_DATABASE_URI"]
    monkeypatch.setenv("CLARION_DATABASE__URL", str(url))
    told = CliRunner().invoke(main, ["recipients", "library"]).output
    assert "to  Ana Mayor, Mayor\n    can be reached; got 1 milestone\n" in told
    assert "cc  Old Friend, Council\n    not in office today (... to 2020-01-01): gets nothing\n" in told
    assert "At 500 signatures (now 2) each of them gets a mail." in told
