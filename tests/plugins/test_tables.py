"""Plugins bring tables with a history of their own, which is no part of the core's."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from click.testing import CliRunner
from sqlalchemy import inspect, text

from clarion import migrations
from clarion.cli import main
from clarion.extensions import db
from clarion.migrations.brought import tables_of
from clarion.plugins import loading, manager
from clarion.settings import SettingsError
from clarion.testing import Instance

PLUGIN = """
from datetime import datetime
from pathlib import Path
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    metadata = own_metadata()

class Knock(Base):
    __tablename__ = "doors_knock"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)

class P(Plugin):
    api = API_VERSION

    @hookimpl
    def migrations(self):
        return Path(__file__).parent / "versions"

    @hookimpl
    def chores(self):
        return [Chore("knock", 1, self.knock)]

    def knock(self):
        with transaction() as session:
            session.add(Knock(at=now()))

    @hookimpl
    def figures(self):
        return [Figure("knocks", "Knocks.", len(db.session.scalars(select(Knock)).all()))]

    @hookimpl
    def commands(self):
        @click.command()
        def knocks():
            "Tell how many knocked."
            click.echo(len(db.session.scalars(select(Knock)).all()))
        return [knocks]
"""
STEP = """
import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = {before}

def upgrade():
    {deed}

def downgrade():
    pass
