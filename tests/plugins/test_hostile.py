"""Eight hostile plugins change no signing result: they are isolated and left alone, or refused at the start.

Five raise, give junk, hang, end the process or eat memory in every hook that is asked while the site runs; one is of a
wrong version, one has the name of another, one puts things of its own in the place of the core's.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise

import pytest

import clarion.api
from clarion.console import create_console
from clarion.plugins import given
from clarion.plugins.guard import FAILURES, FIRST, LONGEST, Guard
from clarion.settings import SettingsError
from clarion.testing import Instance, link, wait_for

DEEDS = {
    "raises": "raise RuntimeError('ana@readers.example')",
    "gives junk": "return 7",
    "hangs": "threading.Event().wait(30)",
    "ends the process": "sys.exit(1)",
    "interrupts": "raise KeyboardInterrupt",
    "asks for all memory": "return bytearray(2**62)",
    "gives a lot of memory": "return 'a' * 2**26",
}

PLUGIN = """
class C:
    def send(self, mail):
        {deed}

class P(Plugin):
    api = API_VERSION
    page_slots = ("campaign.below-form", "campaign.below-text", "campaign.footer", "thanks.below", "confirmed.below")

    @hookimpl
    def channels(self):
        return {{"sms": C()}}

    @hookimpl
    def chores(self):
        return [Chore("deed", 1.0, self.deed)]

    def deed(self):
        {deed}

    @hookimpl
    def check_campaign(self, campaign):
        {deed}

    @hookimpl
    def page_slot(self, slot):
        {deed}

    @hookimpl
    def staff_panels(self):
        return [Panel("deed", "Deed", self.deed)]

    @hookimpl
    def events(self, happened):
        {deed}

    @hookimpl
    def figures(self):
        {deed}
"""
BARE = "class P(Plugin):\n    api = API_VERSION\n"


def assert_people_sign(instance: Instance) -> None:
    """Somebody signs, gets their mail, confirms, and is counted once."""
    page = instance.client.get("/library/en")
    assert page.status_code == 200
    assert b'class="slot' not in page.data
    signed = instance.sign("library")
    assert signed.status_code == 303
    thanks = instance.client.get(signed.headers["Location"])
    assert thanks.status_code == 200
    assert b"check your mail" in thanks.data
    assert instance.work() == 1
    (mail,) = instance.mails()
    assert mail["To"] == "ana@readers.example"
    confirmed = instance.confirm(link(mail, "confirm"))
    assert confirmed.status_code == 200
    assert b"your name counts" in confirmed.data
    assert instance.work() == 1
    assert [mail["To"] for mail in instance.mails()] == ["ana@readers.example"] * 2
    assert instance.count("library") == 1


@pytest.fixture(params=DEEDS)
def hostile(request: pytest.FixtureRequest, install, hasty, make_instance, make_folder) -> Instance:
    """An instance with a plugin that does its deed in every hook."""
    install(odd=PLUGIN.format(deed=DEEDS[request.param]))
    instance = make_instance(plugins={"odd": {}})
    instance.publish(make_folder())
    return instance


def test_people_sign_confirm_and_are_counted(hostile: Instance) -> None:
    assert_people_sign(hostile)
    (panel,) = create_console(hostile.app.extensions["clarion.settings"]).extensions["clarion.panels"]
    assert panel.render() == ""


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("class P(Plugin):\n    api = API_VERSION + 1\n", "written for version 2 of the plugin interface"),
        (BARE, "two plugins have this name"),
        (BARE + "    def page_slot(self): return 'mine'", '"page_slot" is a hook and must be marked with @hookimpl'),
        (BARE + "    @hookimpl(wrapper=True)\n    def channels(self): return (yield)", "channels by name were wanted"),
        (BARE + "    @hookimpl(specname='channels')\n    def ways(self): return {}", 'there is no hook "ways"'),
    ],
    ids=["wrong version", "same name", "shadowed hook", "wrapped hook", "hook by another name"],
)
def test_who_tries_one_that_is_refused_has_a_site_that_goes_on(
    source: str, words: str, install, make_instance, instance: Instance
) -> None:
    """The site that runs is not touched by the start that is refused; and without its table it starts as ever."""
    install(twice="odd" if "two plugins" in words else "", odd=source)
    with pytest.raises(SettingsError) as told:
        make_instance(plugins={"odd": {}})
    assert "plugins.odd" in str(told.value)
    assert words in str(told.value)
    assert_people_sign(instance)
    assert make_instance().client.get("/healthz").status_code == 200


@pytest.fixture
def door() -> Iterator[None]:
    """What plugins import is put back after a test."""
    before = dict(vars(clarion.api))
    yield
    vars(clarion.api).clear()
    vars(clarion.api).update(before)


SHADOW = """
import clarion.api as door

