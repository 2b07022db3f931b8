"""The queue in a whole instance: who is told of whom, and nothing lost however long a receiver is away."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from click.testing import CliRunner
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

from clarion.api import Event, db, now
from clarion.cli import main
from clarion.outside.addresses import Target
from clarion.outside.sending import NotSent, Sender
from clarion.testing import Instance, link, wait_for
from clarion_webhooks.commands import group
from clarion_webhooks.endpoints import Endpoint
from clarion_webhooks.models import Base, Delivery
from clarion_webhooks.post import WAITS, Post

from .conftest import SECRET, Receiver, answer

READERS: dict[str, Any] = {"url": "https://hooks.readers.example/in", "organisation": "readers", "secret": SECRET}
WRITERS = {**READERS, "url": "https://hooks.writers.example/in", "organisation": "writers"}


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.moment = now()

    def __call__(self) -> datetime:
        return self.moment

    def go(self, **words: float) -> None:
        self.moment += timedelta(**words)


class Recorder(Sender):
    """Takes what is sent, or answers as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.status: dict[str, int] = {}
        self.got: list[tuple[str, str, dict[str, Any]]] = []
        self.tried = 0

    def post(self, target: Target, body: bytes, headers: Any) -> int:
        self.tried += 1
        status = self.status.get(target.host, 204)
        if not status:
            raise NotSent("unreachable")
        if status == 204:
            self.got.append((target.host.split(".")[1], headers["webhook-id"], json.loads(body)))
        return status


def make(make_instance, make_folder, url: str = "", **endpoints: dict[str, Any]) -> tuple[Instance, Post]:
    instance = make_instance(url, plugins={"webhooks": {"endpoints": endpoints}})
    instance.publish(make_folder())
    (on,) = instance.app.extensions["clarion.plugins"].on
    post: Post = on.plugin.post
    post.sender, post.clock = Recorder(), Clock()
    return instance, post


def send(instance: Instance, post: Post) -> None:
    """Pass on what happened and send what is due."""
    instance.work()
    with instance.context():
        for name in post.endpoints:
            while post.drain(name):
                pass


def deliveries(instance: Instance) -> list[Delivery]:
    with instance.context():
        found = list(db.session.scalars(select(Delivery).order_by(Delivery.id)))
        db.session.expunge_all()
        return found


def states(instance: Instance) -> Counter[str]:
    return Counter(one.state for one in deliveries(instance))


def signed(instance: Instance, name: str, **consents: str) -> str:
    instance.sign("library", name=name, email=f"{name.lower()}@readers.example", **consents)
    instance.work()
    instance.confirm(link(instance.mails()[-1], "confirm"))
    instance.work()
    return link(instance.mails()[-1], "me")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_each_organisation_is_told_of_its_own_people(database, request, make_instance, make_folder) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else ""
    instance, post = make(make_instance, make_folder, url, readers=READERS, writers=WRITERS)
    send(instance, post)
    assert [(who, one["type"], one["data"]) for who, _, one in post.sender.got] == [
        ("readers", "campaign.published", {"campaign": "library", "edition": 1}),
        ("writers", "campaign.published", {"campaign": "library", "edition": 1}),
    ]
    post.sender.got.clear()
    me = signed(instance, "Ana", consent_readers_email="y")
    signed(instance, "Bo")
    send(instance, post)
    about = {"campaign": "library", "signature": 1, "organisation": "readers"}
    person = {"name": "Ana", "email": "ana@readers.example"}
    more = {"language": "en", "consents": ["email"], "person": person}
    assert [(who, one["type"], one["data"]) for who, _, one in post.sender.got] == [
        ("readers", "signature.confirmed", {**about, **more}),
        ("readers", "consent.given", {**about, "channel": "email", **more}),
    ]
    assert "Ana" not in "".join(one.detail for one in deliveries(instance))
    post.sender.got.clear()
    instance.client.post(me, data={"action": "erase"})
    send(instance, post)
    assert [(who, one["type"], one["data"]) for who, _, one in post.sender.got] == [
        ("readers", "consent.withdrawn", {**about, "channel": "email"}),
        ("readers", "signature.withdrawn", about),
    ]
    with instance.context(), db.engine.connect() as connection:
        known = {"include_object": lambda thing, name, kind, *_: kind != "table" or name.startswith("webhooks_")}
        context = MigrationContext.configure(connection, opts={"compare_type": True, **known})
        assert compare_metadata(context, Base.metadata) == []


