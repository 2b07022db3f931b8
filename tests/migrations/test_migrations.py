"""The schema's history: every step goes up and down on both databases, and its end is what the models say."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import Connection, create_engine, inspect, text

from clarion import migrations
from clarion.app import create_app
from clarion.extensions import db
from clarion.settings import load_settings

SCRIPTS = ScriptDirectory(str(migrations.FOLDER))
STEPS = [step.revision for step in reversed(list(SCRIPTS.walk_revisions()))]

MakeApp = Callable[[], Flask]


@pytest.fixture(params=["sqlite", "postgresql"])
def make_app(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeApp]:
    """Make applications on one database that holds nothing yet, on each of the two in turn."""
    url = f"sqlite:///{tmp_path}/new.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    made: list[Flask] = []

    def make() -> Flask:
        made.append(create_app(load_settings({"CLARION_HOME": str(tmp_path)}, database={"url": url})))
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def app(make_app: MakeApp) -> Iterator[Flask]:
    """An application on such a database, inside its context."""
    made = make_app()
    with made.app_context():
        yield made


@contextmanager
def alembic() -> Iterator[tuple[Config, Connection]]:
    """Alembic's own commands on the application's database."""
    config = Config()
    config.set_main_option("script_location", str(migrations.FOLDER))
    with db.engine.connect() as connection:
        config.attributes["connection"] = connection
        yield config, connection
        connection.commit()


def schema(connection: Connection) -> dict[str, object]:
    """All that the database knows of itself: tables with columns, keys and indexes."""
    seen = inspect(connection)
    return {
        table: (
            sorted((c["name"], str(c["type"]), c["nullable"], str(c["default"])) for c in seen.get_columns(table)),
            seen.get_pk_constraint(table)["constrained_columns"],
            sorted(str(sorted(key.items(), key=str)) for key in seen.get_foreign_keys(table)),
            sorted(
                (str(index["name"]), index["column_names"], [str(o) for o in index.get("dialect_options", {}).values()])
                for index in seen.get_indexes(table)
            ),
            sorted(str(sorted(unique.items(), key=str)) for unique in seen.get_unique_constraints(table)),
        )
        for table in seen.get_table_names()
        if table != "alembic_version"
    }


def test_there_is_one_head_and_it_is_the_one_the_start_looks_for() -> None:
    assert SCRIPTS.get_heads() == [migrations.head()]
    assert SCRIPTS.get_bases() == [STEPS[0]]


def test_steps_are_numbered_in_their_order() -> None:
    assert [f"{number:04d}" for number in range(1, len(STEPS) + 1)] == STEPS
    names = sorted(path.name for path in (migrations.FOLDER / "versions").glob("*.py"))
    assert [name.split("_")[0] for name in names] == STEPS


def test_every_step_says_what_it_does() -> None:
    for step in SCRIPTS.walk_revisions():
        assert step.doc
        assert step.module.upgrade.__doc__
        assert step.module.downgrade.__doc__


def test_a_new_database_is_brought_to_the_head_once(app: Flask) -> None:
    assert migrations.current() == ""
    assert migrations.upgrade() is True
    assert migrations.current() == migrations.head()
    assert migrations.upgrade() is False


def test_the_models_are_the_schema(app: Flask) -> None:
    migrations.upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, db.metadata) == []
        assert set(schema(connection)) == set(db.metadata.tables)


def test_every_step_goes_down_and_up_again_to_the_same(app: Flask) -> None:
    with alembic() as (config, connection):
        before = schema(connection)
        assert before == {}
        for step in STEPS:
            command.upgrade(config, step)
            after = schema(connection)
            assert after != before
            command.downgrade(config, "-1")
            assert schema(connection) == before
            command.upgrade(config, step)
            assert schema(connection) == after
            before = after
        command.downgrade(config, "base")
        assert schema(connection) == {}
        assert migrations.current() == ""
    assert migrations.upgrade() is True
    assert migrations.current() == migrations.head()


def test_a_database_of_an_earlier_release_is_brought_on(app: Flask) -> None:
    with alembic() as (config, _):
        command.upgrade(config, STEPS[0])
    with db.engine.begin() as connection:
        row = {"slug": "library", "key": "c1", "public": b"x" * 32}
        words = (
            "INSERT INTO campaign (slug, key_id, public_key, created_at) VALUES (:slug, :key, :public, '2026-07-12')"
        )
        connection.execute(text(words), row)
    assert migrations.upgrade() is (len(STEPS) > 1)
    with db.engine.connect() as connection:
        assert connection.execute(text("SELECT slug, key_id FROM campaign")).all() == [("library", "c1")]


def test_machines_that_start_at_once_bring_it_to_the_head_together(make_app: MakeApp) -> None:
    apps = [make_app() for _ in range(3)]
    start = threading.Barrier(len(apps))
    wrong: list[BaseException] = []

    def work(app: Flask) -> None:
        try:
            with app.app_context():
                start.wait()
                migrations.upgrade()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test must see it
            wrong.append(error)

    workers = [threading.Thread(target=work, args=(app,)) for app in apps]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []
    with apps[0].app_context():
        assert migrations.current() == migrations.head()


def test_a_step_that_fails_leaves_the_database_at_the_one_before(app: Flask) -> None:
    """On PostgreSQL and on SQLite alike a step is one transaction."""
    with db.engine.begin() as connection:
        connection.execute(text("CREATE TABLE signature (id INTEGER)"))
    with pytest.raises(Exception, match="signature"):
        migrations.upgrade()
    with db.engine.connect() as connection:
        assert set(schema(connection)) == {"signature"}
    assert migrations.current() == ""


def test_the_database_is_durable(app: Flask) -> None:
    """An answer means it is on disk (rule 2)."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            pragmas = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
            assert [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas] == ["wal", 2, 1, 1]
        else:
            settings = ("synchronous_commit", "fsync", "TimeZone")
            assert [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in settings] == ["on", "on", "UTC"]


def test_alembic_needs_no_application_of_its_own(tmp_path: Path) -> None:
    """The steps stand by themselves: a bare engine is enough to run them."""
    engine = create_engine(f"sqlite:///{tmp_path}/bare.db")
    config = Config()
    config.set_main_option("script_location", str(migrations.FOLDER))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        assert set(schema(connection)) == set(db.metadata.tables)
    engine.dispose()