for name in door.__all__:
    setattr(door, name, lambda *a, **k: 1 / 0)

class P(Plugin):
    api = API_VERSION

    @hookimpl
    def blueprints(self):
        return [Blueprint("pages", __name__, template_folder="templates/odd")]
"""


@pytest.mark.usefixtures("door")
def test_what_shadows_the_cores_parts_changes_nothing_of_them(install, make_instance, make_folder) -> None:
    """It replaces everything behind the door, and brings templates of the core's names."""
    names = ("campaign.html", "thanks.html", "confirm.html", "base.html", "mail/confirm.txt", "mail/confirm.html")
    install(odd={"__init__.py": SHADOW, **{f"templates/odd/{name}": "mine" for name in names}})
    instance = make_instance(plugins={"odd": {}})
    instance.publish(make_folder())
    with pytest.raises(ZeroDivisionError):
        clarion.api.access("public")
    assert_people_sign(instance)


def test_figures_are_told_and_the_hook_is_left_alone_after_five_failures(hostile: Instance, capsys) -> None:
    for _ in range(FAILURES + 2):
        told = hostile.client.get("/metrics")
        assert told.status_code == 200
    figures = told.get_data(as_text=True)
    assert "clarion_signatures{" in figures
    assert f'clarion_plugin_failures_total{{hook="figures",plugin="odd"}} {FAILURES}.0' in figures
    written = capsys.readouterr().out
    assert written.count("plugin failed") >= FAILURES
    assert written.count("plugin switched off") == 1
    assert "ana@readers.example" not in written


def test_a_chore_that_fails_keeps_no_other_from_its_turn(hostile: Instance) -> None:
    (chore,) = hostile.app.extensions["clarion.plugins"].chores()
    assert chore.name == "odd: deed"
    assert chore.run() is None


def test_what_works_again_is_asked_again(install, hasty, make_instance) -> None:
    """Failures count in a row: one now and then switches nothing off."""
    source = """
class P(Plugin):
    api = API_VERSION
    asked = 0

    @hookimpl
    def figures(self):
        self.asked += 1
        if self.asked % 2:
            raise RuntimeError
        return [Figure("asked", "Times.", self.asked)]
"""
    install(odd=source)
    instance = make_instance(plugins={"odd": {}})
    for number in range(1, 4 * FAILURES):
        shown = f"clarion_odd_asked {number}.0" in instance.client.get("/metrics").get_data(as_text=True)
        assert shown == (number % 2 == 0)


class Clock:
    """A clock that goes on only when it is told to."""

    time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_hook_that_is_switched_off_is_tried_again_later_and_later(clock: Clock) -> None:
    guard = Guard("odd", "figures", 1.0, clock)
    asked: list[float] = []

    def fail() -> None:
        asked.append(clock.time)
        raise RuntimeError

    for _ in range(4 * 3600):
        guard.ask(fail, given.nothing, None)
        clock.time += 1
    pauses = [later - sooner for sooner, later in pairwise(asked)]
    assert pauses == [1] * (FAILURES - 1) + [FIRST, 2 * FIRST, 4 * FIRST, LONGEST, LONGEST]
    assert guard.failed == len(asked)


def test_what_mended_itself_is_on_again_at_once_and_says_so(install, make_instance, clock: Clock, capsys) -> None:
    source = """
class P(Plugin):
    api = API_VERSION
    broken = True

    @hookimpl
    def figures(self):
        if self.broken:
            raise RuntimeError
        return [Figure("asked", "Times.", 1)]
"""
    install(odd=source)
    instance = make_instance(plugins={"odd": {}})
    plugins = instance.app.extensions["clarion.plugins"]

    def told() -> tuple[bool, bool]:
        """Whether it is said to be off, and whether its figure is there."""
        figures = instance.client.get("/metrics").get_data(as_text=True)
        return 'clarion_plugin_off{hook="figures",plugin="odd"} 1.0' in figures, "clarion_odd_asked 1.0" in figures

    assert told() == (False, False)
    plugins._guard("odd", "figures", 2.0).clock = clock
    for _ in range(FAILURES - 1):
        off, shown = told()
    assert (off, shown) == (True, False)
    plugins.on[0].plugin.broken = False
    clock.time += FIRST - 1
    assert told() == (True, False)
    clock.time += 1
    for _ in range(2):
        assert told() == (False, True)
    written = capsys.readouterr().out
    assert written.count("plugin switched off") == written.count("plugin works again") == 1
    assert "for 10 minutes" in written


