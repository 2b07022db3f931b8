"""What happened reaches every plugin that listens: at least once, in order, and never less."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from clarion import events
from clarion.campaigns import service as campaign_service
from clarion.campaigns import tasks as campaign_tasks
from clarion.events import EventRow
from clarion.extensions import db, now, transaction
from clarion.plugins import passing_on
from clarion.plugins.guard import FAILURES
from clarion.settings import SettingsError
from clarion.signatures.consents import withdraw
from clarion.signatures.models import Signature
from clarion.testing import TABLE, Instance, link, wait_for
from clarion.worker import Worker

GOOD = """
class P(Plugin):
    api = API_VERSION

"""
EAR = """
class P(Plugin):
    api = API_VERSION

    def __init__(self, settings, place):
        self.heard, self.broken = [], 0

    @hookimpl
    def events(self, happened):
        assert len(happened) <= 100
        if self.broken:
            self.broken -= 1
            raise RuntimeError
        self.heard += happened
"""
OTHER = """
class P(Plugin):
    api = API_VERSION
    asked = 0

    @hookimpl
    def events(self):
        self.asked += 1
"""


@pytest.fixture
def listening(install, make_instance, make_folder, request) -> Instance:
    """An instance with the plugin `ear`, which keeps what it hears, and another that listens too."""
    install(ear=EAR, other=OTHER)
    url = request.getfixturevalue("postgres_url") if getattr(request, "param", "") == "postgresql" else ""
    instance = make_instance(url, plugins={"ear": {}, "other": {}})
    instance.publish(make_folder())
    return instance


both = pytest.mark.parametrize("listening", ["sqlite", "postgresql"], indirect=True)


def ear(instance: Instance):
    return next(on.plugin for on in instance.app.extensions["clarion.plugins"].on if on.name == "ear")


def heard(instance: Instance) -> list[tuple[str, object, str, str, dict]]:
    """What the plugin has heard since this was asked last."""
    instance.work()
    found, ear(instance).heard = ear(instance).heard, []
    assert [event.id for event in found] == sorted({event.id for event in found})
    assert {event.campaign for event in found} <= {"library"}
    return [(e.kind, e.signature, e.organisation, e.channel, dict(e.detail)) for e in found]


def waiting(instance: Instance, plugin: str = "ear") -> list[EventRow]:
    with instance.context():
        rows = list(db.session.scalars(select(EventRow).filter_by(plugin=plugin).order_by(EventRow.id)))
        db.session.expunge_all()
        return rows


def press(instance: Instance, me: str, action: str, **fields: str) -> str:
    answer = instance.client.post(me, data={"action": action, **fields})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


@both
def test_a_signers_whole_story_is_told(listening: Instance) -> None:
    assert heard(listening) == [("campaign.published", None, "", "", {"edition": 1})]
    listening.sign("library", consent_readers_email="y", consent_writers_email="y")
    assert heard(listening) == []
    listening.confirm(link(listening.mails()[0], "confirm"))
    given = [("consent.given", 1, "readers", "email", {}), ("consent.given", 1, "writers", "email", {})]
    assert heard(listening) == [("signature.confirmed", 1, "", "", {}), *given]
    me = link(listening.mails()[-1], "me")
    page = press(listening, me, "withdraw")
    both_know = {"organisations": ["readers", "writers"]}
    assert heard(listening) == [("signature.withdrawn", 1, "", "", both_know)]
    press(listening, me, "withdraw")
    press(listening, me, "sign-again")
    assert heard(listening) == [("signature.confirmed", 1, "", "", {})]
    first = re.findall(r'name="consent" value="(\d+)"', page)[0]
    for _ in range(2):
        press(listening, me, "consent", consent=first, give="0")
    assert heard(listening) == [("consent.withdrawn", 1, "readers", "email", {})]
    for _ in range(2):
        press(listening, me, "consent", consent=first, give="1")
    assert heard(listening) == given[:1]
    press(listening, me, "erase")
    assert heard(listening) == [
        ("consent.withdrawn", 1, "readers", "email", {}),
        ("consent.withdrawn", 1, "writers", "email", {}),
        ("signature.withdrawn", 1, "", "", both_know),
    ]


def test_who_was_erased_is_not_told_of_as_new_but_the_end_is(listening: Instance) -> None:
    heard(listening)
    listening.sign("library", consent_readers_email="y")
    listening.work()
    listening.confirm(link(listening.mails()[0], "confirm"))
    with listening.context():
        listening.app.extensions["clarion.relay"].drain("email")
    press(listening, link(listening.mails()[-1], "me"), "erase")
    assert [kind for kind, *_ in heard(listening)] == ["consent.withdrawn", "signature.withdrawn"]


def test_who_unsubscribed_and_was_erased_before_it_was_told_is_told_of_all_the_same(listening: Instance) -> None:
    listening.sign("library", consent_readers_email="y")
    listening.work()
    listening.confirm(link(listening.mails()[0], "confirm"))
    with listening.context():
        listening.app.extensions["clarion.relay"].drain("email")
    heard(listening)
    with listening.context(), transaction() as session:
        withdraw(session, session.get_one(Signature, 1), "email", "readers")
    press(listening, link(listening.mails()[-1], "me"), "erase")
    withdrawn = ("consent.withdrawn", 1, "readers", "email", {})
    assert heard(listening) == [withdrawn, ("signature.withdrawn", 1, "", "", {"organisations": []})]


def test_publishing_and_closing_are_told_once(listening: Instance, make_folder) -> None:
    folder = listening.home / "campaigns" / "library"
    listening.publish(folder)
    assert [kind for kind, *_ in heard(listening)] == ["campaign.published"]
    (folder / "campaign.toml").write_text(TABLE.replace('"live"', '"closed"'))
    for _ in range(2):
        listening.publish(folder)
    assert [kind for kind, *_ in heard(listening)] == ["campaign.published", "campaign.closed"]


def test_the_end_by_a_date_is_told_once(listening: Instance, monkeypatch) -> None:
    def publish(closes: str) -> None:
        folder = listening.home / "campaigns" / "library"
        (folder / "campaign.toml").write_text(TABLE.replace("goal = 100", f"goal = 100\ncloses = {closes}"))
        listening.publish(folder)

    def ends(moment: datetime) -> int:
        for module in (campaign_tasks, campaign_service):
            monkeypatch.setattr(module, "now", lambda: moment)
        listening.app.extensions["clarion.live"].forget()
        with listening.context():
            return campaign_tasks.note_ends()

    publish("2999-05-01")
    heard(listening)
    assert ends(datetime(2999, 4, 30, tzinfo=UTC)) == 0
    assert [ends(datetime(2999, 5, 3, tzinfo=UTC)) for _ in range(2)] == [1, 0]
    assert heard(listening) == [("campaign.closed", None, "", "", {"edition": 2})]
    publish("2999-05-02")
    assert [kind for kind, *_ in heard(listening)] == ["campaign.published"]
    publish("2999-06-01")
    assert ends(datetime(2999, 5, 4, tzinfo=UTC)) == 0
    assert ends(datetime(2999, 6, 3, tzinfo=UTC)) == 1
    assert [kind for kind, *_ in heard(listening)] == ["campaign.published", "campaign.closed"]


def test_what_a_plugin_would_have_heard_that_is_not_on_is_kept_a_month_and_no_figure(listening: Instance) -> None:
    with listening.context():
        with transaction() as session:
            session.execute(update(EventRow).where(EventRow.plugin == "other").values(plugin="gone"))
        assert 'plugin="gone"' not in listening.client.get("/metrics").get_data(as_text=True)
        assert events.forget_unheard() == 0
        with transaction() as session:
            session.execute(update(EventRow).values(happened_at=now() - timedelta(days=31)))
        left = len(waiting(listening))
        assert events.forget_unheard() == 1
        assert len(waiting(listening)) == left, "who is on hears of all, however late"


def test_chores_of_plugins_have_a_thread_each_and_names_that_fit(install, make_instance) -> None:
    chore = GOOD + "    @hookimpl\n    def chores(self): return [Chore({!r}, 1, print)]\n"
    install(one=chore.format("send"), two=chore.format("send"), three=chore.format("x" * 40))
    worker = Worker(make_instance(plugins={"one": {}, "two": {}}).app)
    assert {"chores of one", "chores of two"} <= {thread.name for thread in worker._clocks}
    with pytest.raises(SettingsError, match=r'the chore "x+" needs a name of 33 letters'):
        Worker(make_instance(plugins={"three": {}}).app)


def test_a_worker_tells_of_it_unasked(listening: Instance) -> None:
    worker = Worker(listening.app)
    worker.start()
    try:
        wait_for(lambda: bool(ear(listening).heard), lambda: "nothing was heard")
        wait_for(lambda: not waiting(listening) and not waiting(listening, "other"), lambda: "rows are left")
    finally:
        worker.stop()
    assert [event.kind for event in ear(listening).heard] == ["campaign.published"]


def test_nothing_is_written_where_nobody_listens(instance: Instance) -> None:
    instance.sign("library", consent_readers_email="y")
    instance.work()
    instance.confirm(link(instance.mails()[0], "confirm"))
    with instance.context():
        assert db.session.scalars(select(EventRow)).all() == []


@both
def test_a_plugin_that_fails_is_told_again_and_keeps_no_other_waiting(listening: Instance, monkeypatch) -> None:
    ear(listening).broken = 2
    assert heard(listening) == []
    assert waiting(listening, "other") == []
    (row,) = waiting(listening)
    assert (row.kind, row.failures) == ("campaign.published", 1)
    assert timedelta(seconds=3) < row.due_at - now() < timedelta(seconds=6)
    for seconds, failures in ((6, 2), (17, None)):
        monkeypatch.setattr(passing_on, "now", lambda seconds=seconds: now() + timedelta(seconds=seconds))
        told = heard(listening)
        assert [row.failures for row in waiting(listening)] == ([failures] if failures else [])
    assert [kind for kind, *_ in told] == ["campaign.published"]


def test_what_a_switched_off_hook_did_not_take_in_stays_and_shows(listening: Instance, monkeypatch) -> None:
    ear(listening).broken = 99
    for n in range(FAILURES + 2):
        monkeypatch.setattr(passing_on, "now", lambda n=n: now() + timedelta(hours=n))
        assert heard(listening) == []
    (row,) = waiting(listening)
    assert row.failures == FAILURES
    with listening.context(), db.engine.begin() as connection:
        connection.execute(EventRow.__table__.update().values(happened_at=now() - timedelta(hours=1)))
    figures = listening.client.get("/metrics").get_data(as_text=True)
    assert 'clarion_events{plugin="ear"} 1.0' in figures
    assert 'clarion_events{plugin="other"} 0.0' in figures
    assert float(re.search(r'clarion_oldest_event_seconds\{plugin="ear"\} (\S+)', figures)[1]) >= 3600


@both
def test_a_page_that_died_with_its_worker_is_told_again(listening: Instance, monkeypatch) -> None:
    with listening.context():
        assert len(passing_on._take("ear")) == 1
        assert passing_on._take("ear") == []
        monkeypatch.setattr(passing_on, "now", lambda: now() + passing_on.IN_HAND)
        assert len(passing_on._take("ear")) == 1
