"""Figures for machines and people."""

from __future__ import annotations

from datetime import timedelta

from click.testing import CliRunner
from sqlalchemy import update

from clarion import metrics
from clarion.cli import main
from clarion.extensions import now, transaction
from clarion.outbox.models import Message
from clarion.testing import Instance, link


def _metrics(instance: Instance) -> dict[str, float]:
    init_recent(instance)
    text = instance.client.get("/metrics").get_data(as_text=True)
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def init_recent(instance: Instance) -> None:
    """Look at every row again, which is done every ten minutes."""
    instance.app.extensions["clarion.recent_figures"] = metrics._Recent()


def test_they_follow_what_happens(either_instance: Instance) -> None:
    assert _metrics(either_instance)['clarion_signatures{campaign="library"}'] == 0
    either_instance.sign("library", email="one@readers.example")
    either_instance.sign("library", email="two@readers.example")
    waiting = _metrics(either_instance)
    assert waiting['clarion_signatures_by_state{state="pending"}'] == 2
    assert waiting['clarion_messages{channel="email",state="due"}'] == 2
    either_instance.work()
    either_instance.client.post(link(either_instance.mails()[0], "confirm"), data={"action": "confirm"})
    after = _metrics(either_instance)
    assert after['clarion_signatures{campaign="library"}'] == 1
    assert after['clarion_messages{channel="email",state="sent"}'] == 2
    assert after["clarion_count_drift"] == 0


def test_a_message_is_late_only_once_it_is_due(either_instance: Instance) -> None:
    either_instance.sign("library")
    for minutes, late in ((-10, 600), (60, 0)):
        with either_instance.context(), transaction() as session:
            session.execute(update(Message).values(due_at=now() + timedelta(minutes=minutes)))
        assert late <= _metrics(either_instance)["clarion_oldest_due_seconds"] < late + 60


def test_what_is_planned_for_later_is_not_what_waits(either_instance: Instance) -> None:
    either_instance.sign("library")
    for minutes, attempt, state in ((-10, 0, "due"), (60, 0, "planned"), (60, 1, "due"), (60 * 24, 1, "planned")):
        with either_instance.context(), transaction() as session:
            session.execute(update(Message).values(due_at=now() + timedelta(minutes=minutes), attempt=attempt))
        told = {name for name in _metrics(either_instance) if name.startswith('clarion_messages{channel="email"')}
        assert told == {f'clarion_messages{{channel="email",state="{state}"}}'}


def test_they_are_told_to_the_own_network_only(make_instance) -> None:
    instance = make_instance(site={"trusted_proxies": ["127.0.0.0/8"]})
    assert instance.client.get("/metrics").status_code == 200
    assert instance.client.get("/metrics", headers={"X-Forwarded-For": "10.1.2.3"}).status_code == 200
    assert instance.client.get("/metrics", headers={"X-Forwarded-For": "93.184.216.34"}).status_code == 404


def test_status_and_doctor_say_the_same_to_people(instance: Instance) -> None:
    instance.sign("library")
    instance.work()
    environment = {"CLARION_HOME": str(instance.home)}
    told = CliRunner().invoke(main, ["status"], env=environment)
    assert told.exit_code == 0, told.output
    assert "library" in told.output
    assert "1 pending" in told.output
    assert "drift of counts: 0" in told.output
    doctor = CliRunner().invoke(main, ["doctor"], env=environment)
    assert doctor.exit_code == 0, doctor.output
    assert "counts agree with the signatures" in doctor.output
    held = CliRunner().invoke(main, ["held", "library"], env=environment)
    assert held.output == "0 waiting\n"
