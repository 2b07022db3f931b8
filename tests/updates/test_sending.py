"""Who gets an update and who does not: asked when its message is written, and again when it leaves."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from email.message import EmailMessage
from html import unescape

import pytest
from sqlalchemy import select, update

from clarion.campaigns.live import live_campaigns
from clarion.extensions import db, now, transaction
from clarion.outbox import service as outbox
from clarion.outbox.models import Message
from clarion.pages.pulse import init_pulse
from clarion.signatures.models import Consent
from clarion.testing import Instance, plain
from clarion.updates import audience, service
from clarion.updates.models import SENDING, SENT, STOPPED, WAITING, Update
from clarion.updates.news import News, Words
from clarion.updates.tasks import spread


def updates(instance: Instance) -> dict[str, EmailMessage]:
    """The mails of updates by recipient; nobody got two."""
    found = [mail for mail in instance.mails() if ":update:" in mail["Feedback-ID"]]
    by_recipient = {str(mail["To"]): mail for mail in found}
    assert len(by_recipient) == len(found)
    return by_recipient


def states(instance: Instance) -> Counter[str]:
    with instance.context():
        return Counter(db.session.scalars(select(Message.state).filter_by(kind="update")))


def spread_all(instance: Instance) -> int:
    with instance.context():
        return spread()


def press(instance: Instance, me: str, **form: str) -> None:
    assert instance.client.post(me, data=form).status_code == 200


def consent_of(instance: Instance, organisation: str) -> str:
    with instance.context():
        return str(db.session.scalars(select(Consent.id).filter_by(organisation=organisation)).one())


def test_it_reaches_those_who_said_yes_to_its_sender(either_instance: Instance, signer, schedule, row) -> None:
    signer("ana", "readers")
    signer("luz", "readers", "writers", language="es")
    signer("bob", "writers")
    signer("eve")
    either_instance.sign("library", email="new@signers.example", consent_readers_email="y")
    schedule()
    either_instance.work()
    mails = updates(either_instance)
    assert set(mails) == {"ana@signers.example", "luz@signers.example"}
    assert (row().state, row().written) == (SENT, 2)
    english, spanish = mails["ana@signers.example"], mails["luz@signers.example"]
    assert (english["Subject"], spanish["Subject"]) == ("The hearing is on Friday", "La audiencia es el viernes")
    assert english["From"].addresses[0].display_name == "Readers"
    assert english["Reply-To"] == "hello@readers.example"
    assert english["Content-Language"] == "en"
    assert english["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<http://127.0.0.1:8000/unsubscribe/u[\w-]+>", english["List-Unsubscribe"])
    assert english["List-Unsubscribe"].strip("<>") in plain(english)
    assert english["List-Unsubscribe"] != spanish["List-Unsubscribe"]
    assert "Vengan a las nueve." in plain(spanish)
    assert "<strong>nueve</strong>" in str(spanish.get_body(("html",)).get_content())  # type: ignore[union-attr]
    assert "/me/" in plain(english)
    assert "/library/en" in plain(english)
    assert english["Feedback-ID"].startswith("library:update:")
    signer("late", "readers")
    either_instance.work()
    assert len(updates(either_instance)) == 2


def test_the_link_to_unsubscribe_tells_whose_mails_end(either_instance: Instance, signer, schedule) -> None:
    signer("ana", "readers")
    schedule()
    either_instance.work()
    token = updates(either_instance)["ana@signers.example"]["List-Unsubscribe"].strip("<>").rpartition("/")[2]
    read = either_instance.app.extensions["clarion.unsubscribe_tokens"].read(token)
    assert (read.organisation, read.channel) == ("readers", "email")


@pytest.mark.parametrize("written_before", [False, True])
def test_who_ended_mails_by_one_click_gets_no_later_update(
    either_instance: Instance, signer, schedule, row, *, written_before: bool
) -> None:
    """As a mailbox provider asks for it (RFC 8058), also where the later one was written and had not left."""
    for name in ("ana", "bob"):
        signer(name, "readers")
    schedule()
    either_instance.work()
    first = updates(either_instance)
    assert set(first) == {"ana@signers.example", "bob@signers.example"}
    path = "/" + first["ana@signers.example"]["List-Unsubscribe"].strip("<>").split("/", 3)[3]
    later = "2026-08-01-vote"
    if written_before:
        schedule(later)
        assert spread_all(either_instance) == 2
    answer = either_instance.client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    if not written_before:
        schedule(later)
    either_instance.work()
    got = Counter(str(mail["To"]) for mail in either_instance.mails() if ":update:" in mail["Feedback-ID"])
    assert got == {"ana@signers.example": 1, "bob@signers.example": 2}
    assert (row(later).state, row(later).written) == (SENT, 1 + written_before)
    assert states(either_instance) == Counter(sent=3, needless=int(written_before)) - Counter()


@pytest.mark.parametrize("change", ["consent", "signature", "erased"])
def test_who_says_no_before_it_leaves_gets_nothing(either_instance: Instance, signer, schedule, change: str) -> None:
    ana = signer("ana", "readers")
    schedule()
    assert spread_all(either_instance) == 1
    form = {
        "consent": {"action": "consent", "consent": consent_of(either_instance, "readers"), "give": "0"},
        "signature": {"action": "withdraw"},
        "erased": {"action": "erase"},
    }[change]
    press(either_instance, ana, **form)
    either_instance.work()
    assert updates(either_instance) == {}
    assert states(either_instance) == ({} if change == "erased" else {"needless": 1})


def test_many_are_written_by_pages_and_each_once(
    either_instance: Instance, signer, schedule, row, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audience, "PAGE", 2)
    monkeypatch.setattr(audience, "STRETCH", 3)
    names = [f"signer{number}" for number in range(7)]
    for name in names:
        signer(name, "readers" if name != "signer4" else "writers")
    schedule()
    assert spread_all(either_instance) == 6
    assert spread_all(either_instance) == 0
    assert row().written == 6
    either_instance.work()
    assert len(updates(either_instance)) == 6


def test_a_page_that_is_not_committed_was_never_written(
    either_instance: Instance, signer, schedule, row, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer("ana", "readers")
    schedule()

    def dies(*_: object) -> list[bool]:
        raise RuntimeError("in the midst of a page")

    with monkeypatch.context() as patch:
        patch.setattr("clarion.updates.tasks.put", dies)
        with pytest.raises(RuntimeError):
            spread_all(either_instance)
    assert (row().state, row().reached, row().written) == (WAITING, 0, 0)
    assert spread_all(either_instance) == 1


def test_it_can_be_stopped_in_each_state(either_instance: Instance, signer, schedule, row, monkeypatch) -> None:
    monkeypatch.setattr(audience, "PAGE", 1)
    monkeypatch.setattr("clarion.updates.tasks.TURN", -1)
    for number in range(3):
        signer(f"signer{number}", "readers")

    def stop(name: str) -> bool:
        found = row(name)
        with either_instance.context():
            return service.stop(found)

    schedule("2026-07-01-waiting", later=3600)
    assert row("2026-07-01-waiting").state == WAITING
    assert stop("2026-07-01-waiting")
    schedule("2026-07-02-sending")
    assert spread_all(either_instance) == 1
    assert row("2026-07-02-sending").state == SENDING
    assert stop("2026-07-02-sending")
    schedule("2026-07-03-sent")
    while spread_all(either_instance):
        pass
    assert row("2026-07-03-sent").state == SENT
    assert stop("2026-07-03-sent")
    assert not stop("2026-07-03-sent")
    either_instance.work()
    assert updates(either_instance) == {}
    assert states(either_instance) == {"needless": 4}
    found = row("2026-07-02-sending")
    with either_instance.context():
        assert set(db.session.scalars(select(Update.state))) == {STOPPED}
        assert (found.written, service.progress(found).done) == (1, True)


def test_what_was_scheduled_never_changes(either_instance: Instance, signer, schedule, row) -> None:
    signer("ana", "readers")
    schedule()
    before = row()
    with either_instance.context():
        live = live_campaigns().get("library")
        assert live
        other = News(before.name, "writers", False, {"en": Words("en", "Other", "words")})
        again, new = service.schedule(live.id, other, before.starts_at)
    assert not new
    assert (again.organisation, again.content) == (before.organisation, before.content)
    either_instance.work()
    either_instance.work()
    assert len(updates(either_instance)) == 1


def test_an_unsure_send_is_listed_and_never_repeated(either_instance: Instance, signer, schedule) -> None:
    signer("ana", "readers")
    schedule()
    spread_all(either_instance)
    with either_instance.context():
        (leased,) = outbox.lease("email", "a worker that dies")
        outbox.begin(leased)
        outbox.end_leases()
    either_instance.work()
    assert updates(either_instance) == {}
    assert states(either_instance) == {"unknown": 1}


def test_links_are_whole_and_pictures_are_left_out(either_instance: Instance, signer, schedule) -> None:
    signer("ana", "readers")
    schedule(body="[Sign](/library/en#sign) and [write](mailto:a@b.example). ![p](media/share.png)")
    either_instance.work()
    mail = updates(either_instance)["ana@signers.example"]
    html = str(mail.get_body(("html",)).get_content())  # type: ignore[union-attr]
    assert 'href="http://127.0.0.1:8000/library/en#sign"' in html
    assert "<img" not in html
    assert "Sign (http://127.0.0.1:8000/library/en#sign) and write (mailto:a@b.example)." in " ".join(
        plain(mail).split()
    )
    init_pulse(either_instance.app)
    feed = either_instance.client.get("/library/en/updates.atom").get_data(as_text=True)
    assert 'href="http://127.0.0.1:8000/library/en#sign"' in unescape(feed)


@pytest.mark.parametrize("written", [False, True])
def test_it_waits_while_the_campaign_is_a_draft(
    either_instance: Instance, signer, schedule, row, write, run, written: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer("ana", "readers")
    table = either_instance.home / "campaigns" / "library" / "campaign.toml"
    before = table.read_text("utf-8")
    schedule()
    if written:
        assert spread_all(either_instance) == 1
    monkeypatch.setattr(outbox, "GIVE_UP", timedelta(seconds=-1))
    table.write_text(before.replace('status = "live"', 'status = "draft"'), "utf-8")
    assert run("publish", "library").exit_code == 0
    either_instance.app.extensions["clarion.live"].forget()
    either_instance.work()
    assert updates(either_instance) == {}
    assert (row().state, row().written) == ((SENT, 1) if written else (WAITING, 0))
    assert states(either_instance) == ({"due": 1} if written else {})
    table.write_text(before, "utf-8")
    assert run("publish", "library").exit_code == 0
    either_instance.app.extensions["clarion.live"].forget()
    with either_instance.context(), transaction() as session:
        session.execute(update(Message).values(due_at=now()))
    either_instance.work()
    assert set(updates(either_instance)) == {"ana@signers.example"}