def test_who_withdraws_before_it_is_sent_is_not_told_of(make_instance, make_folder) -> None:
    instance, post = make(make_instance, make_folder, readers={**READERS, "events": ["signature.confirmed"]})
    me = signed(instance, "Ana", consent_readers_email="y")
    instance.work()
    instance.client.post(me, data={"action": "withdraw"})
    send(instance, post)
    assert (post.sender.tried, states(instance)) == (0, {"needless": 1})


def test_filters(make_instance, make_folder) -> None:
    some = {**READERS, "events": ["campaign.closed", "consent.given"]}
    other = {**READERS, "campaigns": ["parks"]}
    instance, post = make(make_instance, make_folder, some=some, other=other)
    signed(instance, "Ana", consent_readers_email="y", consent_writers_email="y")
    send(instance, post)
    assert [one["type"] for *_, one in post.sender.got] == ["consent.given"]
    assert [one.endpoint for one in deliveries(instance)] == ["some"]


def test_one_event_told_twice_is_one_delivery(make_instance, make_folder) -> None:
    instance, post = make(make_instance, make_folder, readers=READERS)
    event = Event(900, "campaign.closed", 1, "library", None, "", "", {"edition": 2}, now())
    with instance.context():
        for _ in range(2):
            post.take_in([event])
    assert [one.event_id for one in deliveries(instance)] == [900]


def test_a_receiver_that_is_down_for_three_days_loses_nothing(make_instance, make_folder) -> None:
    instance, post = make(make_instance, make_folder, readers=READERS, writers=WRITERS)
    post.sender.status["hooks.readers.example"] = 0
    events = [
        Event(n, "campaign.published", 1, "library", None, "", "", {"edition": n}, now()) for n in range(100, 160)
    ]
    with instance.context():
        post.take_in(events)
    send(instance, post)
    assert [who for who, *_ in post.sender.got].count("writers") == 61
    for _ in range(3 * 24 * 2):
        post.clock.go(minutes=30)
        send(instance, post)
    assert post.sender.tried < 1000
    assert states(instance) == {"due": 61, "sent": 61}
    post.sender.status.clear()
    for _ in range(24 * 2):
        post.clock.go(hours=1)
        send(instance, post)
    assert states(instance) == {"sent": 122}
    told = [one["data"]["edition"] for who, _, one in post.sender.got if who == "readers"]
    assert sorted(told) == [1, *range(100, 160)]


def test_it_is_tried_ten_times_then_parked_and_replayed(make_instance, make_folder) -> None:
    instance, post = make(make_instance, make_folder, readers=READERS)
    post.sender.status["hooks.readers.example"] = 500
    send(instance, post)
    for n, wait in enumerate(WAITS, 1):
        (one,) = deliveries(instance)
        assert (one.state, one.attempt, one.last_code) == ("due", n, "500")
        assert timedelta(seconds=wait) <= one.due_at - post.clock() <= timedelta(seconds=1.1 * wait)
        post.clock.go(seconds=1.1 * wait + 600)
        send(instance, post)
    assert sum(WAITS) > 72 * 3600
    (one,) = deliveries(instance)
    assert (one.state, one.attempt, post.sender.tried) == ("parked", 10, 10)
    post.sender.status.clear()
    with instance.context():
        assert post.replay("readers", [one.id]) == 1
        post.clock.go(minutes=10)
    send(instance, post)
    assert [message for _, message, _ in post.sender.got] == [one.message]
    post.clock.go(days=8)
    with instance.context():
        post.tidy()
    assert deliveries(instance) == []


