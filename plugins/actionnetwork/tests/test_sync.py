"""Who is told of whom: with a yes and once, without one never, and taken back when the yes ends."""

from __future__ import annotations

import re
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import delete

from clarion.api import Event, db, now, transaction
from clarion.signatures import consents
from clarion.signatures.models import Signature
from clarion.testing import TABLE, link
from clarion_actionnetwork.forgetting import forget
from clarion_actionnetwork.intake import backfill
from clarion_actionnetwork.models import Base, Signer

from .crowd import add_crowd, courier_of, make, rows, send, settings, signed
from .stub import KEY, PETITION, Stub, by_identifier

WITH_TEXTS = TABLE.replace('channels = ["email"]', 'channels = ["email", "sms"]')


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_who_said_yes_arrives_and_nobody_else(database, request, make_instance, make_folder, stub: Stub) -> None:
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else ""
    instance, courier = make(make_instance, make_folder(), stub, url)
    signed(instance, "Ana María Reader", consent_readers_email="y", postal_code="20009", phone="+1 202 555 0143")
    signed(instance, "Bo")
    signed(instance, "Cy", consent_writers_email="y")
    send(instance, courier)
    send(instance, courier)
    (person,) = stub.people
    assert (person.given_name, person.family_name) == ("Ana", "María Reader")
    assert (person.email, person.email_status, person.phone) == ("ana@readers.example", "subscribed", "")
    assert (person.postal["postal_code"], person.languages, person.tags) == ("20009", ["en"], {"petition"})
    assert re.fullmatch(r"clarion:[0-9a-f]{32}", person.identifiers[0])
    (signature,) = stub.signatures[PETITION]
    assert signature.person is person
    assert signature.referrer == {"source": "clarion-library", "website": f"{courier.site}/library"}
    assert stub.autoresponses == 0
    assert [(method, path) for _, method, path, _ in stub.calls] == [
        ("GET", ""),
        ("POST", f"/petitions/{PETITION}/signatures"),
    ]
    (row,) = rows(instance)
    assert (row.state, row.email, row.sms, row.person, row.attempt) == ("there", "there", "", person.id, 0)
    with instance.context(), db.engine.connect() as connection:
        known = {"include_object": lambda thing, name, kind, *_: kind != "table" or name.startswith("actionnetwork_")}
        context = MigrationContext.configure(connection, opts={"compare_type": True, **known})
        assert compare_metadata(context, Base.metadata) == []


def test_without_a_petition_there_only_the_person_goes(make_instance, make_folder, stub: Stub) -> None:
    instance, courier = make(make_instance, make_folder(), stub, petitions={})
    signed(instance, "Ana", consent_readers_email="y")
    send(instance, courier)
    assert [(method, path) for _, method, path, _ in stub.calls] == [("GET", ""), ("POST", "/people")]
    assert stub.subscribed() == ["ana@readers.example"]
    assert rows(instance)[0].person == stub.people[0].id


def test_a_yes_to_texts_gives_the_number_and_no_address(make_instance, make_folder, stub: Stub) -> None:
    instance, courier = make(make_instance, make_folder(files={"campaign.toml": WITH_TEXTS}), stub)
    signed(instance, "Ana", phone="+1 202 456 1111", consent_readers_sms="y")
    send(instance, courier)
    (person,) = stub.people
    assert (person.email, person.email_status) == ("", "")
    assert (person.phone, person.sms_status) == ("+12024561111", "subscribed")


def test_other_campaigns_stay_here(make_instance, make_folder, stub: Stub) -> None:
    instance, courier = make(make_instance, make_folder(), stub, campaigns=["parks"], petitions={})
    signed(instance, "Ana", consent_readers_email="y")
    send(instance, courier)
    assert (rows(instance), stub.calls) == ([], [])


@pytest.mark.parametrize("how", ["erase", "withdraw"])
def test_whose_yes_ends_is_unsubscribed_once(how: str, make_instance, make_folder, stub: Stub) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    me = signed(instance, "Ana", consent_readers_email="y")
    signed(instance, "Bo", consent_readers_email="y")
    send(instance, courier)
    instance.client.post(me, data={"action": how})
    send(instance, courier)
    send(instance, courier)
    assert stub.subscribed() == ["bo@readers.example"]
    assert [method for _, method, *_ in stub.calls].count("PUT") == 1
    assert len(rows(instance)) == 1
    assert stub.by_email()["ana@readers.example"].email_status == "unsubscribed"


def test_who_leaves_by_the_link_of_a_mail_and_erases_at_once_is_unsubscribed(make_instance, make_folder, stub) -> None:
    """Both within the second in which nothing was passed on yet."""
    instance, courier = make(make_instance, make_folder(), stub)
    me = signed(instance, "Ana", consent_readers_email="y")
    send(instance, courier)
    with instance.context(), transaction() as session:
        consents.withdraw(session, session.get_one(Signature, 1), "email", "readers")
    instance.client.post(me, data={"action": "erase"})
    send(instance, courier)
    assert stub.subscribed() == []
    assert rows(instance) == []


def test_who_comes_back_is_subscribed_again(make_instance, make_folder, stub: Stub) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    me = signed(instance, "Ana", consent_readers_email="y")
    send(instance, courier)
    instance.client.post(me, data={"action": "withdraw"})
    send(instance, courier)
    assert stub.subscribed() == []
    instance.client.post(me, data={"action": "sign-again"})
    send(instance, courier)
    assert stub.subscribed() == ["ana@readers.example"]
    assert len(stub.people) == len(stub.signatures[PETITION]) == 1


