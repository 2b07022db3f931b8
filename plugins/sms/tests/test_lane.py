"""What a worker makes of what companies and caps say: every text leaves once or waits, and none is forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import update

from clarion.api import db, transaction
from clarion.outbox.models import Message
from clarion.testing import Instance

from .companies import Company, serve, table_of
from .conftest import with_texts
from .lines import state, thank


@pytest.fixture
def company() -> Iterator[Company]:
    with serve(Company("twilio")) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def start(request, company: Company, make_instance: Callable, make_folder: Callable) -> Callable[..., Instance]:
    """An instance with these settings of the plugin, on each database in turn."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")

    def make(**more: object) -> Instance:
        made = make_instance(url, plugins={"sms": table_of(company, **more)})
        make_folder()
        with_texts(made)
        return made

    return make


def work_again(instance: Instance) -> None:
    """As if all waits were over."""
    with instance.context(), transaction() as session:
        session.execute(update(Message).values(due_at=Message.created_at))
    instance.work()


def code(instance: Instance, message: int) -> str:
    with instance.context():
        found = db.session.get(Message, message)
        assert found is not None
        return str(found.last_code)


@pytest.mark.parametrize("how", ["500", "500 taken", "503", "cut", "cut taken"])
def test_what_nobody_knows_is_never_sent_again(start, company: Company, how: str) -> None:
    company.slow_list = True
    company.behave = lambda n: how if n == 1 else ""
    instance = start()
    message = thank(instance)
    assert state(instance, message) == "unknown"
    for _ in range(3):
        work_again(instance)
    assert len(company.handed) == 1
    assert state(instance, message) == "unknown"


def test_who_asks_to_wait_gets_it_afterwards_and_once(start, company: Company) -> None:
    company.behave = lambda n: "429" if n == 1 else ""
    company.retry_after = 1
    instance = start()
    message = thank(instance)
    assert (state(instance, message), len(company.handed)) == ("due", 1)
    while state(instance, message) == "due":
        work_again(instance)
    handed = [moment for moment, _ in company.handed]
    assert len(handed) == 2
    assert handed[1] - handed[0] >= 1


def test_the_cap_of_a_campaign_lets_its_texts_wait(start, company: Company) -> None:
    instance = start(price=1.0, dollars_a_day_campaign=1.0)
    messages = [thank(instance, f"+1202456{3000 + n}") for n in range(3)]
    assert [state(instance, message) for message in messages] == ["sent", "due", "due"]
    assert code(instance, messages[1]) == "campaign cap"
    assert not instance.app.extensions["clarion.relay"].lane("sms").paused


def test_the_cap_of_a_day_stops_the_lane(start, company: Company, capsys) -> None:
    instance = start(price=1.0, dollars_a_day=1.0)
    messages = [thank(instance, f"+1202456{3000 + n}") for n in range(3)]
    assert [state(instance, message) for message in messages] == ["sent", "due", "due"]
    assert code(instance, messages[1]) == "blocked day cap"
    assert instance.app.extensions["clarion.relay"].lane("sms").paused
    said = capsys.readouterr().out
    assert (said.count("text cap reached"), said.count("lane blocked")) == (1, 1)
