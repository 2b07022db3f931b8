"""Messages and a clock for the tests of the outbox."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from clarion.extensions import db, transaction
from clarion.outbox import chores, mending, service
from clarion.outbox.models import Message
from clarion.outbox.service import Leased, NewMessage
from clarion.signatures.models import Signature
from clarion.testing import Instance


class Clock:
    """The outbox's clock, which moves only when told."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.moment

    @property
    def minute(self) -> datetime:
        """The moment to the minute: all that is kept of when a person did something."""
        return self.moment.replace(second=0, microsecond=0)

    def move(self, **by: float) -> None:
        """Move the clock forward: `clock.move(seconds=90)`."""
        self.moment += timedelta(**by)

    def outlast_leases(self) -> None:
        """Move on until every lease of now has run out: whoever held one is taken for dead."""
        self.move(seconds=service.LEASE.total_seconds() + 1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still."""
    made = Clock()
    for module in (service, chores):
        monkeypatch.setattr(module, "now", made)
    for module in (service, mending):
        monkeypatch.setattr(module, "this_minute", lambda: made.minute)
    return made


@pytest.fixture
def outbox(either_instance: Instance, clock: Clock) -> Iterator[Instance]:
    """An instance on each database in turn, with one signature and an outbox that is empty again."""
    assert either_instance.sign("library").status_code == 303
    with either_instance.context():
        with transaction() as session:
            session.execute(delete(Message))
        yield either_instance


@pytest.fixture
def put(outbox: Instance) -> Callable[..., int]:
    """Put one message in, in a transaction of its own, and return its id: `put("key", state=HELD)`."""

    def put_one(key: str = "one", kind: str = "confirm", **more: Any) -> int:
        signature = db.session.scalars(select(Signature)).one()
        message = NewMessage(kind, signature.campaign_id, signature.id, key, **more)
        with transaction() as session:
            service.put(session.connection(), [message])
        return db.session.scalars(select(Message.id).filter_by(dedupe_key=key)).one()

    return put_one


@pytest.fixture
def row(outbox: Instance) -> Callable[[int], Message]:
    """A message as the database has it now."""

    def read(id: int) -> Message:
        db.session.rollback()
        return db.session.scalars(select(Message).filter_by(id=id)).one()

    return read


@pytest.fixture
def begin(outbox: Instance) -> Callable[..., Leased]:
    """Take the one message that waits and begin the attempt: `begin("worker")`."""

    def begin_one(owner: str = "worker") -> Leased:
        (leased,) = service.lease("email", owner)
        begun = service.begin(leased)
        assert begun is not None
        return begun

    return begin_one
