"""A no is a no, what is no name is none, and nobody says yes to what they were not asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from clarion.api import NotYet, db, has_stopped, live_campaigns, now, signed_by
from clarion.testing import link
from clarion_sms import talks
from clarion_sms.conversation import Asked, Talk, read
from clarion_sms.models import INBOX, ReceivedText

from .conftest import TEXTS, with_texts
from .test_stopping import broadcast

ANA, NOON = "+12024561111", "2026-07-15T17:00:00+00:00"


def web(phones, number: str = ANA, email: str = "ana@readers.example", **fields: str) -> None:
    """Sign on the web with a number, and confirm by mail."""
    assert phones.instance.sign("library", email=email, phone=number, **fields).status_code == 303
    phones.instance.work()
    phones.instance.confirm(link(phones.instance.mails()[-1], "confirm"), tick=True)
    for _ in range(2):  # what a plugin hears of makes a text that leaves with the next look
        phones.work()


def unread(phones) -> int:
    with phones.instance.context():
        return db.session.scalar(select(func.count()).where(ReceivedText.state == INBOX)) or 0


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=True):
        yield


def test_a_no_takes_back_what_was_ticked_on_the_web(phones) -> None:
    web(phones, consent_readers_sms="y", consent_writers_sms="y")
    phones.write(ANA, "LIBRARY")
    phones.write(ANA, "YES")
    phones.write(ANA, "no")
    phones.write(ANA, "no")
    before = len(phones.gateway.sent)
    broadcast(phones, "library")
    broadcast(phones, "library", "writers")
    phones.work()
    assert not [words for words in phones.got(ANA, before) if "News." in words]


@pytest.mark.parametrize(
    "words",
    ["stop the raids!", "who is this", "my mother wants to sign too", "how did you find me", "mi mamá quiere firmar"],
)
def test_a_sentence_is_no_name(phones, words: str) -> None:
    phones.write(ANA, "LIBRARY")
    (answer,) = phones.write(ANA, words)
    assert "name" in answer.lower()
    phones.write(ANA, "20009")
    assert phones.instance.count("library") == 0
    assert unread(phones) == 1


@pytest.mark.parametrize("name", ["Ana Miller", "My Tran", "Do Van Minh", "Will Law", "Ana de la Cruz", "Bill Judge"])
def test_names_are_names(name: str) -> None:
    turn = read(Talk("en"), name, Asked(False, "US", ()))
    assert turn.talk.name == name


def test_what_was_not_understood_holds_texts_also_in_a_talk(phones) -> None:
    phones.write(ANA, "LIBRARY")
    phones.write(ANA, "Ana Luna")
    phones.write(ANA, "yo me rehusaria, la verdad")
    assert unread(phones) == 1


def test_an_ok_out_of_the_blue_is_no_yes(phones, monkeypatch) -> None:
    monkeypatch.setattr(phones.gateway, "send", _refusing(phones.gateway.send))
    web(phones, consent_readers_sms="y")
    phones.write(ANA, "ok")
    with phones.instance.context():
        assert signed_by(live_campaigns().get("library").id, ANA) is None


def _refusing(send):
    """A cap holds the question back."""

    def sending(text):
        if text.name.startswith("number-"):
            raise NotYet("too many to one prefix")
        return send(text)

    return sending


def test_who_was_asked_says_yes_to_those_that_were_named(phones) -> None:
    web(phones, consent_writers_sms="y")
    (asked,) = [words for words in phones.got(ANA) if "Reply YES" in words]
    assert "Writers" in asked
    assert "Readers" not in asked
    phones.write(ANA, "yes")
    before = len(phones.gateway.sent)
    broadcast(phones, "library", "writers")
    phones.work()
    assert [words for words in phones.got(ANA, before) if "News." in words]


def test_an_old_question_is_answered_by_nothing(phones) -> None:
    web(phones, consent_readers_sms="y")
    assert phones.got(ANA)
    with time_machine.travel(now() + timedelta(days=8), tick=True):
        phones.write(ANA, "ok")
    with phones.instance.context():
        assert signed_by(live_campaigns().get("library").id, ANA) is None


def test_nobody_is_asked_at_night(phones) -> None:
    with time_machine.travel("2026-07-15T07:00:00+00:00", tick=True):
        web(phones, consent_readers_sms="y")
        assert phones.got(ANA) == []


def test_a_petition_that_ends_meanwhile_counts_nobody(phones) -> None:
    phones.write(ANA, "LIBRARY")
    with_texts(phones.instance, table=TEXTS.replace('status = "live"', 'status = "closed"'))
    (answer,) = phones.write(ANA, "Ana Luna")
    assert "/library/en" in answer
    phones.write(ANA, "20009")
    assert phones.instance.count("library") == 0


def test_words_are_erased_with_their_signature(phones) -> None:
    web(phones)
    phones.write(ANA, "the bus is late again and my aunt is cross")
    assert unread(phones) == 1
    me = link(phones.instance.mails()[-1], "me")
    phones.instance.client.post(me, data={"action": "erase", "sure": "y"})
    phones.work()
    assert unread(phones) == 0


def test_a_database_that_is_away_loses_no_signature(phones, monkeypatch) -> None:
    phones.write(ANA, "LIBRARY")
    phones.write(ANA, "Ana Luna")
    phones.arrive(ANA, "20009")
    real = talks.sign_by_text

    def away(*arguments: object, **more: object):
        monkeypatch.setattr(talks, "sign_by_text", real)
        raise OperationalError("", None, Exception("away"))

    monkeypatch.setattr(talks, "sign_by_text", away)
    with phones.instance.context(), pytest.raises(OperationalError):
        talks.take_in()
    phones.work()
    assert phones.instance.count("library") == 1


def test_a_stop_gets_through_beside_a_table_that_is_out_of_date(phones, monkeypatch) -> None:
    phones.write(ANA, "LIBRARY")
    with phones.instance.context():
        live = live_campaigns().get("library")
        monkeypatch.setitem(live.campaign.plugins["sms"], "number", "none any more")
    phones.write(ANA, "STOP")
    with phones.instance.context():
        assert has_stopped(ANA)