"""
KNOCK = (
    'op.create_table("doors_knock", sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), '
    'primary_key=True), sa.Column("at", sa.DateTime(), nullable=False))'
)
WIDER = (
    'op.create_table("doors_bell", sa.Column("id", sa.Integer(), primary_key=True)); '
    'op.create_index("ix_doors_bell", "doors_bell", ["id"]); op.execute("INSERT INTO doors_bell VALUES (1)")'
)


def step(number: int, deed: str) -> dict[str, str]:
    before = repr(f"{number - 1:04d}") if number > 1 else None
    return {f"versions/{number:04d}_step.py": STEP.format(number=f"{number:04d}", before=before, deed=deed)}


FIRST = {"__init__.py": PLUGIN, **step(1, KNOCK)}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""


def test_they_are_made_used_changed_and_left_alone(url: str, install, make_instance, make_folder) -> None:
    install(doors=FIRST)
    instance: Instance = make_instance(url, plugins={"doors": {}})
    (chore,) = instance.app.extensions["clarion.plugins"].chores()
    chore.run()
    assert "clarion_doors_knocks 1.0" in instance.client.get("/metrics").get_data(as_text=True)
    install(doors={**FIRST, **step(2, WIDER)})
    instance = make_instance(url, plugins={"doors": {}})
    with instance.context():
        assert tables_of("doors") == ["doors_bell", "doors_knock"]
        assert db.session.scalar(text("SELECT version_num FROM alembic_version_doors")) == "0002"
        assert migrations.upgrade() is False
        with db.engine.connect() as connection:
            # not the core's: neither its models nor its history know them
            assert not {name for name in db.metadata.tables if name.startswith("doors")}
            context = MigrationContext.configure(connection)
            differences = [str(difference[0]) for difference in compare_metadata(context, db.metadata)]
            assert set(differences) <= {"remove_table", "remove_index"}
    without = make_instance(url)
    without.publish(make_folder())
    assert without.sign("library").status_code == 303
    with without.context():
        assert migrations.behind() == []
        assert tables_of("doors") == ["doors_bell", "doors_knock"]
        assert db.session.scalar(text("SELECT count(*) FROM doors_knock")) == 1


@pytest.mark.parametrize(
    ("deed", "words"),
    [
        ('op.create_table("bells", sa.Column("id", sa.Integer()))', "touches bells"),
        ('op.add_column("signature", sa.Column("door", sa.Integer()))', "touches signature"),
        ('op.execute("DELETE FROM campaign")', "touches campaign"),
        ('op.create_index("ix_doors", "message", ["id"])', "touches message"),
        ("1 / 0", "division by zero"),
        ('op.execute("CREATE nonsense")', "nonsense"),
    ],
)
def test_a_step_that_goes_wrong_changes_nothing(url: str, deed: str, words: str, install, make_instance) -> None:
    install(doors={"__init__.py": PLUGIN, **step(1, f"{KNOCK}; {deed}")})
    with pytest.raises(SettingsError) as told:
        make_instance(url, plugins={"doors": {}})
    assert str(told.value).startswith("plugins.doors: its tables cannot be made (")
    assert words in str(told.value)
    assert len(str(told.value).splitlines()) == 1
    without = make_instance(url)
    with without.context():
        assert migrations.behind() == []
        assert set(inspect(db.engine).get_table_names()) - {"alembic_version"} == set(db.metadata.tables)


TRIGGER = """
CREATE TRIGGER doors_count AFTER INSERT ON signature BEGIN INSERT INTO doors_knock(at) VALUES (datetime()); END
"""
FUNCTION = """
CREATE FUNCTION doors_count() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$
"""
PG_TRIGGER = "CREATE TRIGGER doors_count AFTER INSERT ON signature EXECUTE FUNCTION doors_count()"
WITH = "WITH old AS (SELECT 'sweep' AS n) DELETE FROM chore WHERE name IN (SELECT n FROM old)"
ANYWHERE = {
    "DROP INDEX ix_message_next": "message",
    "ALTER TABLE doors_knock RENAME TO knock": "knock",
    "ALTER TABLE chore RENAME TO doors_chore": "chore",
    "ALTER TABLE chore ADD COLUMN door INTEGER": "chore",
    "CREATE VIEW people AS SELECT * FROM signature": "people",
    "CREATE TABLE people AS SELECT * FROM signature": "people",
    "CREATE TABLE doors_x (of_whom INTEGER REFERENCES signature (id))": "signature",
    "DROP TABLE count_delta": "count_delta",
    "/* DELETE FROM doors_knock */ UPDATE chore SET name = name": "chore",
    "INSERT INTO alembic_version SELECT version_num || 'x' FROM alembic_version": "alembic_version",
    "DELETE FROM chore": "chore",
    WITH: "chore",
}
ON_SQLITE = {"REPLACE INTO chore SELECT * FROM chore": "chore", TRIGGER: "signature"}
ON_SQLITE |= {"INSERT OR REPLACE INTO chore SELECT * FROM chore": "chore"}
ON_POSTGRESQL = {
    "DROP TABLE doors_knock, count_delta": "count_delta",
    "TRUNCATE doors_knock, count_delta": "count_delta",
    "WITH gone AS (DELETE FROM chore RETURNING name) SELECT * FROM gone": "chore",
    "DO $$ BEGIN EXECUTE 'DELETE ' || 'FROM chore'; END $$": "chore",
    "ALTER TABLE IF EXISTS ONLY public.chore ALTER COLUMN name SET NOT NULL": "chore",
    "COMMENT ON TABLE chore IS 'mine'": "chore",
    f"{FUNCTION}; {PG_TRIGGER}": "signature",
}
STRANGE = [("sqlite", *one) for one in (ANYWHERE | ON_SQLITE).items()]
STRANGE += [("postgresql", *one) for one in (ANYWHERE | ON_POSTGRESQL).items()]


@pytest.mark.parametrize(("url", "statement", "table"), STRANGE, indirect=["url"])
def test_however_it_is_written_what_touches_anothers_table_is_refused(
    url: str, statement: str, table: str, install, make_instance
) -> None:
    install(doors={"__init__.py": PLUGIN, **step(1, f"{KNOCK}; op.execute({statement!r})")})
    with pytest.raises(SettingsError, match=rf"a step touches (\w+, )*{table}[,:]"):
        make_instance(url, plugins={"doors": {}})
    without = make_instance(url)
    with without.context():
        assert set(inspect(db.engine).get_table_names()) - {"alembic_version"} == set(db.metadata.tables)
        with db.engine.connect() as connection:
            assert not compare_metadata(MigrationContext.configure(connection), db.metadata)


HARMLESS = """
op.execute("CREATE TABLE doors_new (id INTEGER PRIMARY KEY, of_whom INTEGER REFERENCES doors_knock (id))")
op.execute("INSERT INTO doors_new (id) SELECT id FROM signature WHERE id IN (SELECT campaign_id FROM message)")
op.execute("CREATE VIEW doors_all AS SELECT * FROM doors_new")
op.execute("CREATE INDEX some_name ON doors_new (of_whom)")
op.execute("CREATE TEMPORARY TABLE heap AS SELECT id FROM signature")
op.execute("DELETE FROM heap")
with op.batch_alter_table("doors_knock", recreate="auto") as batch:
    batch.alter_column("at", nullable=True)
    batch.add_column(sa.Column("floor", sa.Integer()))
