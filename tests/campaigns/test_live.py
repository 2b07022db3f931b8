"""The live campaigns in memory: never older than half a second, read from the database only."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from clarion.campaigns import live as module
from clarion.campaigns import service
from clarion.campaigns.live import FRESH_SECONDS, live_campaigns
from clarion.testing import TEXTS, Instance

Make = Callable[..., Path]


class Clock:
    """A monotonic clock that stands still until moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(module.time, "monotonic", lambda: self.now)


def publish_elsewhere(instance: Instance, folder: Path) -> None:
    """Publish as another process would: this one is not told."""
    loaded = service.check(
        folder.parent,
        instance.app.extensions["clarion.languages"],
        instance.app.extensions["clarion.plugins"].check,
        (folder.name,),
    )[0]
    service.publish(loaded, instance.app.extensions["clarion.keyring"])


def test_what_another_process_publishes_is_seen_half_a_second_later(
    instance: Instance, make_folder: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with instance.context():
        clock = Clock(monkeypatch)
        live_campaigns().forget()
        assert live_campaigns().get("museum") is None
        publish_elsewhere(instance, make_folder("museum"))
        clock.now += FRESH_SECONDS * 0.9
        assert live_campaigns().get("museum") is None
        clock.now += FRESH_SECONDS * 0.2
        museum = live_campaigns().get("museum")
        assert museum is not None
        assert live_campaigns().by_id(museum.id) is museum
        assert [one.slug for one in live_campaigns().all()] == ["museum", "library"]


def test_an_edition_that_stays_is_not_read_again(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    with instance.context():
        clock = Clock(monkeypatch)
        live_campaigns().forget()
        before = live_campaigns().get("library")
        clock.now += 10
        assert live_campaigns().get("library") is before
        folder = instance.home / "campaigns" / "library"
        (folder / "en.md").write_text(TEXTS["en"].replace("Keep", "Hold"), "utf-8")
        publish_elsewhere(instance, folder)
        clock.now += 10
        after = live_campaigns().get("library")
        assert after is not None
        assert (after.edition_number, after.campaign.text("en").title) == (2, "Hold the library open")


def test_pages_do_not_need_the_folder(instance: Instance) -> None:
    shutil.rmtree(instance.home / "campaigns")
    with instance.context():
        live_campaigns().forget()
        assert live_campaigns().get("library") is not None
    assert "Keep the library open" in instance.client.get("/library/en").get_data(as_text=True)
    assert "Que siga la biblioteca" in instance.client.get("/library/es").get_data(as_text=True)


def test_nobody_knows_a_campaign_that_does_not_exist(instance: Instance) -> None:
    with instance.context():
        assert live_campaigns().get("museum") is None
        assert live_campaigns().by_id(10_000) is None
