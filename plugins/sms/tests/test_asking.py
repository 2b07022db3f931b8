"""A number typed on the web: its phone is asked once, and gets nothing more before it has said yes."""

from __future__ import annotations

from sqlalchemy import select

from clarion.api import db, live_campaigns, now, schedule_texts
from clarion.signatures.models import Consent
from clarion.testing import link

ANA = "+12025550123"


def sign(phones, **boxes: str) -> None:
    phones.instance.sign("library", phone=ANA, **boxes)
    phones.instance.work()
    phones.instance.confirm(link(phones.instance.mails()[0], "confirm"), tick=True)
    phones.work()  # what happened is passed on
    phones.work()  # and what that led to is sent


def news(phones) -> list[str]:
    with phones.instance.context():
        live = live_campaigns().get("library")
        assert schedule_texts(live, "news", live.campaign.lead, {"en": "Readers: news. STOP to end"}, now())
    return phones.got(ANA, phones.work())


def test_who_says_yes_gets_texts(phones) -> None:
    sign(phones, consent_readers_sms="y")
    (asked,) = phones.got(ANA)
    assert asked.startswith("Reply YES to get texts from Readers")
    (welcome,) = phones.write(ANA, "YES")
    assert welcome.startswith("Readers: you will get our texts")
    assert news(phones) == ["Readers: news. STOP to end"]


def test_who_says_nothing_gets_nothing(phones) -> None:
    sign(phones, consent_readers_sms="y")
    assert len(phones.got(ANA)) == 1
    assert news(phones) == []


def test_who_says_no_gets_nothing_and_the_yes_is_taken_back(phones) -> None:
    sign(phones, consent_readers_sms="y")
    assert phones.write(ANA, "no") == []
    assert news(phones) == []
    with phones.instance.context():
        kept = db.session.scalars(select(Consent).filter_by(channel="sms")).one()
        assert kept.withdrawn_at is not None


def test_who_ticked_no_box_is_not_asked(phones) -> None:
    sign(phones)
    assert phones.got(ANA) == []
