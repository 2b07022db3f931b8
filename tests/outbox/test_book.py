"""The book: one line settles the last message and begins the next, and both halves are fenced."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import DataError, OperationalError

from clarion.extensions import db, transaction
from clarion.outbox import service
from clarion.outbox.book import Book, _Line
from clarion.outbox.models import DUE, SENT, Message
from clarion.testing import Instance, wait_for


@pytest.fixture
def page(either_instance: Instance) -> list[service.Leased]:
    """Three messages in the hands of one worker."""
    for number in range(3):
        either_instance.sign("library", email=f"ana{number}@readers.example")
    with either_instance.context():
        return service.lease("email", "worker")


def _rows(instance: Instance) -> list[tuple[str, int, bool]]:
    with instance.context():
        return [(m.state, m.attempt, m.trying) for m in db.session.scalars(select(Message).order_by(Message.id))]


def test_a_line_settles_and_begins(either_instance: Instance, page) -> None:
    with either_instance.context(), Book() as book:
        first = book.begin(page[0], [])
        assert first is not None
        assert first.attempt == 1
        assert _rows(either_instance) == [(DUE, 1, True), (DUE, 0, False), (DUE, 0, False)]
        second = book.begin(page[1], [service.sent(first, "250")])
        assert second is not None
        assert _rows(either_instance) == [(SENT, 1, False), (DUE, 1, True), (DUE, 0, False)]
        book.begin(page[2], [service.put_off(second, "451")])
        assert _rows(either_instance) == [(SENT, 1, False), (DUE, 1, False), (DUE, 1, True)]
    with either_instance.context():
        rows = db.session.scalars(select(Message).order_by(Message.id)).all()
        assert [row.last_code for row in rows] == ["250", "451", ""]
        assert rows[0].sent_at is not None
        assert rows[1].due_at > rows[0].due_at


def test_a_lost_lease_begins_nothing_and_settles_nothing(either_instance: Instance, page) -> None:
    with either_instance.context(), Book() as book:
        first = book.begin(page[0], [])
        with transaction() as session:
            session.execute(update(Message).values(lease_token="another"))
        assert first is not None
        assert book.begin(page[1], [service.sent(first, "250")]) is None
    assert [state for state, _, _ in _rows(either_instance)] == [DUE, DUE, DUE]


def test_threads_that_wait_at_once_share_a_statement(either_instance: Instance, page) -> None:
    book = Book()
    begun: list[service.Leased | None] = []

    def begin(leased: service.Leased) -> None:
        with either_instance.context(), book:
            begun.append(book.begin(leased, []))

    threads = [threading.Thread(target=begin, args=(leased,)) for leased in page]
    statements: list[str] = []
    with either_instance.context():
        event.listen(db.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
        on_postgres = db.engine.dialect.name == "postgresql"
        book._busy = True  # somebody writes while all of them come
        for thread in threads:
            thread.start()
        wait_for(lambda: not on_postgres or len(book._waiting) == len(page), lambda: f"{len(book._waiting)} wait")
        for line in book._waiting[:1]:
            line.turn.set()
        for thread in threads:
            thread.join(30)
    assert sorted((one.id, one.attempt) for one in begun if one) == [(leased.id, 1) for leased in page]
    assert _rows(either_instance) == [(DUE, 1, True)] * 3
    assert len([one for one in statements if "SET trying" in one]) == (1 if on_postgres else 3)


def test_lines_in_one_statement_are_fenced_each_by_its_own_lease(either_instance: Instance, page) -> None:
    late, holder = page[0], replace(page[0], token="holder")
    with either_instance.context(), Book() as book:
        if db.engine.dialect.name != "postgresql":
            assert service.begin(late) is not None
            return
        with transaction() as session:
            session.execute(update(Message).where(Message.id == late.id).values(lease_token="holder"))
        lines = [_Line(late, None), _Line(holder, None)]
        book._write_together(lines)
    assert [line.attempt for line in lines] == [None, 1]


def test_a_line_that_cannot_be_written_fails_no_other(either_instance: Instance, page) -> None:
    with either_instance.context(), Book() as book:
        if db.engine.dialect.name != "postgresql":
            assert service.begin(page[0]) is not None
            return
        first = book.begin(page[0], [])
        assert first is not None
        lines = [_Line(page[1], service.sent(first, "a NUL: \0")), _Line(page[2], None)]
        book._write_together(lines)
    assert lines[0].error is not None
    assert (lines[1].error, lines[1].attempt) == (None, 1)


def test_an_error_is_told_to_all_who_waited_and_the_next_line_is_written(either_instance: Instance, page) -> None:
    with either_instance.context(), Book() as book:
        if db.engine.dialect.name != "postgresql":
            assert book._connection is None, "SQLite has one writer, who needs no book"
            return
        first = book.begin(page[0], [])
        assert first is not None
        book._connection.exec_driver_sql("SELECT set_config('statement_timeout', '1', false)")
        lines = [_Line(page[1], service.sent(first, "250")), _Line(page[2], None)]
        with db.engine.connect() as other, other.begin():
            other.execute(select(Message.id).with_for_update())
            book._write_together(lines)
        assert [type(line.error) for line in lines] == [OperationalError] * 2
        # the connection with the short patience must not come back from the pool
        db.engine.dispose()
        assert book.begin(page[1], [service.sent(first, "250")]) is not None
    assert _rows(either_instance) == [(SENT, 1, False), (DUE, 1, True), (DUE, 0, False)]


def test_a_line_with_an_error_raises_it_in_the_thread_that_waits(either_instance: Instance, page) -> None:
    with either_instance.context(), Book() as book:
        first = book.begin(page[0], [])
        assert first is not None
        with transaction() as session:
            # one more than the column holds
            session.execute(update(Message).where(Message.id == page[1].id).values(attempt=2**31 - 1))
        if db.engine.dialect.name == "postgresql":
            with pytest.raises(DataError):
                book.begin(page[1], [service.sent(first, "250")])
        assert book.begin(page[2], [service.sent(first, "250")]) is not None
