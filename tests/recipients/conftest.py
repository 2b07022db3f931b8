"""A petition that reaches its recipients, and a clock that stands where a test puts it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import update

from clarion.extensions import transaction
from clarion.outbox import book
from clarion.outbox import service as outbox
from clarion.outbox.models import Message
from clarion.recipients import letters, mails, service, tasks
from clarion.sealing import Keyring, Link, blind_index, look_up, seal
from clarion.signatures.counting import add_step
from clarion.signatures.models import APPROVED, CONFIRMED, Reason, Signature
from clarion.testing import TABLE, Instance

RECIPIENTS = """\
role,name,office,email,district,language,until
to,Ana Mayor,Mayor,mayor@city.example,,,
to,Luis One,Council,one@city.example,Ward 1,es,
to,Eva Two,Council,two@city.example,Ward 2,,
cc,Old Friend,Council,old@city.example,,,2020-01-01
"""
DISTRICTS = "postal_code,district\n20009,Ward 1\n20010,Ward 2\n"
MONDAY = datetime(2026, 7, 13, 14, tzinfo=UTC)
"""A Monday, ten in the morning in New York."""


class Clock:
    """What the recipients' mails and the outbox take for this moment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moment = MONDAY
        for module in (service, tasks, mails, outbox):
            monkeypatch.setattr(module, "now", lambda: self.moment)
        for module in (service, letters, outbox, book):
            monkeypatch.setattr(module, "this_minute", lambda: self.moment.replace(second=0))

    def forward(self, **times: int) -> None:
        """Let time pass: `forward(days=1)`."""
        self.moment += timedelta(**times)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock, on a Monday morning."""
    return Clock(monkeypatch)


@pytest.fixture(params=["sqlite", "postgresql"])
def reaching(request, make_instance, make_folder) -> Callable[..., Instance]:
    """Make an instance with the petition live: `reaching("milestones = [3]")`."""

    def make(table: str, **files: str | None) -> Instance:
        url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
        instance = make_instance(url)
        contents = {
            "campaign.toml": f"{TABLE}\n[handing_over]\n{table}\n".replace(
                "goal = 100", 'goal = 100\ntime_zone = "America/New_York"'
            ),
            "recipients.csv": RECIPIENTS,
            "districts.csv": DISTRICTS,
        }
        instance.publish(make_folder(files={**contents, **files}))
        return instance

    return make


@pytest.fixture
def signers(clock: Clock) -> Callable[..., list[int]]:
    """Write confirmed signatures straight into the database: `signers(instance, 3, postal_code="20009")`."""

    def write(instance: Instance, n: int, *, show_name: bool = False, reason: str = "", **details: str) -> list[int]:
        from clarion.campaigns.live import live_campaigns

        ids = []
        with instance.context(), transaction() as session:
            live = live_campaigns().get("library")
            keyring: Keyring = instance.app.extensions["clarion.keyring"]
            for _ in range(n):
                link = Link()
                address = f"{link.code}-{link.text[:8].lower()}@secret.example"
                person = {"name": "Rosa Reader", "email": address, **details}
                row = Signature(
                    campaign_id=live.id,
                    email_index=blind_index(keyring.index_key(live.key_id), address),
                    state=CONFIRMED,
                    language="en",
                    source="page",
                    area="US-200",
                    organisation="readers",
                    edition_id=live.edition_id,
                    show_name=show_name,
                    reason_due=False,
                    sealed=seal(live.public_key, {**person, "link": link.text}),
                    record=link.seal_record(person),
                    confirm_look_up=look_up(link.confirm_token),
                    me_look_up=look_up(link.me_token),
                    code_mark=b"x" * 16,
                    signed_at=clock.moment,
                    confirmed_at=clock.moment.replace(second=0),
                )
                session.add(row)
                session.flush()
                add_step(session, row, +1)
                if reason:
                    session.add(
                        Reason(
                            campaign_id=live.id,
                            signature_id=row.id,
                            language="en",
                            words=reason,
                            name="Rosa R." if show_name else "",
                            state=APPROVED,
                            written_at=clock.moment,
                        )
                    )
                ids.append(row.id)
        return ids

    return write


@pytest.fixture
def write() -> Callable[[Instance], int]:
    """Do what the worker's chore does; what it wrote."""

    def do(instance: Instance) -> int:
        with instance.context():
            return tasks.write_to_recipients()

    return do


@pytest.fixture
def leave() -> Callable[[Instance], list[EmailMessage]]:
    """Let the mails leave whose moment has come."""

    def do(instance: Instance) -> list[EmailMessage]:
        before = {mail["Message-ID"] for mail in instance.mails()}
        instance.work()
        return [mail for mail in instance.mails() if mail["Message-ID"] not in before]

    return do


@pytest.fixture
def deliver(clock: Clock, leave) -> Callable[[Instance], list[EmailMessage]]:
    """Let all mails leave, whenever their moment is."""

    def do(instance: Instance) -> list[EmailMessage]:
        with instance.context(), transaction() as session:
            moment = {"due_at": clock.moment, "created_at": clock.moment}
            session.execute(update(Message).filter_by(state="due").values(moment))
        return leave(instance)

    return do
