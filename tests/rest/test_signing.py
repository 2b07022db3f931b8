"""Signing by a program: the same form, the same path, the same answer for everyone."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from sqlalchemy import func, select

from clarion.extensions import db
from clarion.outbox.models import HELD, Message
from clarion.rest.models import ApiCall
from clarion.rest.repeats import KEPT, forget
from clarion.rest.schema import SignAnswer
from clarion.signatures.models import Consent, Signature
from clarion.testing import TABLE, Instance, link, plain

from .conftest import Api, problem


def rows(instance: Instance, model: Any) -> list[Any]:
    with instance.context():
        return list(db.session.scalars(select(model).order_by(model.id)))


def test_a_signature_goes_the_way_of_all_others(api: Api) -> None:
    answer = api.sign(
        name="José Núñez", postal_code="20009", reason="Because.", show_name=True, consent_writers_email=True
    )
    assert answer.status_code == 202
    assert SignAnswer.model_validate_json(answer.data).status == "mail-sent"
    api.instance.work()
    (mail,) = api.instance.mails()
    assert api.instance.confirm(link(mail, "confirm"), tick=True).status_code == 200
    api.instance.work()
    (signature,) = rows(api.instance, Signature)
    assert (signature.source, signature.organisation, signature.language) == ("api", "readers", "en")
    assert (signature.area, signature.show_name) == ("US-200", True)
    (consent,) = rows(api.instance, Consent)
    assert (consent.organisation, consent.channel) == ("writers", "email")
    assert consent.confirmed_at is not None
    assert api.instance.count("library") == 1
    assert "José Núñez" in plain(api.instance.mails()[-1])


def test_with_a_key_it_is_counted_to_the_keys_organisation(api: Api) -> None:
    assert api.sign(key=api.key("writers"), language="es", consent_readers_email=False).status_code == 202
    api.instance.work()
    (mail,) = api.instance.mails()
    assert mail["Content-Language"] == "es"
    api.instance.confirm(link(mail, "confirm"), tick=True)
    api.instance.work()
    (signature,) = rows(api.instance, Signature)
    assert (signature.source, signature.organisation, signature.language) == ("api", "writers", "es")
    assert rows(api.instance, Consent) == []
    told = api.call("/campaigns/library/breakdown", api.key()).get_json()
    assert (told["by_organisation"], told["by_source"]) == ({"writers": 1}, {"api": 1})


def test_new_and_repeat_signers_are_answered_alike(api: Api) -> None:
    first, again = api.sign(), api.sign()
    api.signed(email="confirmed@readers.example")
    confirmed = api.sign(email="Confirmed@readers.example")
    assert first.data == again.data == confirmed.data
    assert {answer.status_code for answer in (first, again, confirmed)} == {202}
    drop = ("RateLimit", "Date")
    headers = [[pair for pair in answer.headers if pair[0] not in drop] for answer in (first, again, confirmed)]
    assert headers[0] == headers[1] == headers[2]
    assert len(rows(api.instance, Signature)) == 2


def test_the_form_says_what_is_wrong_in_the_language_asked(quick: Api) -> None:
    english = problem(quick.sign(name="", email="x", postal_code="9" * 4000, phone="12"), 422, "fields-invalid")
    assert english.errors is not None
    assert set(english.errors) == {"name", "email", "postal_code", "phone"}
    answer = quick.sign(name="", email="x", language="es", headers={"Accept-Language": "en"})
    spanish = problem(answer, 422)
    assert spanish.errors is not None
    assert "Por favor" in spanish.errors["name"][0] or spanish.errors["name"] != english.errors["name"]
    assert answer.headers["Content-Language"] == "es"
    page = quick.instance.sign("library", "es", name="", email="x").get_data(as_text=True)
    assert spanish.errors["name"][0] in page
    assert spanish.errors["email"][0] in page
    assert quick.instance.work() == 0


def test_without_a_language_the_callers_own_is_taken(quick: Api) -> None:
    assert quick.sign(headers={"Accept-Language": "es-MX, es;q=0.9, en;q=0.5"}).get_json()["language"] == "es"
    assert quick.sign(headers={"Accept-Language": "fr"}).get_json()["language"] == "en"
    told = problem(quick.sign(language="fr"), 422)
    assert told.errors is not None
    assert "en, es" in told.errors["language"][0]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("role", "owner", 'no "role"'),
        ("state", "confirmed", 'no "state"'),
        ("organisation", "writers", 'no "organisation"'),
        ("source", "page", 'no "source"'),
        ("website", "x", 'no "website"'),
        ("emial", "a@b.example", 'Did you mean "email"?'),
        ("country", "US", 'no "country"'),
        ("consent-reader-email", True, 'Did you mean "consent-readers-email"?'),
        ("consent-readers-email", "yes", "true or false"),
        ("consent-readers-email", 1, "true or false"),
        ("show_name", "on", "true or false"),
        ("show_name", None, "true or false"),
        ("phone", 12025550143, "text"),
        ("phone", None, "text"),
        ("reason", ["x"], "text"),
        ("reason", {"x": 1}, "text"),
        ("language", 5, "text"),
        ("token", 5, "text"),
        ("name", "\ud800", "cannot be shown"),
        ("reason", "x\udfff", "cannot be shown"),
    ],
)
def test_a_field_that_is_none_of_the_form_is_named(quick: Api, name: str, value: object, told: str) -> None:
    body = {"name": "Ana", "email": "ana@readers.example", "token": quick.token(), name: value}
    answer = quick.call("/campaigns/library/signatures", method="POST", json=body)
    errors = problem(answer, 422, "fields-invalid").errors
    assert errors is not None
    assert list(errors) == [name]
    assert told in errors[name][0]


BAD_BODIES = {
    "empty": b"",
    "no object": b"[]",
    "a text": b'"x"',
    "a number": b"1",
    "null": b"null",
    "half": b'{"name": "Ana"',
    "deep lists": b"[" * 10_000 + b"]" * 10_000,
    "deep objects": b'{"":' * 10_000 + b"1" + b"}" * 10_000,
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"name": -Infinity}',
    "a key twice": b'{"name": "Ana", "name": "Bea"}',
    "a key twice within": b'{"name": {"a": 1, "a": 2}}',
    "a huge number": b'{"name": ' + b"9" * 10_000 + b"}",
    "no UTF-8": b'{"name": "\xff\xfe"}',
    "UTF-16": '{"name": "Ana"}'.encode("utf-16"),
    "a mark before it": b'\xef\xbb\xbf{"name": "Ana"}',
    "zeros": b"\x00" * 100,
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_bodies_that_are_no_json_object(quick: Api, body: bytes) -> None:
    answer = quick.call("/campaigns/library/signatures", method="POST", data=body, content_type="application/json")
    problem(answer, 400, "malformed-json")


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data", "x"]
)
def test_other_types_are_refused(quick: Api, kind: str) -> None:
    answer = quick.call("/campaigns/library/signatures", method="POST", data=b'{"name": "Ana"}', content_type=kind)
    problem(answer, 415)


def test_long_bodies_and_many_fields(quick: Api) -> None:
    body = json.dumps({"name": "x" * 100_000}).encode()
    answer = quick.call("/campaigns/library/signatures", method="POST", data=body, content_type="application/json")
    problem(answer, 413)
    many = {f"f{number}": 1 for number in range(3000)}
    told = problem(quick.call("/campaigns/library/signatures", method="POST", json=many), 422)
    assert told.errors is not None
    assert len(told.errors) <= 103


def test_without_a_key_the_forms_token_is_needed(quick: Api, make_folder) -> None:
    quick.instance.publish(make_folder("parks"))
    for token in ("", "x", quick.token("parks"), "A" * 20_000):
        told = problem(quick.sign(token=token), 422)
        assert told.errors is not None
        assert list(told.errors) == ["token"]
    assert quick.sign(token=quick.instance.form_token("library")).status_code == 202, "the page's own is as good"


@pytest.mark.parametrize(("status", "code"), [("paused", 403), ("closed", 410)])
def test_the_server_decides_the_state(quick: Api, tmp_path, status: str, code: int) -> None:
    token, key = quick.token(), quick.key()
    folder = tmp_path / "campaigns" / "library"
    (folder / "campaign.toml").write_text(TABLE.replace('"live"', f'"{status}"'))
    quick.instance.publish(folder)
    told = quick.call("/campaigns/library").get_json()
    assert (told["status"], told["form_token"]) == (status, None)
    for answer in (quick.sign(token=token), quick.sign(key=key)):
        problem(answer, code, status)
    assert rows(quick.instance, Signature) == []


def test_a_crowd_without_a_key_waits_for_a_second_look(make_instance, make_folder) -> None:
    made = make_instance(signing={"network_limit": 2})
    made.publish(make_folder())
    api = Api(made)
    answers = [api.sign(email=f"ana{number}@readers.example") for number in range(4)]
    key = api.key("writers")
    answers += [api.sign(key=key, email=f"bea{number}@readers.example") for number in range(4)]
    assert len({answer.data for answer in answers}) == 1
    with made.context():
        assert db.session.scalar(select(func.count()).select_from(Message).filter_by(state=HELD)) == 2


def test_scripts_of_other_sites_cannot_sign(quick: Api) -> None:
    own = "http://127.0.0.1:8000"
    key = quick.key()
    for origin in ("https://evil.example", "null", "http://127.0.0.1:8000.evil.example", "https://127.0.0.1:8000"):
        answer = quick.sign(headers={"Origin": origin})
        problem(answer, 403, "foreign-origin")
        assert "Access-Control-Allow-Origin" not in answer.headers
        problem(quick.sign(key=key, headers={"Origin": origin}), 403, "foreign-origin")
        asked = quick.call("/campaigns/library/signatures", method="OPTIONS", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in asked.headers
    assert rows(quick.instance, Signature) == []
    answer = quick.sign(headers={"Origin": own})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (202, own)
    wrong = quick.sign(headers={"Origin": own}, email="x")
    assert wrong.headers["Access-Control-Allow-Origin"] == own, "its own page can read what was wrong"
    asked = quick.call("/campaigns/library/signatures", method="OPTIONS", headers={"Origin": own})
    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Methods"] == "POST"
    assert "Idempotency-Key" in asked.headers["Access-Control-Allow-Headers"]
    assert "Origin" in asked.headers["Vary"]


def test_the_same_call_again_is_answered_the_same(api: Api) -> None:
    key, header = api.key(), {"Idempotency-Key": '"one"'}
    first = api.sign(key=key, headers=header)
    again = api.sign(key=key, headers=header)
    assert (first.status_code, first.data) == (again.status_code, again.data)
    assert len(rows(api.instance, Signature)) == 1
    problem(api.sign(key=key, headers=header, name="Bea"), 422, "idempotency-key-reused")
    assert api.sign(key=api.key(), headers=header, name="Bea").status_code == 202, "another key's are its own"
    with api.instance.context():
        calls = list(db.session.scalars(select(ApiCall)))
        assert len(calls) == 2
        kept = str([[getattr(call, column.name) for column in ApiCall.__table__.columns] for call in calls])
        assert "ana" not in kept.lower()
        assert forget() == 0
        for call in calls:
            call.made_at -= KEPT * 1.01
        db.session.commit()
        assert forget() == 2
    assert api.sign(key=key, headers=header, name="Bea").status_code == 202


def test_a_call_that_failed_can_be_made_again(api: Api) -> None:
    key, header = api.key(), {"Idempotency-Key": "two"}
    problem(api.sign(key=key, headers=header, email="x"), 422, "fields-invalid")
    assert api.sign(key=key, headers=header).status_code == 202


def test_a_call_that_is_not_answered_yet_is_waited_for(api: Api, monkeypatch) -> None:
    from clarion.rest import signing

    key, header = api.key(), {"Idempotency-Key": "three"}
    inside, go = threading.Event(), threading.Event()
    take = signing.take

    def slow(*arguments: Any, **more: Any) -> Any:
        inside.set()
        assert go.wait(20)
        return take(*arguments, **more)

    monkeypatch.setattr(signing, "take", slow)
    answers: list[Any] = []
    first = threading.Thread(target=lambda: answers.append(api.sign(key=key, headers=header)))
    first.start()
    assert inside.wait(20)
    second = api.sign(key=key, headers=header)
    go.set()
    first.join()
    problem(second, 409, "idempotency-key-in-use")
    assert second.headers["Retry-After"]
    assert answers[0].status_code == 202
    assert api.sign(key=key, headers=header).status_code == 202


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_an_idempotency_key_has_a_form(quick: Api, key: str) -> None:
    problem(quick.sign(headers={"Idempotency-Key": key}), 400, "idempotency-key-malformed")


def test_where_there_is_no_room_nothing_is_kept(quick: Api, monkeypatch) -> None:
    group = quick.instance.app.extensions["clarion.group_commit"]
    monkeypatch.setattr(group.desks, "most_inside", 0)
    header = {"Idempotency-Key": "four"}
    answer = quick.sign(headers=header)
    problem(answer, 503)
    assert answer.headers["Retry-After"] == "5"
    monkeypatch.undo()
    assert quick.sign(headers=header).status_code == 202


def test_nobody_is_named_in_the_log(quick: Api, capsys: pytest.CaptureFixture[str]) -> None:
    key = quick.key()
    quick.sign(name="Canary Bird", email="canary@birds.example", reason="canary", consent_readers_email=True)
    quick.sign(key=key, name="Canary Bird", email="canary@", phone="canary")
    quick.sign(key=key, canary="canary")
    quick.instance.work()
    quick.instance.confirm(link(quick.instance.mails()[-1], "confirm"), tick=True)
    assert "Canary Bird" in quick.call("/campaigns/library/signers", key).get_data(as_text=True)
    told = capsys.readouterr()
    assert "canary" not in (told.out + told.err).lower()
    assert key not in told.out + told.err
