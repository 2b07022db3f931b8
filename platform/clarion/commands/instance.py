"""What commands work on: the instance's application, its campaigns, and the words for bad input."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..settings import SettingsError, load_settings

if TYPE_CHECKING:
    from flask import Flask

    from ..campaigns.live import LiveCampaign


class BadInput(click.ClickException):
    """What was typed cannot be done: one line that says why and what to type instead."""

    exit_code = 2


class RowNumber(click.types.IntParamType):
    """The number of a row: neither database takes one that is longer than 64 bits."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read it, or say what was typed instead."""
        number = int(super().convert(value, param, ctx))
        if not 0 < number < 2**63:
            self.fail(f"{number} is not the number of one.", param, ctx)
        return number


@contextmanager
def application(*, upgrade: bool = True) -> Iterator[Flask]:
    """The whole application, on an up-to-date database unless it is asked for as it stands."""
    from .. import migrations
    from ..app import create_app
    from ..extensions import db

    made = create_app(load_settings())
    with made.app_context():
        try:
            if upgrade:
                migrations.upgrade()
            yield made
        finally:
            db.session.remove()
            db.engine.dispose()


@contextmanager
def languages_only() -> Iterator[Flask]:
    """An application that knows languages only: checking a folder touches no database and writes nothing."""
    from flask import Flask

    from ..i18n import init_languages

    cache = Path(tempfile.mkdtemp(prefix="clarion-"))
    try:
        made = Flask("clarion", static_folder=None)
        init_languages(made, cache)
        with made.app_context():
            yield made
    finally:
        shutil.rmtree(cache)


def published(slug: str) -> LiveCampaign:
    """The campaign with this slug; needs an app context."""
    from ..campaigns.live import live_campaigns
    from ..domain.faults import did_you_mean, printable

    found = live_campaigns().get(slug)
    if found is None:
        known = [live.slug for live in live_campaigns().all()]
        hint = f" {did_you_mean(slug, known)}" if known else ""
        raise BadInput(printable(f'No campaign "{slug}" has been published.{hint}'))
    return found


def shown(path: Path) -> str:
    """A path as short as it can be understood."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def refuse_inside() -> None:
    """Stop where a command would take the folder of the campaigns for the one that holds it."""
    here = Path.cwd()
    if here.name == "campaigns" and any(here.glob("*/campaign.toml")):
        settings = load_settings()
        if settings.home == here and not settings.campaigns.folder.is_dir():
            raise SettingsError(f"You are in {here}; go to {here.parent}: cd ..")
