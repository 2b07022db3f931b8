"""What a mailbox is spared: floods that strangers cause, and mails where none are wanted."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from clarion.campaigns.live import live_campaigns
from clarion.delivery import mailboxes
from clarion.delivery.channels import Mail, Retry, Unreachable
from clarion.delivery.models import BOUNCED, MailCap
from clarion.delivery.signers import sealed_of
from clarion.domain.person import Person
from clarion.extensions import db, now, transaction
from clarion.outbox import service as outbox
from clarion.outbox.models import CAPPED, DUE, MAILBOX_CAP, SENT, Message
from clarion.signatures import service, tasks
from clarion.signatures.models import Signature
from clarion.testing import Instance, link
from clarion.worker import Worker
from rig.site import Valkey, wait_until

NOBODY = "redis://127.0.0.1:1/0"
"""A broker that does not answer."""


class Sink:
    """A channel that keeps who got what, or fails as it is told to."""

    sender = "petitions@site.example"
    way = "are kept"

    def __init__(self, instance: Instance) -> None:
        self.got: list[str] = []
        self.error: Exception | None = None
        instance.app.extensions["clarion.channels"] = {"email": self}

    def send(self, mail: Mail) -> str:
        if self.error:
            raise self.error
        self.got.append(mail.recipient)
        return "250"


@pytest.fixture
def publish(make_folder: Callable[..., Path]) -> Callable[[Instance, int], list[str]]:
    """Publish so many campaigns; their slugs."""

    def publish_all(instance: Instance, number: int) -> list[str]:
        slugs = [f"petition-{n}" for n in range(number)]
        for slug in slugs:
            folder = make_folder(slug)
            instance.publish(folder)
            # publishing looks at all folders that are there
            shutil.rmtree(folder)
        return slugs

    return publish_all


def sign(instance: Instance, pairs: list[tuple[str, str]]) -> None:
    """Write signatures as the sign route does: the slug and the address of each."""
    with instance.context():
        keyring = instance.app.extensions["clarion.keyring"]
        lives = {live.slug: live for live in live_campaigns().all()}
        for start in range(0, len(pairs), 64):
            forms = [
                service.Submission(
                    lives[slug], lives[slug].edition_id, "en", "page", Person(name="Ana", email=to), to, False, ()
                )
                for slug, to in pairs[start : start + 64]
            ]
            service.write([service.prepare(form, keyring) for form in forms])


def states(instance: Instance) -> Counter[tuple[str, str]]:
    with instance.context():
        return Counter(tuple(row) for row in db.session.execute(select(Message.state, Message.last_code)))


def counted(instance: Instance) -> list[int]:
    with instance.context():
        return list(db.session.scalars(select(MailCap.n)))


@pytest.fixture
def valkey() -> Iterator[str]:
    """The address of a Valkey of its own."""
    server = Valkey()
    yield server.url
    server.stop()


def work_by_broker(instance: Instance) -> None:
    """Let the threads of a worker, woken over the broker, send all that is due."""
    worker = Worker(instance.app)
    worker.start()
    try:
        wait_until(lambda: all(state != DUE for state, _ in states(instance)), lambda: str(states(instance)), 120)
    finally:
        worker.stop()


@pytest.mark.parametrize("place", ["sqlite, no broker needed", "postgresql, broker away", "postgresql and valkey"])
def test_ten_thousand_forms_bring_each_victim_three_mails_a_day(place: str, make_instance, publish, request) -> None:
    if place.startswith("sqlite"):
        instance = make_instance()
    else:
        broker = NOBODY if place.endswith("away") else request.getfixturevalue("valkey")
        instance = make_instance(request.getfixturevalue("postgres_url"), broker={"url": broker})
    sink, slugs = Sink(instance), publish(instance, 50)
    victims = [f"victim{n}@readers.example" for n in range(100)]
    sign(instance, [(slug, victim) for _twice in range(2) for slug in slugs for victim in victims])
    with instance.context():
        assert db.session.scalar(select(func.count()).select_from(Message)) == 10_000
    if place.endswith("valkey"):
        work_by_broker(instance)
    else:
        instance.work()
    assert Counter(sink.got) == dict.fromkeys(victims, 3)
    assert states(instance)[CAPPED, MAILBOX_CAP] == 4_700
    assert counted(instance) == [3] * 100


def test_threads_at_once_let_no_fourth_mail_through(either_instance: Instance, publish) -> None:
    sign(either_instance, [(slug, "ana@readers.example") for slug in publish(either_instance, 8)])
    with either_instance.context():
        pages = [outbox.lease("email", f"worker-{n}", 1) for n in range(8)]
    start, admitted = threading.Barrier(8), []

    def admit(page: list[outbox.Leased]) -> None:
        with either_instance.context():
            signatures = sealed_of(page)
            db.session.remove()
            start.wait(timeout=30)
            admitted.extend(mailboxes.admit(page, signatures).page)

    threads = [threading.Thread(target=admit, args=(page,)) for page in pages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(admitted) == 3
    assert counted(either_instance) == [3]


def test_spellings_of_one_mailbox_count_together_and_the_next_day_begins_anew(
    either_instance: Instance, publish, monkeypatch: pytest.MonkeyPatch
) -> None:
    slugs = publish(either_instance, 6)
    sink = Sink(either_instance)
    spellings = ["ana.reader@gmail.com", "anareader+a@gmail.com", "A.N.A.Reader@googlemail.com", "anareader@gmail.com"]
    sign(either_instance, list(zip(slugs, spellings, strict=False)))
    either_instance.work()
    assert len(sink.got) == 3
    with either_instance.context():
        today = db.session.scalars(select(MailCap.mailbox_index)).one()
        tomorrow = now() + timedelta(days=1)
        monkeypatch.setattr(mailboxes, "now", lambda: tomorrow)
        sign(either_instance, [(slugs[4], "anareader@gmail.com")])
        either_instance.work()
        assert len(sink.got) == 4
        assert mailboxes.forget_counts() == 1
        assert db.session.scalars(select(MailCap.mailbox_index)).one() != today


def test_tries_are_not_counted_and_what_was_not_tried_neither(either_instance: Instance) -> None:
    sink = Sink(either_instance)
    sign(either_instance, [("library", "ana@readers.example")])
    for error in (Retry("451"), Retry("451"), None):
        sink.error = error
        either_instance.work()
        with either_instance.context(), transaction() as session:
            session.execute(update(Message).values(due_at=now()))
    assert (len(sink.got), counted(either_instance)) == (1, [1])
    sign(either_instance, [("library", f"reader{n}@readers.example") for n in range(5)])
    sink.error = Unreachable("away")
    either_instance.work()
    assert sorted(counted(either_instance)) == [0, 0, 1, 1, 1, 1], "the lane paused, and two went back untried"


def test_a_mail_whose_workers_die_before_they_try_is_counted_once(either_instance: Instance) -> None:
    sink = Sink(either_instance)
    sign(either_instance, [("library", "ana@readers.example")])
    with either_instance.context():
        for number in range(5):
            page = outbox.lease("email", f"worker {number}")
            admission = mailboxes.admit(page, sealed_of(page))
            assert (len(admission.page), admission.turned_away) == (1, [])
            db.session.rollback()
            outbox.end_leases()
    assert counted(either_instance) == [1]
    either_instance.work()
    assert (len(sink.got), counted(either_instance)) == (1, [1])


def test_a_first_mail_that_was_kept_back_is_sent_a_day_later(either_instance: Instance, publish, monkeypatch) -> None:
    sink = Sink(either_instance)
    sign(either_instance, [(slug, "ana@readers.example") for slug in publish(either_instance, 4)])
    either_instance.work()
    with either_instance.context():
        with transaction() as session:
            session.execute(update(Signature).values(signed_at=now() - timedelta(hours=25)))
        monkeypatch.setattr(mailboxes, "now", lambda: now() + timedelta(days=1))
        assert tasks.remind() == 4
    either_instance.work()
    assert len(sink.got) == 6, "three reminders, no more: the next day has its own count"


def test_a_suppressed_mailbox_gets_nothing_of_any_kind_and_costs_no_try(either_instance: Instance) -> None:
    for name in ("ana", "ben"):
        either_instance.sign("library", email=f"{name}@readers.example")
    either_instance.work()
    sink = Sink(either_instance)
    either_instance.confirm(link(either_instance.mails()[0], "confirm"))
    with either_instance.context(), transaction() as session:
        mailboxes.suppress(session, "ANA@readers.example", BOUNCED, "5.1.1")
    either_instance.sign("library", email="ana@readers.example")
    assert either_instance.work() == 2
    assert sink.got == []
    assert states(either_instance) == {(SENT, "250 written"): 2, ("needless", "suppressed"): 2}
    with either_instance.context():
        assert set(db.session.scalars(select(Message.attempt).where(Message.state != SENT))) == {0}
    assert counted(either_instance) == [1, 1]


def test_where_mailboxes_cannot_be_looked_at_nothing_is_sent(either_instance: Instance, monkeypatch) -> None:
    monkeypatch.setattr("clarion.delivery.tasks.LEASE", timedelta(0))
    sink = Sink(either_instance)
    either_instance.sign("library")
    with either_instance.context(), transaction() as session:
        session.execute(text("DROP TABLE mail_cap"))
    with pytest.raises(DBAPIError):
        either_instance.work()
    assert sink.got == []
