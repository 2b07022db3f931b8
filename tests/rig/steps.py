"""A database at a step of its history, with one live campaign, for tests of two releases side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from flask import Flask
from sqlalchemy import text

from clarion import migrations
from clarion.app import create_app
from clarion.domain.campaign import Campaign
from clarion.extensions import db
from clarion.settings import load_settings

CAMPAIGN = (
    "INSERT INTO campaign (id, slug, key_id, public_key, live_edition_id, created_at) "
    "VALUES (1, 'library', 'c1', :x, 1, '2026-07-12')",
    "INSERT INTO edition (id, campaign_id, number, digest, content, published_at) "
    "VALUES (1, 1, 1, 'd', :content, '2026-07-12')",
)


@contextmanager
def application_at(revision: str, url: str, home: Path, campaign: Campaign) -> Iterator[Flask]:
    """An application whose database stands at a step and holds one live campaign."""
    made = create_app(load_settings({"CLARION_HOME": str(home)}, database={"url": url or f"sqlite:///{home}/new.db"}))
    with made.app_context():
        step(command.upgrade, revision)
        with db.engine.begin() as connection:
            for statement in CAMPAIGN:
                connection.execute(text(statement), {"x": b"x" * 32, "content": campaign.to_json()})
        yield made
        db.session.remove()
        db.engine.dispose()


def step(there: Callable[[Config, str], None], revision: str) -> None:
    """Go to a step, up or down."""
    db.session.remove()
    config = Config()
    config.set_main_option("script_location", str(migrations.FOLDER))
    with db.engine.connect() as connection:
        config.attributes["connection"] = connection
        there(config, revision)
        connection.commit()
