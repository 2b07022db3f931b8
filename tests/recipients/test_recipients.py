"""Mails to those a petition is addressed to: each once, to whom it may reach, and never with a signer's address."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, time

from click.testing import CliRunner
from sqlalchemy import select, update

from clarion.campaigns.models import CampaignRow
from clarion.delivery.mailboxes import lift
from clarion.delivery.models import Addressee
from clarion.extensions import db, transaction
from clarion.signatures.models import WITHDRAWN, Signature
from clarion.testing import plain


def test_a_milestone_is_told_once_to_each_who_is_in_office(reaching, signers, clock, write, deliver) -> None:
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


def test_two_workers_write_one_milestone(reaching, signers, clock, write) -> None:
    instance = reaching("milestones = [2]")
    signers(instance, 3)
    written: list[int] = []
    threads = [threading.Thread(target=lambda: written.append(write(instance))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(written) == [0, 0, 0, 3]


def test_who_unsubscribed_or_bounced_gets_none(reaching, signers, clock, write, deliver) -> None:
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


def test_a_digest_tells_what_is_new_and_nothing_else(reaching, signers, clock, write, deliver) -> None:
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
    assert "24 more people have signed" in words
    assert "Ward 1: 12" in words
    assert "Ward 2: 12" in words
    assert "Because we read." in words
    assert "Rosa R." in words
    assert "secret.example" not in str(mayor)


def test_after_an_end_and_a_beginning_anew_digests_go_on(reaching, signers, clock, write) -> None:
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


def test_what_happens_while_digests_are_switched_off_is_in_none(reaching, signers, clock, write, deliver) -> None:
    instance = reaching('digest = "daily"')
    table = instance.home / "campaigns" / "library" / "campaign.toml"
    on = table.read_text()
    assert write(instance) == 0
    for words in (on.replace('"daily"', '"no"'), on):
        table.write_text(words)
        instance.publish(table.parent)
        signers(instance, 5)
        clock.forward(days=1)
        assert [write(instance), write(instance)] == [0, 0]
    signers(instance, 2)
    clock.forward(days=1)
    assert write(instance) == 3
    assert "2 more people have signed" in plain(deliver(instance)[0])


def test_digests_are_made_at_eight_on_both_sides_of_a_change_of_the_clocks(reaching, signers, clock, write) -> None:
    instance = reaching('digest = "daily"')
    for day, hour in (
        (date(2026, 10, 31), 12),
        (date(2026, 11, 2), 13),
        (date(2027, 3, 13), 13),
        (date(2027, 3, 15), 12),
    ):
        clock.moment = datetime.combine(day, time(hour - 1, 30), UTC)
        write(instance)
        signers(instance, 1)
        assert write(instance) == 0, f"half past seven, {day}"
        clock.forward(hours=1)
        assert write(instance) == 3, f"half past eight, {day}"


def test_the_command_tells_how_it_stands(reaching, signers, clock, monkeypatch, write, deliver) -> None:
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
