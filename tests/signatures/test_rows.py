"""Rows that travel together: every number of them, on both databases, and back as they were."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, delete, event, select

from clarion.extensions import db, transaction, writing
from clarion.outbox.models import Message
from clarion.rows import find_rows, insert_new_rows
from clarion.signatures.models import Signature
from clarion.testing import Instance

AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


def _rows(count: int, first: int = 0) -> list[dict[str, object]]:
    """Copies of the one signature that is there, with keys of their own."""
    one = db.session.scalars(select(Signature)).first()
    assert one is not None
    kept = {c.name: getattr(one, c.name) for c in Signature.__table__.columns if c.name != "id"}
    own = ("email_index", "confirm_look_up", "me_look_up")
    return [
        {**kept, **{name: bytes([0, 92, 34, 255, *number.to_bytes(12)]) for name in own}, "signed_at": AT}
        for number in range(first, first + count)
    ]


@pytest.mark.parametrize("count", [1, 2, 31, 45, 64])
def test_every_row_arrives_as_it_was_sent(either_instance: Instance, count: int) -> None:
    either_instance.sign("library")
    with either_instance.context():
        rows = _rows(count)
        keys = [{"campaign_id": row["campaign_id"], "email_index": row["email_index"]} for row in rows]
        columns = ("email_index", "sealed", "show_name", "signed_at", "confirmed_at", "language")
        with writing() as connection:
            new = insert_new_rows(connection, Signature, rows, ("email_index",))
            found = find_rows(connection, Signature, keys, columns)
        assert {bytes(index) for (index,) in new} == {row["email_index"] for row in rows}
        assert sorted((bytes(index), bytes(sealed), bool(show), *more) for index, sealed, show, *more in found) == [
            (row["email_index"], row["sealed"], row["show_name"], AT, None, "en") for row in rows
        ]


def test_only_new_rows_come_back(either_instance: Instance) -> None:
    either_instance.sign("library")
    with either_instance.context():
        with transaction() as session:
            session.execute(delete(Message))
        with writing() as connection:
            insert_new_rows(connection, Signature, _rows(3))
            new = insert_new_rows(connection, Signature, _rows(5, first=1), ("email_index",))
        assert {bytes(index)[-1] for (index,) in new} == {3, 4, 5}


def test_words_in_any_script_stay_what_they_are(either_instance: Instance) -> None:
    either_instance.sign("library")
    with either_instance.context():
        (row,) = _rows(1)
        row["source"] = 'año "ꦲ" \\x00 \'; 李 🛑'
        key = {"campaign_id": row["campaign_id"], "email_index": row["email_index"]}
        with writing() as connection:
            insert_new_rows(connection, Signature, [row])
            assert find_rows(connection, Signature, [key], ("source",)) == [(row["source"],)]


@pytest.mark.parametrize("count", [1, 3])
def test_rows_are_found_through_their_key_even_while_the_table_is_empty(either_instance: Instance, count: int) -> None:
    """A plan made for an empty table is kept as it grows: one that reads all of it would be slower each day."""
    keys = [{"campaign_id": 1, "email_index": bytes([number])} for number in range(count)]
    asked: list[tuple[str, object]] = []
    with either_instance.context(), writing() as connection:

        @event.listens_for(connection, "before_cursor_execute")
        def _note(_connection: Connection, _cursor: object, statement: str, given: object, *_more: object) -> None:
            asked.append((statement, given))

        find_rows(connection, Signature, keys, ("id",))
        explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        statements = list(asked)
        plans = [str(list(connection.exec_driver_sql(f"{explain} {words}", given))) for words, given in statements]  # type: ignore[arg-type]
    assert plans
    for plan in plans:
        assert "campaign_id_email_index" in plan or "SEARCH signature USING" in plan
        assert "Seq Scan on signature" not in plan
        assert "SCAN signature" not in plan
