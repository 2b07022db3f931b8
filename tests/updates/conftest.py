"""Signers of two organisations, an update in a folder, and a terminal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clarion.campaigns.live import live_campaigns
from clarion.cli import main
from clarion.extensions import now
from clarion.testing import Instance, link
from clarion.updates import service
from clarion.updates.models import Update
from clarion.updates.news import News, Words

NAME = "2026-07-12-hearing"
ENGLISH = "---\ntitle: The hearing is on Friday\n---\n\nCome at **nine**. We are {{count}}.\n"
SPANISH = "---\ntitle: La audiencia es el viernes\n---\n\nVengan a las **nueve**.\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write an update's files into the campaign's folder: `write(en="---...")`."""

    def written(name: str = NAME, slug: str = "library", **texts: str) -> Path:
        folder = tmp_path / "campaigns" / slug / "updates" / name
        folder.mkdir(parents=True, exist_ok=True)
        for code, text in (texts or {"en": ENGLISH, "es": SPANISH}).items():
            (folder / f"{code}.md").write_text(text, "utf-8")
        return folder

    return written


@pytest.fixture
def signer(either_instance: Instance) -> Callable[..., str]:
    """Somebody signs, confirms and says yes to organisations; their own page: `signer("ana", "readers")`."""

    def signed(name: str, *organisations: str, language: str = "en") -> str:
        ticked = {f"consent_{one}_email": "y" for one in organisations}
        either_instance.sign("library", language, email=f"{name}@signers.example", **ticked)
        either_instance.work()
        either_instance.confirm(link(either_instance.mails()[-1], "confirm"))
        either_instance.work()
        return link(either_instance.mails()[-1], "me")

    return signed


@pytest.fixture
def schedule(either_instance: Instance) -> Callable[..., int]:
    """Schedule an update that starts now; its id: `schedule(organisation="writers")`."""

    def scheduled(
        name: str = NAME,
        organisation: str = "readers",
        *,
        public: bool = True,
        later: float = 0.0,
        body: str = "Come at **nine**.",
    ) -> int:
        texts = {
            "en": Words("en", "The hearing is on Friday", body),
            "es": Words("es", "La audiencia es el viernes", "Vengan a las **nueve**."),
        }
        with either_instance.context():
            live = live_campaigns().get("library")
            assert live
            news = News(name, organisation, public, texts, organisation.title())
            row, new = service.schedule(live.id, news, now() + timedelta(seconds=later))
            assert new
            return row.id

    return scheduled


@pytest.fixture
def row(either_instance: Instance) -> Callable[..., Update]:
    """An update as the database has it now."""

    def read(name: str = NAME) -> Update:
        with either_instance.context():
            live = live_campaigns().get("library")
            assert live
            found = service.find(live.id, name)
            assert found
            return found

    return read


@pytest.fixture
def run(either_instance: Instance) -> Callable[..., Result]:
    """Type a command on the instance."""
    settings = either_instance.app.extensions["clarion.settings"]
    environment = {
        "CLARION_HOME": str(either_instance.home),
        "CLARION_DATABASE__URL": settings.database.url.get_secret_value(),
    }

    def typed(*arguments: str, answer: str = "") -> Result:
        return CliRunner().invoke(main, list(arguments), env=environment, input=answer)

    return typed