def test_who_is_erased_before_the_turn_comes_never_arrives(make_instance, make_folder, stub: Stub) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    me = signed(instance, "Ana", consent_readers_email="y")
    instance.work()
    assert len(rows(instance)) == 1
    instance.client.post(me, data={"action": "erase"})
    send(instance, courier)
    assert stub.people == []
    assert [method for _, method, *_ in stub.calls] in ([], ["GET"])
    assert rows(instance) == []


def test_an_event_told_twice_changes_nothing(make_instance, make_folder, stub: Stub) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    signed(instance, "Ana", consent_readers_email="y")
    send(instance, courier)
    calls = len(stub.calls)
    event = Event(900, "consent.given", 1, "library", 1, "readers", "email", {}, now())
    ended = Event(901, "consent.withdrawn", 1, "library", 2, "readers", "email", {}, now())
    (on,) = instance.app.extensions["clarion.plugins"].on
    with instance.context():
        for _ in range(2):
            on.plugin.events([event, ended])
    send(instance, courier)
    assert (len(stub.calls), [row.state for row in rows(instance)]) == (calls, ["there"])


def test_a_no_that_was_taken_back_before_it_was_told_costs_no_call(make_instance, make_folder, stub: Stub) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    signed(instance, "Ana", consent_readers_email="y")
    send(instance, courier)
    calls = len(stub.calls)
    (on,) = instance.app.extensions["clarion.plugins"].on
    with instance.context():
        on.plugin.events([Event(901, "consent.withdrawn", 1, "library", 1, "readers", "email", {}, now())])
    send(instance, courier)
    (row,) = rows(instance)
    assert (len(stub.calls), row.state, row.email_ended) == (calls, "there", False)


def test_all_who_said_yes_before_are_told_of_by_backfill(make_instance, make_folder, stub: Stub) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    signed(instance, "Ana", consent_readers_email="y")
    send(instance, courier)
    mine = add_crowd(instance, 30)
    add_crowd(instance, 10, "writers", start=100)
    add_crowd(instance, 10, "", start=200)
    with instance.context():
        told = list(backfill("readers", courier.groups["readers"], "", courier.clock()))
        assert told == [(31, 30)]
        assert list(backfill("readers", courier.groups["readers"], "library", courier.clock())) == [(31, 0)]
        assert list(backfill("readers", courier.groups["readers"], "parks", courier.clock())) == []
    send(instance, courier)
    assert stub.subscribed() == sorted(["ana@readers.example", *mine])
    assert set(by_identifier(stub).values()) == {1}


def test_a_backfill_subscribes_nobody_again_who_has_left_and_a_new_yes_does(make_instance, make_folder, stub) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    signed(instance, "Ana", consent_readers_email="y")
    with instance.context():
        # as if the group were set up only now
        db.session.execute(delete(Signer))
        db.session.commit()
        list(backfill("readers", courier.groups["readers"], "", courier.clock()))
    known = {"person": {"email_addresses": [{"address": "ana@readers.example", "status": "unsubscribed"}]}}
    stub.sign_up(known)
    send(instance, courier)
    assert stub.subscribed() == []
    assert stub.signatures[PETITION][0].person is stub.people[0]
    instance.publish(make_folder("parks"))
    instance.sign("parks", name="Ana", email="ana@readers.example", consent_readers_email="y")
    instance.work()
    instance.confirm(link(instance.mails()[-1], "confirm"))
    send(instance, courier)
    assert stub.subscribed() == ["ana@readers.example"]
    assert len(stub.people) == 1


def test_whose_campaign_is_over_is_forgotten_without_a_word(make_instance, make_folder, stub: Stub) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    signed(instance, "Ana", consent_readers_email="y")
    signed(instance, "Bo", consent_readers_email="y")
    send(instance, courier)
    calls = len(stub.calls)
    with instance.context():
        db.session.delete(db.session.get_one(Signature, 1))
        db.session.commit()
        for days in (0, 5, 5):
            assert len(rows(instance)) == 2
            courier.desk.clock.go(days=days)
            forget(courier.groups, courier.clock())
    assert [row.signature for row in rows(instance)] == [2]
    send(instance, courier)
    assert (stub.subscribed(), len(stub.calls)) == (["ana@readers.example", "bo@readers.example"], calls)


def test_two_organisations_have_two_groups(make_instance, make_folder, make_stub) -> None:
    ours, theirs = make_stub(limit=1000), make_stub(limit=1000, keys={"another-key-of-writers"})
    writers = settings(theirs, organisation="writers", key="another-key-of-writers")
    groups: dict[str, Any] = {"readers": settings(ours), "writers": writers}
    instance = make_instance(plugins={"actionnetwork": {"groups": groups}})
    instance.publish(make_folder())
    courier = courier_of(instance)
    signed(instance, "Ana", consent_readers_email="y")
    signed(instance, "Bo", consent_writers_email="y")
    signed(instance, "Cy", consent_readers_email="y", consent_writers_email="y")
    send(instance, courier)
    assert ours.subscribed() == ["ana@readers.example", "cy@readers.example"]
    assert theirs.subscribed() == ["bo@readers.example", "cy@readers.example"]
    assert not set(by_identifier(ours)) & set(by_identifier(theirs))
    assert {key for *_, key in ours.calls} == {KEY}


def test_nothing_of_a_person_is_kept(make_instance, make_folder, stub: Stub) -> None:
    instance, courier = make(make_instance, make_folder(), stub)
    signed(instance, "Ana", consent_readers_email="y")
    send(instance, courier)
    (row,) = rows(instance)
    kept = " ".join(str(getattr(row, column.key)) for column in Signer.__table__.columns)
    assert "ana" not in kept.lower()
    assert "@" not in kept
