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
        ('op.create_table("bells", sa.Column("id", sa.Integer()))', "touches the table bells"),
        ('op.add_column("signature", sa.Column("door", sa.Integer()))', "touches the table signature"),
        ('op.execute("DELETE FROM campaign")', "touches the table campaign"),
        ('op.create_index("ix_doors", "message", ["id"])', "touches the table message"),
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
