"""Reasons: sealed until the mailbox confirmed, shown once a person approved, gone when taken back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from clarion.extensions import db
from clarion.pages.pulse import init_pulse
from clarion.sealing import KeyMissing, Keyring
from clarion.signatures import reasons, tasks
from clarion.signatures.models import APPROVED, HIDDEN, Reason
from clarion.testing import Instance, link

WORDS = "Because my class reads here."


def _confirmed(instance: Instance, **fields: str) -> str:
    instance.sign("library", reason=WORDS, **fields)
    instance.work()
    instance.client.post(link(instance.mails()[0], "confirm"), data={"action": "confirm"})
    instance.work()
    return link(instance.mails()[-1], "me")


def _moderate(instance: Instance, state: str) -> None:
    with instance.context():
        (row,) = db.session.scalars(select(Reason))
        assert reasons.moderate(row.campaign_id, row.id, state)
    init_pulse(instance.app)


def _page(instance: Instance) -> str:
    return instance.client.get("/library/en").get_data(as_text=True)


def test_a_reason_stays_sealed_until_it_is_confirmed(either_instance: Instance) -> None:
    either_instance.sign("library", reason=WORDS, show_name="y")
    either_instance.work()
    with either_instance.context():
        assert db.session.scalars(select(Reason)).all() == []


def test_a_reason_is_shown_once_approved_with_the_name_that_was_chosen(either_instance: Instance) -> None:
    _confirmed(either_instance, name="Ana López", show_name="y")
    assert WORDS not in _page(either_instance)
    _moderate(either_instance, APPROVED)
    assert WORDS in _page(either_instance)
    assert "Ana L." in _page(either_instance)
    assert "López" not in _page(either_instance)
    facts = either_instance.client.get("/library.json").get_json()
    assert facts["reasons"] == [{"text": WORDS, "name": "Ana L.", "language": "en"}]
    _moderate(either_instance, HIDDEN)
    assert WORDS not in _page(either_instance)


def test_a_name_that_was_not_chosen_is_not_shown(instance: Instance) -> None:
    _confirmed(instance, name="Ana López")
    _moderate(instance, APPROVED)
    assert WORDS in _page(instance)
    assert "Ana" not in _page(instance).split("<main")[1].split("Reasons")[1].split("</ul>")[0]


@pytest.mark.parametrize("form", [{"action": "withdraw"}, {"action": "erase"}, {"action": "save", "name": "Ana"}])
def test_taking_it_back_takes_it_off_the_page(instance: Instance, form: dict[str, str]) -> None:
    me = _confirmed(instance)
    _moderate(instance, APPROVED)
    assert instance.client.post(me, data=form).status_code == 200
    init_pulse(instance.app)
    assert WORDS not in _page(instance)


def test_words_that_were_changed_are_read_again(instance: Instance) -> None:
    me = _confirmed(instance)
    _moderate(instance, APPROVED)
    instance.client.post(me, data={"action": "save", "name": "Ana", "reason": "Other words."})
    instance.work()
    init_pulse(instance.app)
    assert "Other words." not in _page(instance)
    with instance.context():
        (row,) = db.session.scalars(select(Reason))
        assert (row.words, row.state) == ("Other words.", "waiting")


def test_only_processes_with_private_keys_can_open_them(instance: Instance) -> None:
    instance.sign("library", reason=WORDS)
    instance.work()
    instance.client.post(link(instance.mails()[0], "confirm"), data={"action": "confirm"})
    keyring: Keyring = instance.app.extensions["clarion.keyring"]
    instance.app.extensions["clarion.keyring"] = Keyring(keyring.folder, holds_private=False)
    with instance.context():
        with pytest.raises(KeyMissing):
            tasks.bring_out_reasons()
        assert db.session.scalars(select(Reason)).all() == []


def test_moderating_reaches_no_other_campaign(instance: Instance, make_folder) -> None:
    _confirmed(instance)
    instance.publish(make_folder("museum"))
    with instance.context():
        (row,) = db.session.scalars(select(Reason))
        assert not reasons.moderate(row.campaign_id + 1, row.id, APPROVED)


def test_long_reasons_do_not_make_the_page_heavy(instance: Instance) -> None:
    with instance.context():
        campaign_id = instance.app.extensions["clarion.live"].get("library").id
    for number in range(8):
        instance.sign("library", email=f"ana{number}@readers.example", reason="አ" * 900)
    instance.work()
    for mail in instance.mails():
        instance.client.post(link(mail, "confirm"), data={"action": "confirm"})
    instance.work()
    with instance.context():
        for row in reasons.waiting(campaign_id):
            reasons.moderate(campaign_id, row.id, APPROVED)
        assert 1 <= len(reasons.shown(campaign_id)) < 8