def test_what_waits_for_days_behind_one_that_is_down_is_parked_at_last(make_instance, make_folder) -> None:
    instance, post = make(make_instance, make_folder, readers=READERS)
    post.sender.status["hooks.readers.example"] = 0
    event = [Event(n, "campaign.closed", 1, "library", None, "", "", {}, now()) for n in range(100, 140)]
    with instance.context():
        post.take_in(event)
    for _ in range(5 * 24):
        post.clock.go(hours=1)
        send(instance, post)
    assert states(instance) == {"parked": 41}


def test_who_is_gone_is_left_alone_until_it_is_replayed(make_instance, make_folder) -> None:
    instance, post = make(make_instance, make_folder, readers=READERS)
    send(instance, post)
    post.sender.status["hooks.readers.example"] = 410
    for first in (100, 200):
        events = [Event(first + n, "campaign.closed", 1, "library", None, "", "", {}, now()) for n in range(3)]
        with instance.context():
            post.take_in(events)
        send(instance, post)
        post.clock.go(days=1)
    assert post.sender.tried == 2
    assert states(instance) == {"sent": 1, "parked": 6}
    post.sender.status.clear()
    with instance.context():
        assert post.replay("readers") == 6
    send(instance, post)
    assert states(instance) == {"sent": 7}


def test_a_kill_between_sending_and_writing_it_down_sends_it_again_as_the_same(
    make_instance, make_folder, monkeypatch
) -> None:
    instance, post = make(make_instance, make_folder, readers=READERS)

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(post, "_settle", die)
        with pytest.raises(Killed):
            send(instance, post)
    send(instance, post)
    assert len(post.sender.got) == 1
    post.clock.go(minutes=6)
    send(instance, post)
    assert states(instance) == {"sent": 1}
    first, second = post.sender.got
    assert first == second


def test_one_that_is_dead_holds_up_no_other(make_instance, make_folder) -> None:
    """Each has a thread of its own, started by the chore."""
    instance, post = make(make_instance, make_folder, readers=READERS, writers=WRITERS)
    held, taken = threading.Event(), threading.Event()

    class Slow(Recorder):
        def post(self, target: Target, body: bytes, headers: Any) -> int:
            if "readers" in target.host:
                held.wait(30)
            else:
                taken.set()
            return 204

    post.sender = Slow()
    instance.work()
    sending, tidying = instance.app.extensions["clarion.plugins"].chores()
    assert (sending.name, tidying.name) == ("webhooks: send", "webhooks: tidy")
    sending.run()
    assert taken.wait(30)
    sending.run()
    held.set()
    wait_for(lambda: states(instance) == {"sent": 2}, lambda: str(states(instance)))
    for thread in post._threads.values():
        thread.join(30)


def test_all_the_way_to_a_receiver(make_instance, make_folder, receiver: Receiver) -> None:
    instance, post = make(make_instance, make_folder, readers=READERS)
    post.sender = receiver.sender()
    signed(instance, "Ana", consent_readers_email="y")
    receiver.behave = answer(503)
    send(instance, post)
    receiver.behave = answer(200)
    post.clock.go(minutes=1)
    send(instance, post)
    ids = [headers["webhook-id"] for _, headers, _ in receiver.got]
    assert len(ids) == 6
    assert sorted(ids[:3]) == sorted(ids[3:])
    person = {"name": "Ana", "email": "ana@readers.example"}
    events = [Webhook(SECRET).verify(body, headers) for _, headers, body in receiver.got]
    assert {event["type"] for event in events} == {"campaign.published", "signature.confirmed", "consent.given"}
    assert [one["data"]["person"] for one in events if "person" in one["data"]] == [person] * 4