def test_after_a_pause_one_call_tries_it_for_all(clock: Clock) -> None:
    guard = Guard("odd", "figures", 5.0, clock)
    for _ in range(FAILURES):
        guard.ask(lambda: 1 / 0, given.nothing, None)
    clock.time += FIRST
    begun, may_end = threading.Event(), threading.Event()
    asked: list[int] = []

    def slow() -> None:
        asked.append(1)
        begun.set()
        may_end.wait(5)

    trying = threading.Thread(target=guard.ask, args=(slow, given.nothing, None))
    trying.start()
    assert begun.wait(5)
    assert guard.ask(slow, lambda _: "asked", otherwise="left out") == "left out"
    may_end.set()
    trying.join(5)
    assert not guard.off
    assert guard.ask(slow, lambda _: "asked", otherwise="left out") == "asked"
    assert len(asked) == 2


def test_many_that_fail_at_the_same_moment_make_one_pause(clock: Clock, capsys) -> None:
    guard = Guard("odd", "figures", 5.0, clock)
    all_there = threading.Barrier(12)

    def fail() -> None:
        all_there.wait(5)
        raise RuntimeError

    threads = [threading.Thread(target=guard.ask, args=(fail, given.nothing, None)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert guard.failed == 12
    assert capsys.readouterr().out.count("plugin switched off") == 1
    clock.time += FIRST
    assert not guard.off


def test_what_still_hangs_is_not_asked_again_until_it_ends(clock: Clock) -> None:
    guard = Guard("odd", "chore deed", 0.05, clock)
    may_end = threading.Event()
    left = []

    def hang() -> None:
        left.append(threading.current_thread())
        may_end.wait(30)

    for _ in range(FAILURES + 3):
        guard.ask(hang, given.nothing, None)
        clock.time += 2 * LONGEST if guard.off else 0
    assert len(left) == FAILURES
    may_end.set()
    wait_for(lambda: not any(thread.is_alive() for thread in left), lambda: "they hang on")
    clock.time += FIRST
    assert guard.ask(lambda: None, lambda _: "asked", otherwise="left out") == "asked"


@pytest.mark.parametrize("deed", ["return 7", "yield", "return ''"])
def test_events_that_were_not_taken_in_are_kept(deed: str, install, make_instance, make_folder) -> None:
    """A hook that gives something back may have done nothing; a generator certainly has."""
    install(odd=BARE + f"    @hookimpl\n    def events(self, happened):\n        {deed}\n")
    instance = make_instance(plugins={"odd": {}})
    instance.publish(make_folder())
    instance.work()
    assert instance.app.extensions["clarion.plugins"].failures()[("odd", "events")] == 1
    assert 'clarion_events{plugin="odd"} 1.0' in instance.client.get("/metrics").get_data(as_text=True)


@pytest.mark.parametrize(
    ("deed", "failures"), [("def run(): yield", 1), ("async def run(): pass", 1), ("def run(): return 7", 0)]
)
def test_a_chore_that_has_not_begun_counts_as_failed(deed: str, failures: int, install, make_instance) -> None:
    install(odd=f"{deed}\n{BARE}    @hookimpl\n    def chores(self): return [Chore('deed', 1, run)]\n")
    plugins = make_instance(plugins={"odd": {}}).app.extensions["clarion.plugins"]
    (chore,) = plugins.chores()
    chore.run()
    assert plugins.failures() == {("odd", "chore deed"): failures}


def test_a_message_whose_plugin_ends_the_process_is_in_doubt(install, make_instance, make_folder) -> None:
    source = """
class C:
    sender = "petitions@site.example"
    way = "leave by nothing"
    def send(self, mail): sys.exit(1)

class P(Plugin):
    api = API_VERSION
    @hookimpl
    def channels(self): return {"email": C()}
"""
    install(odd=source)
    instance = make_instance(plugins={"odd": {}})
    instance.publish(make_folder())
    instance.sign("library")
    assert instance.work() == 1
    with instance.context():
        from clarion.extensions import db
        from clarion.outbox.models import Message

        message = db.session.query(Message).one()
        assert (message.state, message.last_code) == ("due", "plugin raised SystemExit")
