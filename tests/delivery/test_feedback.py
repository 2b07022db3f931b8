"""What providers tell of mails after taking them: acted on once, whoever tells it how often and when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from clarion.delivery import consequences, mailboxes
from clarion.delivery.channels import Mail, Refused
from clarion.delivery.consequences import apply_feedback, forget_feedback, speaks_against_mailbox
from clarion.delivery.feedback import message_name, report_feedback
from clarion.delivery.models import Addressee, Delivery, Feedback
from clarion.events import EventRow
from clarion.extensions import db, now, this_minute, transaction
from clarion.outbox import service as outbox
from clarion.outbox.models import BOUNCED, FAILED, SENT, Message
from clarion.outbox.service import NewMessage
from clarion.signatures import tasks
from clarion.signatures.models import CONFIRMED, PENDING, VOID, Consent, Signature
from clarion.testing import Instance, link, plain

HARD = "5.1.1"


class Gone:
    """A server that knows no mailbox."""

    sender = "petitions@site.example"

    def send(self, mail: Mail) -> str:
        raise Refused("550 5.1.1", no_mailbox=True)


def tell(
    instance: Instance, kind: str = "bounced", code: str = HARD, event: str = "1", message_id: str | None = None
) -> bool:
    """A provider tells something of the newest mail; whether it was taken for one of ours."""
    with instance.context():
        newest = db.session.scalar(select(func.max(Message.id)))
        name = f"<{message_name(newest or 0)}@site.example>" if message_id is None else message_id
        return report_feedback("ses", event, name, kind, code)  # type: ignore[arg-type]


def newest(instance: Instance) -> Message:
    with instance.context():
        return db.session.scalars(select(Message).order_by(Message.id.desc())).first()  # type: ignore[return-value]


def signature(instance: Instance) -> Signature:
    with instance.context():
        return db.session.scalars(select(Signature)).one()


def suppressed(instance: Instance) -> dict[str, int]:
    with instance.context():
        return mailboxes.suppressed()


def confirmed(instance: Instance, **consents: str) -> None:
    instance.sign("library", **consents)
    instance.work()
    instance.confirm(link(instance.mails()[0], "confirm"))
    instance.work()


def test_a_bounced_confirmation_is_never_counted(either_instance: Instance) -> None:
    reference = either_instance.sign("library").headers["Location"].partition("r=")[2]
    either_instance.work()
    (mail,) = either_instance.mails()
    code = next(word for word in plain(mail).split() if word.isdigit() and len(word) == 6)
    assert tell(either_instance)
    either_instance.work()
    assert (newest(either_instance).state, newest(either_instance).last_code) == (BOUNCED, HARD)
    assert signature(either_instance).state == VOID
    assert suppressed(either_instance) == {"bounced": 1}
    client, path = either_instance.client, link(mail, "confirm")
    assert client.get(path).status_code == 404
    assert client.post(path, data={"action": "confirm"}).status_code == 404
    assert client.post(f"/confirm/{reference}", data={"code": code}).status_code == 422
    assert client.post(f"/confirm/{reference}", data={"resend": "1"}).status_code == 303
    again = either_instance.sign("library")
    assert (again.status_code, "thanks?r=" in again.headers["Location"]) == (303, True), "the answer that all get"
    either_instance.work()
    assert (newest(either_instance).state, newest(either_instance).last_code) == ("needless", "suppressed")
    assert (signature(either_instance).state, either_instance.count("library")) == (VOID, 0)
    assert len(either_instance.mails()) == 1
    with either_instance.context():
        for days, forgotten in ((2, 0), (8, 1)):
            with transaction() as session:
                session.execute(update(Signature).values(signed_at=now() - timedelta(days=days)))
            assert (tasks.remind(), tasks.forget_unconfirmed()) == (0, forgotten)


def test_a_mailbox_that_is_lifted_can_confirm_after_all(either_instance: Instance) -> None:
    either_instance.sign("library", email="ana@readers.example")
    either_instance.work()
    tell(either_instance)
    either_instance.work()
    with either_instance.context():
        assert mailboxes.lift("other@readers.example") == (False, 0)
        assert mailboxes.lift("ANA@readers.example") == (True, 1)
        with transaction() as session:
            session.execute(update(Signature).values(signed_at=now() - timedelta(hours=1)))
    either_instance.sign("library", email="ana@readers.example")
    either_instance.work()
    assert either_instance.confirm(link(either_instance.mails()[-1], "confirm")).status_code == 200
    assert either_instance.count("library") == 1


def test_told_again_reordered_or_forged_changes_nothing(either_instance: Instance) -> None:
    confirmed(either_instance, consent_readers_email="y")
    with either_instance.context():
        id = newest(either_instance).id
        right = message_name(id)
    for forged in (f"<{id}.aaaaaaaaaaaaaaaa@site.example>", f"<{id + 1}.{right[-16:]}@site.example>", "x", "", "<@>"):
        assert not tell(either_instance, message_id=forged)
    assert either_instance.work() == 0
    assert (newest(either_instance).state, suppressed(either_instance)) == (SENT, {})
    for kind, event in (("complained", "c"), ("bounced", "b"), ("bounced", "b"), ("complained", "c"), ("bounced", "d")):
        assert tell(either_instance, kind=kind, event=event)
        either_instance.work()
    assert (newest(either_instance).state, suppressed(either_instance)) == (BOUNCED, {"complained": 1})
    assert signature(either_instance).state == CONFIRMED, "a name that its mailbox has confirmed counts"
    assert either_instance.count("library") == 1
    with either_instance.context():
        assert db.session.scalars(select(Consent)).one().withdrawn_at is not None
        assert db.session.scalar(select(func.count()).select_from(Feedback)) == 3
        assert apply_feedback() == 0


def test_a_complaint_ends_consents_and_plugins_hear_of_it(either_instance: Instance) -> None:
    either_instance.app.extensions["clarion.listeners"] = ("crm",)
    confirmed(either_instance, consent_readers_email="y", consent_writers_email="y")
    tell(either_instance, kind="complained", code="")
    either_instance.work()
    assert newest(either_instance).state == SENT, "it has arrived"
    with either_instance.context():
        ended = db.session.scalars(select(EventRow.organisation).filter_by(kind="consent.withdrawn"))
        assert sorted(ended) == ["readers", "writers"]
        assert None not in set(db.session.scalars(select(Consent.withdrawn_at)))


def test_who_tells_before_the_worker_has_written_is_waited_for(either_instance: Instance) -> None:
    either_instance.sign("library")
    with either_instance.context():
        (leased,) = outbox.lease("email", "worker")
        begun = outbox.begin(leased)
        assert begun is not None
        tell(either_instance)
        assert apply_feedback() == 0
        assert signature(either_instance).state == PENDING
        outbox.settle([outbox.sent(begun, "250")])
        assert apply_feedback() == 1
        assert (newest(either_instance).state, signature(either_instance).state) == (BOUNCED, VOID)


def test_after_five_minutes_its_worker_is_taken_for_dead(either_instance: Instance) -> None:
    either_instance.sign("library")
    with either_instance.context():
        (leased,) = outbox.lease("email", "worker")
        begun = outbox.begin(leased)
        assert begun is not None
        tell(either_instance)
        with transaction() as session:
            session.execute(update(Feedback).values(received_at=now() - consequences.PATIENCE))
        assert apply_feedback() == 1
        outbox.settle([outbox.sent(begun, "250")])
        assert newest(either_instance).state == BOUNCED, "it comes back from the dead too late"


def test_a_mailbox_that_is_refused_at_once_has_the_same_consequences(either_instance: Instance) -> None:
    either_instance.app.extensions["clarion.channels"] = {"email": Gone()}
    either_instance.sign("library")
    either_instance.work()
    assert (newest(either_instance).state, signature(either_instance).state) == (FAILED, VOID)
    assert suppressed(either_instance) == {"bounced": 1}


@pytest.mark.parametrize(
    ("code", "against"),
    [
        *(((code, True)) for code in ("", "5.1.1", "550 5.1.10", "5.0.0", "5.2.1", "5.4.4")),
        *(((code, False)) for code in ("5.2.2", "552 5.2.3", "5.3.4", "5.6.1", "5.7.1", "4.4.7")),
    ],
)
def test_a_mail_that_came_back_for_another_cause_silences_nobody(code: str, against: bool) -> None:
    assert speaks_against_mailbox(Feedback(source="ses", code=code)) is against


def test_a_full_mailbox_may_be_written_to_again(either_instance: Instance) -> None:
    either_instance.sign("library")
    either_instance.work()
    tell(either_instance, code="5.2.2")
    either_instance.work()
    assert (newest(either_instance).state, suppressed(either_instance)) == (BOUNCED, {})
    assert signature(either_instance).state == PENDING


@pytest.mark.parametrize("kind", ["digest", "milestone", "letter"])
def test_a_decision_maker_who_complains_gets_no_mail_of_any_campaign(
    either_instance: Instance, make_folder, kind: str
) -> None:
    either_instance.publish(make_folder("pool"))
    with either_instance.context():
        elsewhere = either_instance.app.extensions["clarion.live"].get("pool").id
        campaign_id = either_instance.app.extensions["clarion.live"].get("library").id
        with transaction() as session:
            addressee = Addressee(campaign_id=campaign_id, email="mayor@city.example")
            session.add_all([addressee, Addressee(campaign_id=elsewhere, email="mayor@city.example")])
            session.flush()
            delivery = Delivery(
                campaign_id=campaign_id, kind=kind, name="1", addressee_id=addressee.id, count=5, created_at=now()
            )
            session.add(delivery)
            session.flush()
            about = addressee.id if kind == "letter" else delivery.id
            outbox.put(session.connection(), [NewMessage(kind, campaign_id, None, kind, state=SENT, about_id=about)])
    tell(either_instance, code="5.7.1")
    either_instance.work()
    with either_instance.context():
        assert set(db.session.scalars(select(Addressee.bounced_at))) == {None}
    for told, event in (("complained", "2"), ("bounced", "3")):
        tell(either_instance, kind=told, event=event)
    either_instance.work()
    with either_instance.context():
        marked = db.session.scalars(select(Addressee)).all()
        assert len(marked) == 2
        assert all(one.bounced_at == one.unsubscribed_at == this_minute() for one in marked)
    assert suppressed(either_instance) == {"complained": 1}, "a campaign that comes later does not write either"


def test_what_was_told_is_deleted_after_a_month(either_instance: Instance) -> None:
    confirmed(either_instance)
    tell(either_instance)
    either_instance.work()
    with either_instance.context():
        assert forget_feedback() == 0
        with transaction() as session:
            session.execute(update(Feedback).values(received_at=now() - timedelta(days=31)))
        assert forget_feedback() == 1
