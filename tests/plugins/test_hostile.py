"""Hostile plugins change no signing result: they are isolated, counted, and left alone after five failures."""

from __future__ import annotations

import pytest

from clarion.plugins.guard import FAILURES
from clarion.testing import Instance, link

DEEDS = {
    "raises": "raise RuntimeError('ana@readers.example')",
    "gives junk": "return 7",
    "hangs": "threading.Event().wait(30)",
    "ends the process": "sys.exit(1)",
    "interrupts": "raise KeyboardInterrupt",
    "eats memory": "return bytearray(2**62)",
}

PLUGIN = """
class C:
    def send(self, mail):
        {deed}

class P(Plugin):
    api = API_VERSION

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
    def figures(self):
        {deed}
"""


@pytest.fixture(params=DEEDS)
def hostile(request: pytest.FixtureRequest, install, hasty, make_instance, make_folder) -> Instance:
    """An instance with a plugin that does its deed in every hook."""
    install(odd=PLUGIN.format(deed=DEEDS[request.param]))
    instance = make_instance(plugins={"odd": {}})
    instance.publish(make_folder())
    return instance


def test_people_sign_confirm_and_are_counted(hostile: Instance) -> None:
    assert hostile.sign("library").status_code == 303
    assert hostile.work() == 1
    (mail,) = hostile.mails()
    assert mail["To"] == "ana@readers.example"
    assert hostile.confirm(link(mail, "confirm")).status_code == 200
    assert hostile.work() == 1
    assert hostile.count("library") == 1


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
