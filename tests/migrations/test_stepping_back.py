"""Going back: under the same lock as going forward, and what is lost is told beforehand, all of it."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import inspect, text

from clarion import migrations
from clarion.extensions import db
from clarion.testing import Instance


def columns() -> dict[str, set[str]]:
    """The columns of each table of people's data; Alembic's own table is none."""
    seen = inspect(db.engine)
    tables = set(seen.get_table_names()) - {"alembic_version"}
    return {table: {column["name"] for column in seen.get_columns(table)} for table in tables}


@pytest.mark.parametrize("revision", migrations.steps()[:-1])
def test_what_is_lost_is_told_beforehand(either_instance: Instance, revision: str) -> None:
    with either_instance.context():
        before = columns()
        tables, single = migrations.losses(revision)
        assert migrations.downgrade(revision) is True
        assert migrations.current() == revision
        after = columns()
        assert set(tables) == before.keys() - after.keys()
        gone = {f"{table}.{name}" for table in after for name in before[table] - after[table]}
        assert set(single) == gone
        assert migrations.downgrade(revision) is False
        assert migrations.upgrade() is True
        assert columns() == before


def test_what_the_earlier_schema_holds_is_kept(either_instance: Instance) -> None:
    either_instance.sign("library")
    with either_instance.context():
        migrations.downgrade(migrations.steps()[0])
        with db.engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM signature")) == 1
        migrations.upgrade()
    either_instance.work()
    assert len(either_instance.mails()) == 1


def test_of_many_who_step_back_at_once_one_does_it(either_instance: Instance) -> None:
    start = threading.Barrier(4)
    done: list[bool | Exception] = []

    def work() -> None:
        with either_instance.context():
            start.wait()
            try:
                done.append(migrations.downgrade(migrations.steps()[-2]))
            except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
                done.append(error)

    people = [threading.Thread(target=work) for _ in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(map(str, done)) == ["False", "False", "False", "True"]
    with either_instance.context():
        assert migrations.upgrade() is True
