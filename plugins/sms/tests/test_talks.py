"""Talks from the first text to the last, as the phone sees them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from clarion.api import db, now, open_for, transaction
from clarion.signatures.models import CONFIRMED, Consent, Signature
from clarion.testing import link
from clarion_sms import talks
from clarion_sms.models import INBOX, Conversation, OwnText, ReceivedText

from .conftest import TEXTS, with_texts

ANA, BEA = "+12025550123", "+12025550124"


def signatures(phones) -> list[Signature]:
    with phones.instance.context():
        return list(db.session.scalars(select(Signature).where(Signature.state == CONFIRMED).order_by(Signature.id)))


def yes_to(phones) -> list[tuple[str, str, str]]:
    with phones.instance.context():
        given = select(Consent).where(Consent.confirmed_at.is_not(None), Consent.withdrawn_at.is_(None))
        rows = db.session.scalars(given.order_by(Consent.id))
        return [(row.organisation, row.channel, row.place) for row in rows]


def inbox(phones) -> int:
    with phones.instance.context():
        return db.session.scalar(select(func.count()).where(ReceivedText.state == INBOX)) or 0


def details(phones) -> dict[str, str]:
    (row,) = signatures(phones)
    with phones.instance.context():
        return open_for(row.campaign_id, row.sealed)


def test_a_whole_talk_in_english(phones) -> None:
    (asked,) = phones.write(ANA, "library")
    assert 'to sign "Keep the library open", reply with your name' in asked
    (asked,) = phones.write(ANA, "Ana Reader")
    assert "ZIP code?" in asked
    assert signatures(phones) == []
    (asked,) = phones.write(ANA, "20009")
    assert "Readers" in asked
    assert asked.endswith("Reply YES or NO.")
    assert phones.instance.count("library") == 1, "the name counts before the last question is answered"
    welcome, asked = phones.write(ANA, "Yes!")
    assert "Readers: you will get our texts, up to 4 a month. Msg & data rates may apply." in welcome
    assert asked.startswith("Writers asks")
    (thanks,) = phones.write(ANA, "no thanks")
    assert "Your name counts" in thanks
    (row,) = signatures(phones)
    assert (row.source, row.language, row.reached_by, row.area) == ("text", "en", "sms", "US-200")
    assert yes_to(phones) == [("readers", "sms", "text")]
    assert details(phones)["name"] == "Ana Reader"
    assert details(phones)["phone"] == ANA
    page = phones.instance.client.get("/me/" + thanks.partition("/me/")[2].split()[0])
    assert page.status_code == 200
    assert "Ana Reader" in page.text


def test_a_whole_talk_in_spanish(phones) -> None:
    (asked,) = phones.write(ANA, "¡Biblioteca!")
    assert "Que siga la biblioteca" in asked
    phones.write(ANA, "me llamo Ana Luna")
    phones.write(ANA, "20009")
    phones.write(ANA, "Sí")
    (thanks,) = phones.write(ANA, "no, gracias")
    assert "/me/" in thanks
    (row,) = signatures(phones)
    assert row.language == "es"
    assert details(phones)["name"] == "Ana Luna"
    with phones.instance.context():
        assert db.session.scalar(select(Consent.language)) == "es"


@pytest.mark.parametrize(
    "answers",
    [
        ["Ana Luna 20009"],
        ["20009", "Ana Luna"],
        ["Hi, I'm Ana Luna", "my zip is 20009"],
        ["Ana Lina", "name Ana Luna", "20009"],
        ["20010", "zip 20009", "Ana Luna"],
        ["why do you want to know that?", "Ana Luna", "no idea", "20009"],
        ["Ana Luna", "2009", "20009"],
        ["yes", "Ana Luna", "it's 20009 I think"],
    ],
)
def test_answers_come_in_any_order_and_are_set_right(phones, answers: list[str]) -> None:
    phones.write(ANA, "LIBRARY")
    for words in answers:
        phones.write(ANA, words)
    known = details(phones)
    assert (known["name"], known["postal_code"]) == ("Ana Luna", "20009")


def test_who_falls_silent_has_signed_and_is_thanked(phones) -> None:
    phones.write(ANA, "LIBRARY")
    phones.write(ANA, "Ana Luna 20009")
    before = len(phones.gateway.sent)
    with phones.instance.context():
        talks.look_after()
    phones.work()
    assert phones.got(ANA, before) == []
    _later(phones, timedelta(minutes=20))
    with phones.instance.context():
        talks.look_after()
        talks.look_after()
    phones.work()
    (thanks,) = phones.got(ANA, before)
    assert "Your name counts" in thanks
    welcome, _asked = phones.write(ANA, "yes")
    assert "Readers" in welcome, "the question is still open"
    assert phones.write(ANA, "no") == [], "and they are not thanked twice"


def test_after_a_day_of_silence_a_talk_goes_on_and_after_a_week_it_is_over(phones) -> None:
    phones.write(ANA, "LIBRARY")
    phones.write(BEA, "LIBRARY")
    _later(phones, timedelta(days=1))
    with phones.instance.context():
        talks.look_after()
    (asked,) = phones.write(ANA, "Ana Luna")
    assert "ZIP" in asked
    _later(phones, timedelta(days=8))
    with phones.instance.context():
        talks.look_after()
    assert phones.write(BEA, "Bea Sol") == []
    assert inbox(phones) == 1


def _later(phones, time: timedelta) -> None:
    with phones.instance.context(), transaction() as session:
        session.execute(update(Conversation).values(spoken_at=now() - time))


def test_who_has_signed_is_told_so_and_counts_once(phones) -> None:
    phones.write(ANA, "LIBRARY")
    phones.write(ANA, "Ana Luna 20009")
    phones.write(ANA, "no")
    phones.write(ANA, "no")
    (told,) = phones.write(ANA, "library")
    assert "signed this petition before" in told
    assert "/me/" in told
    assert phones.instance.count("library") == 1


def test_a_text_that_is_told_ten_times_is_one(phones) -> None:
    for _ in range(10):
        phones.arrive(ANA, "LIBRARY", key="SM-one")
    phones.work()
    assert len(phones.got(ANA)) == 1


def test_stop_in_a_talk_ends_it_at_once(phones) -> None:
    """What waits to be read or to be sent when it comes in does not leave any more."""
    phones.write(ANA, "LIBRARY")
    phones.arrive(ANA, "Ana Luna 20009")
    with phones.instance.context():
        talks.take_in()
    phones.arrive(ANA, "STOP")
    before = phones.work()
    (told,) = phones.got(ANA, before)
    assert "START" in told
    assert phones.write(ANA, "stop") == []
    assert phones.write(ANA, "20009") == []
    assert phones.write(ANA, "LIBRARY") == [], "until it says START, not even a keyword is answered"
    (back,) = phones.write(ANA, "start")
    assert "again" in back
    assert len(phones.write(ANA, "LIBRARY")) == 1


def test_help_names_who_answers(phones) -> None:
    (told,) = phones.write(ANA, "HELP")
    assert "hello@readers.example" in told
    phones.write(ANA, "BIBLIOTECA")
    (told,) = phones.write(ANA, "ayuda")
    assert "Que siga la biblioteca" in told


def test_what_nobody_can_make_sense_of_is_for_a_person(phones) -> None:
    assert phones.write(ANA, "Is the library open on Sundays?") == []
    assert inbox(phones) == 1
    phones.write(BEA, "LIBRARY")
    assert len(phones.write(BEA, "is this real?")) == 1
    assert len(phones.write(BEA, "who are you?")) == 1
    assert phones.write(BEA, "what do you want?") == []
    assert inbox(phones) == 4


def test_a_signature_on_the_web_with_this_number_counts_once(phones) -> None:
    phones.instance.sign("library", phone=ANA)
    phones.instance.work()
    phones.instance.confirm(link(phones.instance.mails()[0], "confirm"), tick=True)
    (asked,) = phones.write(ANA, "LIBRARY")
    assert "names this number" in asked
    (asked,) = phones.write(ANA, "yes that was me")
    assert "YES or NO" in asked
    (asked,) = phones.write(ANA, "yes")
    assert asked.startswith("Readers asks")
    phones.write(ANA, "yes")
    phones.write(ANA, "no")
    (row,) = signatures(phones)
    assert row.source == "page"
    assert ("readers", "sms", "text") in yes_to(phones)
    assert phones.instance.count("library") == 1


def test_a_signature_on_the_web_that_is_somebody_elses_is_left_alone(phones) -> None:
    phones.instance.sign("library", phone=ANA)
    phones.instance.work()
    phones.instance.confirm(link(phones.instance.mails()[0], "confirm"), tick=True)
    phones.write(ANA, "LIBRARY")
    (asked,) = phones.write(ANA, "NO")
    assert "your name" in asked
    phones.write(ANA, "Ana Luna 20009")
    assert [row.source for row in signatures(phones)] == ["page", "text"]
    assert phones.instance.count("library") == 2


def test_two_campaigns_with_one_number(phones, make_folder) -> None:
    make_folder("museum")
    with_texts(phones.instance, "museum", TEXTS.replace("LIBRARY", "MUSEUM").replace("BIBLIOTECA", "MUSEO"))
    phones.write(ANA, "LIBRARY")
    phones.write(ANA, "MUSEUM")
    phones.write(ANA, "Ana Luna 20009")
    phones.write(ANA, "no")
    asked, thanks = sorted(phones.write(ANA, "no"), key=lambda words: "counts" in words)
    assert "Your name counts" in thanks
    assert "your name" in asked, "what was asked for the other is asked once more"
    phones.write(ANA, "Ana Luna 20009")
    assert phones.instance.count("library") == phones.instance.count("museum") == 1


def test_a_closed_petition_says_so(phones) -> None:
    with_texts(phones.instance, table=TEXTS.replace('status = "live"', 'status = "closed"'))
    (told,) = phones.write(ANA, "LIBRARY")
    assert "takes no signatures now" in told
    assert "/library/en" in told
    assert signatures(phones) == []


def test_a_worker_that_dies_over_a_text_leaves_it_to_the_next(phones, monkeypatch) -> None:
    phones.write(ANA, "LIBRARY")
    phones.arrive(ANA, "Ana Luna 20009")

    class Killed(BaseException):
        pass

    def die(*_args: object, **_more: object) -> None:
        raise Killed

    with monkeypatch.context() as patched, phones.instance.context():
        patched.setattr(talks, "settle", die)
        with pytest.raises(Killed):
            talks.take_in()
    (asked,) = phones.got(ANA, phones.work())
    assert asked.startswith("Readers asks")
    assert phones.instance.count("library") == 1


def test_nothing_of_a_talk_stands_in_clear(phones) -> None:
    phones.write(ANA, "LIBRARY")
    phones.write(ANA, "Ana Luna")
    phones.write(BEA, "Call me, Ana Luna")
    with phones.instance.context():
        for model in (Conversation, ReceivedText):
            for row in db.session.scalars(select(model)):
                kept = [value for value in vars(row).values() if isinstance(value, bytes | str)]
                raw = b" ".join(value if isinstance(value, bytes) else value.encode() for value in kept)
                assert b"Ana" not in raw
                assert ANA.encode() not in raw
                assert BEA.encode() not in raw


def test_who_erases_their_signature_takes_all_that_they_wrote_with_them(phones) -> None:
    phones.write(ANA, "LIBRARY")
    phones.write(ANA, "Ana Luna 20009")
    phones.write(ANA, "no")
    (thanks,) = phones.write(ANA, "no")
    phones.write(ANA, "My cousin wants to sign too, how?")
    phones.write(BEA, "LIBRARY")
    assert inbox(phones) == 1
    phones.instance.client.post("/me/" + thanks.partition("/me/")[2].split()[0], data={"action": "erase"})
    phones.work()
    with phones.instance.context():
        assert db.session.scalar(select(func.count()).select_from(Conversation)) == 1, "Bea's is still there"
        assert db.session.scalar(select(func.count()).where(ReceivedText.state == INBOX)) == 0
        assert db.session.scalar(select(func.count()).select_from(OwnText)) == 1