def test_the_commands(make_instance, make_folder, monkeypatch) -> None:
    instance, post = make(make_instance, make_folder, readers=READERS)
    post.sender.status["hooks.readers.example"] = 410
    send(instance, post)
    monkeypatch.chdir(instance.home)
    monkeypatch.setenv("SECRET", SECRET)
    monkeypatch.setenv("CLARION_CONFIG", "own.toml")
    (instance.home / "own.toml").write_text(
        '[plugins.webhooks.endpoints.readers]\nurl = "https://hooks.readers.example/in"\n'
        'organisation = "readers"\nsecret = { env = "SECRET" }\n'
    )

    def said(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["webhooks", *words])
        return done.exit_code, done.output

    code, told = said()
    assert code == 0
    assert re.fullmatch(
        r"readers  hooks\.readers\.example for readers: 0 waiting, 1 parked, last 410 at \S+ \S+; disabled, .+\n", told
    )
    assert re.fullmatch(r"1  \S+ \S+  campaign.published  library: 410\n", said("parked", "readers")[1])
    assert said("replay", "reeders")[0] == 2
    assert "is not" in said("test", "reeders")[1]
    assert said("replay", "readers") == (0, "1 is sent again by a worker\n")
    assert "1 waiting, 0 parked" in said()[1]
    assert said("parked", "readers") == (0, "Nothing is parked for readers\n")
    figures = instance.client.get("/metrics").get_data(as_text=True)
    assert "clarion_webhooks_waiting 1.0" in figures
    assert "clarion_webhooks_disabled 0.0" in figures
    monkeypatch.setattr(Sender, "post", lambda *_: 204)
    assert said("test", "readers") == (0, "readers answered 204\n")
    monkeypatch.setattr(Sender, "post", lambda *_: 500)
    assert said("test", "readers") == (1, "Error: readers: 500\n")


def test_another_organisation_under_the_same_name_gets_nothing_of_the_first(make_instance, make_folder) -> None:
    instance, post = make(make_instance, make_folder, main=READERS)
    post.sender.status["hooks.readers.example"] = 0
    me = signed(instance, "Ana", consent_readers_email="y", consent_writers_email="y")
    instance.client.post(me, data={"action": "erase"})
    send(instance, post)
    changed = Post({"main": Endpoint.model_validate(WRITERS)}, Recorder(), post.clock)
    post.clock.go(minutes=10)
    send(instance, changed)
    assert changed.sender.got == []
    assert states(instance) == {"needless": len(deliveries(instance))}


def test_what_an_endpoint_takes_no_longer_is_dropped(make_instance, make_folder) -> None:
    instance, post = make(make_instance, make_folder, main=READERS)
    post.sender.status["hooks.readers.example"] = 0
    send(instance, post)
    changed = Post({"main": Endpoint.model_validate({**READERS, "campaigns": ["other"]})}, Recorder(), post.clock)
    post.clock.go(minutes=10)
    send(instance, changed)
    assert (changed.sender.got, states(instance)) == ([], {"needless": 1})


def test_what_waits_for_an_endpoint_that_left_the_settings_is_parked(make_instance, make_folder, monkeypatch) -> None:
    instance, post = make(make_instance, make_folder, main=READERS)
    post.sender.status["hooks.readers.example"] = 0
    send(instance, post)
    instance = make_instance(plugins={"webhooks": {"endpoints": {"other": {**READERS, "events": ["consent.given"]}}}})
    figures = instance.client.get("/metrics").get_data(as_text=True)
    assert "clarion_webhooks_waiting 0.0" in figures
    (on,) = instance.app.extensions["clarion.plugins"].on
    with instance.context():
        on.plugin.post.tidy()
        run = CliRunner()
        listed = run.invoke(group(on.plugin.post), []).output
        parked = run.invoke(group(on.plugin.post), ["parked", "main"]).output
        wrong = run.invoke(group(on.plugin.post), ["parked", "nope"])
        unknown = run.invoke(group(on.plugin.post), ["test", "nope"])
    assert "main  not in the settings any more: 0 waiting, 1 parked" in listed
    assert "Warning: it hears of people, but not signature.withdrawn" in listed
    assert "campaign.published  library: not in the settings" in parked
    assert (wrong.exit_code, unknown.exit_code) == (2, 2)
    assert "Invalid value for NAME: there is no endpoint 'nope'. Known: main, other" in wrong.output
    assert "Invalid value for 'NAME'" in unknown.output
    assert states(instance) == {"parked": 1}