op.rename_table("doors_new", "doors_old")
op.execute("DROP VIEW doors_all")
op.execute("DROP TABLE doors_old")
"""


def test_its_own_tables_may_be_changed_in_any_way_and_others_be_read(url: str, install, make_instance) -> None:
    install(doors={"__init__.py": PLUGIN, **step(1, KNOCK), **step(2, HARMLESS.strip().replace("\n", "\n    "))})
    instance = make_instance(url, plugins={"doors": {}})
    with instance.context():
        assert tables_of("doors") == ["doors_knock"]
        assert [one["name"] for one in inspect(db.engine).get_columns("doors_knock")] == ["id", "at", "floor"]


def test_of_steps_that_are_taken_together_all_stay_or_none(url: str, install, make_instance) -> None:
    install(doors={"__init__.py": PLUGIN, **step(1, KNOCK), **step(2, "1 / 0")})
    with pytest.raises(SettingsError, match="division by zero"):
        make_instance(url, plugins={"doors": {}})
    with make_instance(url).context():
        assert tables_of("doors") == []
        assert not inspect(db.engine).has_table("doors_knock")


def test_a_table_is_that_plugins_whose_longer_name_it_begins_with(url: str, install, make_instance) -> None:
    """`doors` may not touch what is named like a table of `doors_open`, and neither may it be listed for it."""
    made = 'op.create_table("doors_open_day", sa.Column("id", sa.Integer()))'
    install(doors=FIRST, doors_open={"__init__.py": PLUGIN.replace("doors_", "doors_open_"), **step(1, made)})
    both = {"doors_open": {}, "doors": {}}
    with make_instance(url, plugins=both).context():
        assert (tables_of("doors"), tables_of("doors_open")) == (["doors_knock"], ["doors_open_day"])
    install(doors={**FIRST, **step(2, 'op.drop_table("doors_open_day")')})
    for on in (both, {"doors": {}}):
        with pytest.raises(SettingsError, match=r"plugins\.doors: .*touches doors_open_day"):
            make_instance(url, plugins=on)
    with make_instance(url).context():
        assert (tables_of("doors"), tables_of("doors_open")) == (["doors_knock"], ["doors_open_day"])


@pytest.mark.parametrize("name", ["alembic", "alembic_version"])
def test_a_name_of_the_histories_is_refused(name: str, install, make_instance) -> None:
    install(**{name: FIRST})
    with pytest.raises(SettingsError, match=f"Clarion has tables that are named {name}_"):
        make_instance(plugins={name: {}})


def test_a_name_of_the_cores_tables_is_refused(install, make_instance) -> None:
    install(count=FIRST)
    with pytest.raises(SettingsError, match=r"plugins\.count: Clarion has tables that are named count_"):
        make_instance(plugins={"count": {}})


def test_the_commands_tell_of_them(install, make_instance, monkeypatch) -> None:
    install(doors=FIRST)
    monkeypatch.setattr(loading, "installed", manager.installed)
    home = make_instance().home
    monkeypatch.chdir(home)
    (home / "own.toml").write_text("[plugins.doors]\n")
    monkeypatch.setenv("CLARION_CONFIG", "own.toml")

    def said(*words: str) -> str:
        return CliRunner().invoke(main, words).output

    behind = "The tables of the plugin doors are at nothing, not 0001. Run: clarion db upgrade\n"
    assert said("db", "check") == f"Error: {behind}"
    assert said("db", "upgrade") == f"The database is at {migrations.head()}, doors at 0001\n"
    assert said("db", "check") == f"The database is at {migrations.head()}, doors at 0001\n"
    assert said("knocks") == "0\n"
    assert "  tables: doors_knock\n" in said("plugins")
    (home / "own.toml").write_text("")
    told = said("plugins")
    assert "off: a table [plugins.doors]" in told
    assert "  tables: doors_knock\n" in told
    assert said("db", "check") == f"The database is at {migrations.head()}\n"
