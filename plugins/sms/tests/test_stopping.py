"""A stop in the middle of everything: from the next moment on that phone gets nothing, from nobody."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from clarion.api import Person, db, live_campaigns, now, schedule_texts, sign_by_text
from clarion.outbox.models import Message
from clarion_sms.gateways import Received
from clarion_sms.inbound import receive

from .conftest import OURS, TEXTS, with_texts

SIGNERS = 1000
AT = 500


def numbers(count: int) -> list[str]:
    return [f"+1202556{n:04d}" for n in range(count)]


def sign_all(phones, slug: str, some: list[str]) -> None:
    with phones.instance.context():
        live = live_campaigns().get(slug)
        asks = [ask for ask in live.campaign.consents if ask.channel == "sms"]
        for number in some:
            sign_by_text(live.id, "en", Person(name="Ana Luna", email="", phone=number), asks)


def broadcast(phones, slug: str, organisation: str = "readers") -> None:
    with phones.instance.context():
        live = live_campaigns().get(slug)
        assert schedule_texts(
            live, f"news-{organisation}", live.campaign.organisation(organisation), {"en": "News."}, now()
        )


@pytest.mark.timeout(480)
def test_a_stop_at_text_500_of_1000(phones, make_folder) -> None:
    """The last one who would get it says stop when half are sent, while a worker has pages in its hands."""
    make_folder("museum")
    with_texts(phones.instance, "museum", TEXTS.replace("LIBRARY", "MUSEUM").replace("BIBLIOTECA", "MUSEO"))
    everybody = numbers(SIGNERS)
    sign_all(phones, "library", everybody)
    sign_all(phones, "museum", everybody[-20:])
    broadcast(phones, "library")
    send, stopped = phones.gateway.send, []

    def sending(text) -> str:
        code = send(text)
        if len(phones.gateway.sent) == AT:
            # of those whose text is in the worker's hands at this moment, the next one, and one whose is far behind
            following = [one for one in everybody if one not in {text.recipient for text in phones.gateway.sent}]
            stopped.extend([following[0], following[1], following[-1]])
            for n, number in enumerate(stopped):
                receive(Received("stub", f"stop-{n}", number, OURS, "STOP"))
        return code

    phones.gateway.send = sending
    phones.work()
    broadcast(phones, "library", "writers")
    broadcast(phones, "museum")
    phones.work()
    got = {number: [text.words for text in phones.gateway.sent if text.recipient == number] for number in stopped}
    assert len(stopped) == 3
    for number, words in got.items():
        assert len(words) == 1, (number, words)
        assert "START" in words[0]
    others = [text for text in phones.gateway.sent if text.recipient not in stopped]
    assert len(others) == 2 * (SIGNERS - 3) + 20 - 1
    assert len({(text.recipient, text.campaign, text.message_id) for text in others}) == len(others)
    with phones.instance.context():
        states = dict(db.session.execute(select(Message.state, func.count()).group_by(Message.state)).all())
    assert set(states) == {"sent", "needless"}
