"""`clarion messages`: what waits for a person is seen by number, and put back or dropped in plain words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import Result
from sqlalchemy import select, update

from clarion.extensions import db, transaction
from clarion.outbox.models import DUE, FAILED, NEEDLESS, SENT, SET_ASIDE, UNKNOWN, Message
from clarion.testing import Instance

Run = Callable[..., Result]


@pytest.fixture
def signed(either_instance: Instance) -> list[int]:
    """The numbers of three confirmations that wait to leave."""
    for number in range(3):
        either_instance.sign("library", email=f"ana{number}@readers.example")
    with either_instance.context():
        return list(db.session.scalars(select(Message.id).order_by(Message.id)))


def become(instance: Instance, state: str, *ids: int, code: str = "worker died") -> None:
    with instance.context(), transaction() as session:
        session.execute(update(Message).where(Message.id.in_(ids)).values(state=state, last_code=code, attempt=3))


def states(instance: Instance) -> list[str]:
    with instance.context():
        return list(db.session.scalars(select(Message.state).order_by(Message.id)))


def test_an_empty_outbox_has_a_friendly_line(run: Run) -> None:
    assert run("messages").output == "There are no messages yet.\n"
    assert run("messages", "--campaign", "library").output == "There are no messages of library yet.\n"
    assert run("messages", "--state", "unknown").output == "No message is unknown.\n"
    assert run("messages", "retry", "--state", "set_aside").output == "Nothing to put back.\n"
    assert run("messages", "drop", "--state", "failed").output == "Nothing to drop.\n"


def test_the_heaps_are_listed_and_what_waits_for_a_person_first(run: Run, either_instance, signed: list[int]) -> None:
    assert run("messages").output.splitlines()[-1] == "Nothing waits for a person."
    become(either_instance, SET_ASIDE, signed[0])
    become(either_instance, FAILED, signed[1], code="550")
    head, *heaps, last = run("messages", "--campaign", "library").output.splitlines()
    assert head.split()[:4] == ["state", "kind", "campaign", "number"]
    assert [line.split()[:4] for line in heaps] == [
        [state, "confirm", "library", "1"] for state in (SET_ASIDE, FAILED, DUE)
    ]
    assert heaps[0].endswith("  worker died")
    assert heaps[1].endswith("  550")
    assert last == "2 for a person to settle. The single ones: clarion messages --state set_aside"


def test_single_messages_are_listed_by_number_and_bounded(run: Run, either_instance, signed: list[int]) -> None:
    become(either_instance, UNKNOWN, *signed)
    head, *lines = run("messages", "--state", "unknown", "--limit", "2").output.splitlines()
    assert head.split()[0] == "number"
    assert [line.split()[:3] for line in lines[:2]] == [
        [str(id), "confirm", "library"] for id in (signed[2], signed[1])
    ]
    assert lines[2] == "and 1 more, older ones"
    assert f"retry --id {signed[2]}" in lines[3]


def test_nobody_is_named(run: Run, either_instance, signed: list[int]) -> None:
    """The numbers of messages are enough to settle them (rule 8)."""
    become(either_instance, UNKNOWN, *signed)
    told = run("messages").output + run("messages", "--state", "unknown").output
    assert "ana" not in told.lower()
    assert "@" not in told


def test_a_message_that_is_put_back_arrives(run: Run, either_instance: Instance, signed: list[int]) -> None:
    become(either_instance, SET_ASIDE, signed[0])
    either_instance.work()
    assert len(either_instance.mails()) == 2
    done = run("messages", "retry", "--id", str(signed[0]), "--id", str(signed[1]))
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "1 put back: due now, and sent within seconds where a worker runs",
        f"1 left as they are: {signed[1]} is sent",
    ]
    either_instance.work()
    assert len(either_instance.mails()) == 3
    again = run("messages", "retry", "--id", str(signed[0]))
    assert again.exit_code == 0
    assert again.output.splitlines() == ["Nothing to put back.", f"1 left as they are: {signed[0]} is sent"]
    assert states(either_instance) == [SENT] * 3


@pytest.mark.parametrize(
    ("answer", "code", "after"),
    [("y\n", 0, [DUE, DUE, DUE]), ("n\n", 1, [UNKNOWN, UNKNOWN, DUE]), ("", 2, [UNKNOWN, UNKNOWN, DUE])],
)
def test_it_asks_before_a_mailbox_may_get_a_mail_twice(
    run: Run, either_instance: Instance, signed: list[int], answer: str, code: int, after: list[str]
) -> None:
    become(either_instance, UNKNOWN, *signed[:2])
    told = run("messages", "retry", "--state", "unknown", answer=answer)
    assert told.exit_code == code
    assert "2 may be in the mailbox already" in told.output
    assert ("Nothing was changed" in told.output) is (code != 0)
    assert states(either_instance) == after


def test_a_script_need_not_answer(run: Run, either_instance: Instance, signed: list[int]) -> None:
    become(either_instance, UNKNOWN, *signed[:2])
    done = run("messages", "retry", "--state", "unknown", "--campaign", "library", "--yes")
    assert done.output == "2 put back: due now, and sent within seconds where a worker runs\n"
    assert states(either_instance) == [DUE] * 3


def test_nothing_is_asked_where_nothing_can_come_twice(run: Run, either_instance: Instance, signed: list[int]) -> None:
    become(either_instance, FAILED, signed[0], code="550")
    become(either_instance, UNKNOWN, signed[1])
    assert run("messages", "retry", "--state", "failed").exit_code == 0
    assert states(either_instance) == [DUE, UNKNOWN, DUE]


@pytest.mark.parametrize(("answer", "code", "first"), [("y\n", 0, NEEDLESS), ("n\n", 1, FAILED), ("", 2, FAILED)])
def test_dropping_has_no_way_back_so_it_asks(
    run: Run, either_instance: Instance, signed: list[int], answer: str, code: int, first: str
) -> None:
    become(either_instance, FAILED, signed[0])
    told = run("messages", "drop", "--id", str(signed[0]), "--id", str(signed[1]), answer=answer)
    assert told.exit_code == code
    assert "1 would never be sent" in told.output
    assert ("1 dropped: needless now" in told.output) is (code == 0)
    assert states(either_instance) == [first, DUE, DUE]
    assert (f"1 left as they are: {signed[1]} is due" in told.output) is (code == 0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--state", "unkown"), 'Did you mean "unknown"?'),
        (("--campaign", "libary"), 'Did you mean "library"?'),
        (("--limit", "0"), "not in the range"),
        (("--state", "failed", "retry"), "Put the options last"),
        (("--limit", "5", "retry"), "Put the options last"),
        (("retry",), "either --id 12, or --state"),
        (("retry", "--id", "1", "--state", "failed"), "either --id 12, or --state"),
        (("retry", "--id", "1", "--campaign", "library"), "--campaign goes with --state"),
        (("retry", "--id", "999"), "There is no message 999."),
        (("retry", "--id", "one"), "not a valid integer"),
        (("retry", "--id", "0"), "not the number of one"),
        (("retry", "--id", str(2**63)), "not the number of one"),
        (("retry", "--state", "sent"), "not for a person to settle"),
        (("retry", "--state", "stuck"), 'There is no state "stuck".'),
        (("drop", "--state", "failed", "--campaign", "libary"), 'Did you mean "library"?'),
    ],
)
def test_bad_input_is_one_clear_line(
    run: Run, either_instance: Instance, signed: list[int], arguments: tuple[str, ...], words: str
) -> None:
    become(either_instance, FAILED, *signed)
    told = run("messages", *arguments)
    assert told.exit_code == 2
    assert len(told.output.splitlines()) == 1
    assert words in told.output
    assert states(either_instance) == [FAILED] * 3
