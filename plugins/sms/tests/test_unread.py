"""In doubt nothing is sent: who wrote what no rule understood gets no text to many before a person has read it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, update

from clarion.api import Place, db, has_stopped, now, open_for, transaction
from clarion.outbox.models import Message
from clarion_sms import commands, forgetting
from clarion_sms.conversation import yes_or_no
from clarion_sms.models import INBOX, ReceivedText
from clarion_sms.settings import SmsSettings

from .conftest import Gateway, Phones, with_texts
from .test_optout import listed
from .test_stopping import broadcast, sign_all

ANA, BEN = "+12025550111", "+12025550112"
ODD = "my aunt in texas says the bus is late again"


@pytest.fixture
def run(phones, tmp_path):
    """The commands of staff."""
    settings = SmsSettings()
    group = commands.group(Place(tmp_path, "http://127.0.0.1:8000", production=False), settings)

    def invoke(*words: str):
        with phones.instance.context():
            return CliRunner().invoke(group, list(words), catch_exceptions=False)

    return invoke


def waiting_number(run) -> str:
    found = re.search(r"^ *(\d+) ", run("inbox", "library").output)
    assert found
    return found[1]


def news(phones, number: str) -> list[str]:
    return [words for words in phones.got(number) if "News." in words]


def test_it_waits_until_somebody_has_read_it(phones, run) -> None:
    sign_all(phones, "library", [ANA, BEN])
    phones.write(ANA, ODD)
    broadcast(phones, "library")
    phones.work()
    assert (news(phones, ANA), len(news(phones, BEN))) == ([], 1)
    listed = run("inbox", "library").output
    assert ODD in listed
    assert "closed or stopped these: 1\n" in listed
    assert run("close", waiting_number(run)).output == "1 laid aside.\n"
    with phones.instance.context(), transaction() as session:
        session.execute(_due_now())
    phones.work()
    assert len(news(phones, ANA)) == 1


def _due_now():
    return update(Message).where(Message.state == "due").values(due_at=now() - timedelta(seconds=1), lease_until=None)


def test_it_holds_before_a_worker_has_looked_at_it(phones) -> None:
    sign_all(phones, "library", [ANA])
    broadcast(phones, "library")
    phones.arrive(ANA, ODD)
    phones.instance.work()
    assert news(phones, ANA) == []


def test_staff_stop_a_phone(phones, run) -> None:
    sign_all(phones, "library", [ANA, BEN])
    before = phones.work()
    phones.write(ANA, ODD)
    phones.write(ANA, ODD + " indeed")
    number = waiting_number(run)
    assert run("stop", number).output == f"{number}: stopped.\n"
    phones.work()
    assert "START" in phones.got(ANA, before)[-1]
    assert run("inbox", "library").output == "Nothing waits to be read.\n"
    assert run("stop", number).exit_code == 1
    broadcast(phones, "library")
    phones.work()
    assert (news(phones, ANA), len(news(phones, BEN))) == ([], 1)


def test_what_nobody_reads_is_a_stop_in_the_end(phones) -> None:
    sign_all(phones, "library", [ANA])
    phones.write(ANA, ODD)
    with phones.instance.context():
        forgetting.forget_old(now() + timedelta(days=29))
        assert not has_stopped(ANA)
    phones.write(ANA, ODD)
    with phones.instance.context():
        assert db.session.scalar(select(func.count()).where(ReceivedText.state == INBOX)) == 2
        forgetting.forget_old(now() + timedelta(days=31))
        assert has_stopped(ANA)
        assert db.session.scalar(select(func.count()).select_from(ReceivedText)) == 0


def test_close_takes_all_up_to_one(phones, run) -> None:
    for n in range(3):
        phones.write(f"+1202555012{n}", ODD)
    numbers = re.findall(r"^ *(\d+) ", run("inbox", "library").output, re.MULTILINE)
    assert run("close", "--up-to", numbers[1]).output == "2 laid aside.\n"
    assert run("close").exit_code == 2


def test_what_petitions_are_about_lies_in_the_inbox_word_for_word(make_instance, make_folder) -> None:
    """Every ordinary sentence of the lists, by the same way that a text comes in."""
    instance = make_instance(plugins={"sms": {}})
    make_folder()
    with_texts(instance)
    phones = Phones(instance, Gateway())
    instance.app.extensions["clarion.channels"]["sms"] = phones.gateway
    said = {f"+1202556{n:04d}": words for n, (_, words) in enumerate(listed("ordinary"))}
    for number, words in said.items():
        phones.arrive(number, words)
    phones.work()
    with instance.context():
        rows = db.session.scalars(select(ReceivedText).where(ReceivedText.state == INBOX)).all()
        found = {opened["number"]: opened["words"] for row in rows if (opened := open_for(row.campaign_id, row.sealed))}
        stopped = [words for number, words in said.items() if has_stopped(number)]
    kept = {number: words for number, words in said.items() if yes_or_no(words) is None}
    assert stopped == []
    assert {number: found.get(number) for number in kept} == kept
