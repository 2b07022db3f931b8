"""What companies tell of texts: ten times, shuffled, forged or as garbage; it only ever moves forward."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from clarion.api import db, has_stopped, now, transaction
from clarion.outbox.models import Message
from clarion.testing import wait_for
from clarion_sms import forgetting
from clarion_sms.models import ToldText
from clarion_sms.told import catch_up

from .companies import BACKUP_NUMBER, Company, serve, table_of, twilio_post, vonage_post
from .conftest import OURS, with_texts
from .lines import ANA, BASE, state, thank


@pytest.fixture(params=["twilio", "vonage"])
def company(request: pytest.FixtureRequest) -> Iterator[Company]:
    with serve(Company(request.param)) as running:
        yield running


@pytest.fixture
def instance(company: Company, make_instance: Callable, make_folder: Callable):
    made = make_instance(plugins={"sms": table_of(company)})
    make_folder()
    with_texts(made)
    return made


def told(instance, message: int) -> str:
    with instance.context():
        return db.session.scalar(select(ToldText.state).filter_by(message_id=message))


FORM = "application/x-www-form-urlencoded"
WORDS = {
    "twilio": {"sent": "sent", "delivered": "delivered", "failed": "undelivered"},
    "vonage": {"sent": "submitted", "delivered": "delivered", "failed": "rejected"},
}


def test_they_come_ten_times_and_in_any_order(instance, company: Company) -> None:
    for n, order in enumerate(itertools.permutations(["sent", "delivered", "sent", "delivered"])):
        number = f"+1202456{2000 + n}"
        message = thank(instance, number)
        one = next(taken for taken in company.taken if taken["to"] == number)
        for said in order * 3:
            answer = company.tell(instance.client, BASE, one, WORDS[company.kind][said])
            assert answer.status_code == 200
        assert (told(instance, message), state(instance, message)) == ("delivered", "sent")


def test_a_text_that_never_arrived_is_not_sent(instance, company: Company) -> None:
    message = thank(instance)
    (one,) = company.taken
    for said in ("sent", "failed", "sent"):
        company.tell(instance.client, BASE, one, WORDS[company.kind][said], "30007" if said == "failed" else "")
    assert (told(instance, message), state(instance, message)) == ("failed", "failed")


def test_what_nobody_knew_to_have_left_is_known_once_it_is_told_of(instance, company: Company) -> None:
    message = thank(instance)
    (one,) = company.taken
    with instance.context(), transaction() as session:
        session.execute(update(Message).where(Message.id == message).values(state="unknown"))
    company.tell(instance.client, BASE, one, WORDS[company.kind]["sent"])
    assert state(instance, message) == "sent"


def test_who_has_opted_out_with_their_company_gets_nothing_here(instance, company: Company) -> None:
    error = {"twilio": "21610", "vonage": "1240"}[company.kind]
    thank(instance)
    (one,) = company.taken
    company.tell(instance.client, BASE, one, WORDS[company.kind]["failed"], error)
    instance.work()
    with instance.context():
        assert has_stopped(ANA)
    company.text(instance.client, BASE, ANA, OURS, "START")
    with instance.context():
        assert not has_stopped(ANA), "whoever stopped can come back"


def test_who_says_stop_to_the_number_of_a_second_company_is_heard(instance, company: Company) -> None:
    company.text(instance.client, BASE, ANA, BACKUP_NUMBER, "STOP")
    with instance.context():
        assert has_stopped(ANA)


def test_what_a_dead_worker_had_sent_is_known_by_what_was_told(instance, company: Company) -> None:
    """It was told of while the worker seemed to be at it; only then was the worker taken for dead."""
    messages = [thank(instance, f"+1202456{2000 + n}") for n in range(3)]
    with instance.context(), transaction() as session:
        session.execute(update(Message).where(Message.id.in_(messages)).values(state="due", trying=True))
    for one, said in zip(company.taken, ("delivered", "failed", ""), strict=True):
        if said:
            company.tell(instance.client, BASE, one, WORDS[company.kind][said], "30007" if said == "failed" else "")
    with instance.context(), transaction() as session:
        session.execute(update(Message).where(Message.id.in_(messages)).values(state="unknown", trying=False))
    with instance.context():
        assert (catch_up(), catch_up()) == (2, 0)
    assert [state(instance, message) for message in messages] == ["sent", "failed", "unknown"]


@pytest.mark.parametrize("how", ["stopped", "gone"])
def test_what_a_company_says_at_once_has_the_same_consequences(instance, company: Company, how: str) -> None:
    company.behave = lambda _: {
        "twilio": {"stopped": "21610", "gone": "21614"},
        "vonage": {"stopped": "422 1240", "gone": "422 1190"},
    }[company.kind][how]
    message = thank(instance)
    instance.work()
    assert state(instance, message) == "failed"
    with instance.context():
        assert has_stopped(ANA)
    company.text(instance.client, BASE, ANA, OURS, "START")
    with instance.context():
        assert has_stopped(ANA) is (how == "gone"), "a number that is none cannot come back"


@pytest.mark.parametrize("error", ["30003", "30007", "21401", "1330", "1120", "1180"])
def test_what_passes_or_is_about_us_silences_nobody(instance, company: Company, error: str) -> None:
    thank(instance)
    (one,) = company.taken
    company.tell(instance.client, BASE, one, WORDS[company.kind]["failed"], error)
    instance.work()
    with instance.context():
        assert not has_stopped(ANA)


def test_what_was_told_before_the_answer_got_lost_is_known(instance, company: Company) -> None:
    """The text was taken and told of; only our own request never heard so."""

    def behave(_: int) -> str:
        threading.Thread(target=tell).start()
        return "cut taken"

    def tell() -> None:
        wait_for(lambda: bool(company.taken), lambda: "nothing was taken")
        company.tell(instance.client, BASE, company.taken[0], WORDS[company.kind]["sent"])
        heard.set()

    heard = threading.Event()
    company.behave, company.slow_list = behave, True
    company.before_cut = lambda: heard.wait(10)
    assert state(instance, thank(instance)) == "sent"


TOLD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=200),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
NAMES = "MessageSid From To Body MessageStatus ErrorCode channel message_uuid from to text status client_ref error"


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request, company: Company, make_instance: Callable, make_folder: Callable):
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    made = make_instance(url, plugins={"sms": table_of(company)})
    make_folder()
    with_texts(made)
    return made


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=st.dictionaries(st.sampled_from(NAMES.split()), TOLD, max_size=8), raw=st.none() | TOLD)
@example(told={"channel": "sms", "message_uuid": "a\0b", "from": "12025550123", "to": "1", "text": "x"}, raw=None)
@example(
    told={"channel": "sms", "message_uuid": "\ud800", "from": "12025550123", "to": "1", "text": "\ud800"}, raw=None
)
@example(told={"channel": "sms", "message_uuid": "a" * 500, "from": "\0" * 30, "to": "\ud800", "text": "x"}, raw=None)
@example(told={"MessageSid": "a\0b", "From": "+1202\0", "To": "\0", "Body": "\0"}, raw=None)
def test_garbage_that_is_signed_is_taken_calmly(either, company: Company, told: dict, raw: object) -> None:
    for path in ("", "/status"):
        if company.kind == "twilio":
            form = {name: str(value).encode(errors="replace").decode() for name, value in told.items()}
            answer = twilio_post(either.client, BASE, f"/hooks/sms/twilio{path}", form)
        else:
            answer = vonage_post(either.client, f"/hooks/sms/vonage{path}", told if raw is None else raw)
        assert answer.status_code == 200


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mark=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=80))
def test_garbage_in_place_of_a_signature(instance, company: Company, mark: str) -> None:
    for name in ("X-Twilio-Signature", "Authorization"):
        for value in (mark, f"Bearer {mark}", f"Bearer a.{mark}.c"):
            answer = instance.client.post(
                f"/hooks/sms/{company.kind}", data={"From": "x"}, headers={name: value.strip()}
            )
            assert answer.status_code == 401


def test_forged_webhooks_are_refused(instance, company: Company) -> None:
    told = {"MessageSid": "SM1", "From": ANA, "To": OURS, "Body": "STOP"}
    if company.kind == "twilio":
        answers = [
            twilio_post(instance.client, BASE, "/hooks/sms/twilio", told, token="another"),
            twilio_post(instance.client, "https://elsewhere.example", "/hooks/sms/twilio", told),
            instance.client.post("/hooks/sms/twilio", data=told),
            instance.client.post("/hooks/sms/twilio/status/forged", data=told),
        ]
    else:
        answers = [
            vonage_post(instance.client, "/hooks/sms/vonage", told, secret="another" * 8),
            instance.client.post("/hooks/sms/vonage", json=told),
            instance.client.post("/hooks/sms/vonage/status", json=told, headers={"Authorization": "Bearer x.y.z"}),
        ]
    assert {answer.status_code for answer in answers} == {401}
    with instance.context():
        assert not has_stopped(ANA)


def test_what_is_signed_and_says_nothing_is_taken(instance, company: Company) -> None:
    for told in ({}, {"MessageSid": "SM1"}, {"status": "??"}, {"MessageStatus": "sent", "client_ref": "x"}):
        for path in ("", "/status"):
            if company.kind == "twilio":
                answer = twilio_post(instance.client, BASE, f"/hooks/sms/twilio{path}", dict(told))
            else:
                answer = vonage_post(instance.client, f"/hooks/sms/vonage{path}", told)
            assert answer.status_code == 200


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=300), kind=st.sampled_from(["application/x-www-form-urlencoded", "application/json", ""])
)
def test_garbage_is_answered_calmly(instance, company: Company, body: bytes, kind: str) -> None:
    for path in ("", "/status"):
        answer = instance.client.post(f"/hooks/sms/{company.kind}{path}", data=body, content_type=kind)
        assert answer.status_code in (400, 401)


def test_what_is_too_long_is_refused(instance, company: Company) -> None:
    answer = instance.client.post(f"/hooks/sms/{company.kind}", data=b"a" * 200_000, content_type="application/json")
    assert answer.status_code in (401, 413)


def test_a_start_that_somebody_has_kept_lifts_no_later_stop(instance, company: Company) -> None:
    with time_machine.travel(now(), tick=True) as clock:
        assert company.text(instance.client, BASE, ANA, OURS, "START", key="SM" + "a" * 32).status_code in (200, 204)
        company.text(instance.client, BASE, ANA, OURS, "STOP")
        clock.shift(timedelta(days=20))
        with instance.context():
            forgetting.forget_old(now())
            assert has_stopped(ANA)
        assert company.text(instance.client, BASE, ANA, OURS, "START", key="SM" + "a" * 32).status_code in (200, 204)
        with instance.context():
            assert has_stopped(ANA)


def test_a_webhook_of_last_week_is_not_taken(make_instance, make_folder) -> None:
    with serve(Company("vonage")) as vonage:
        made = make_instance(plugins={"sms": table_of(vonage)})
        make_folder()
        with_texts(made)
        told = {"channel": "sms", "message_uuid": "old", "from": ANA[1:], "to": OURS[1:], "text": "STOP"}
        assert vonage_post(made.client, "/hooks/sms/vonage", told, age=7 * 24 * 3600).status_code == 401
        assert vonage_post(made.client, "/hooks/sms/vonage", told, age=3600).status_code in (200, 204)
