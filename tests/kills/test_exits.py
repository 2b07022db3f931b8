"""A plugin that ends its process outright, in hooks of the pages and of the workers, changes no signing result."""

from __future__ import annotations

import tempfile
import urllib.error
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from faults.stage import Stage
from rig.ledger import Confirmations
from rig.site import SLUG, wait_until

LONGEST = 480
"""Seconds, on a slow machine: five processes die over each hook, and each has to load anew."""

PLUGIN = """
import os
from pathlib import Path
from clarion.api import API_VERSION, Chore, Plugin, PluginSettings, hookimpl

class Settings(PluginSettings):
    order: Path

class Deadly(Plugin):
    api = API_VERSION
    Settings = Settings
    page_slots = ("campaign.below-form",)

    def deed(self):
        if self.settings.order.exists():
            os._exit(9)

    @hookimpl
    def page_slot(self, slot):
        self.deed()
        return "<p>As ever</p>"

    @hookimpl
    def chores(self):
        return [Chore("deed", 1.0, self.deed)]

    @hookimpl
    def events(self, happened):
        self.deed()
"""


@pytest.fixture
def deadly() -> Iterator[tuple[Stage, Path]]:
    """A whole site with the plugin, and the file that gives it the order."""
    with tempfile.TemporaryDirectory(prefix="clarion-exits-") as name:
        folder = Path(name)
        (folder / "deadly.py").write_text(PLUGIN)
        distribution = folder / "deadly-1.0.dist-info"
        distribution.mkdir()
        (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: deadly\nVersion: 1.0\n")
        (distribution / "entry_points.txt").write_text("[clarion]\ndeadly = deadly:Deadly\n")
        order = folder / "order"
        stage = Stage(folder)
        try:
            stage.site.environment |= {"PYTHONPATH": name, "CLARION_PLUGINS__DEADLY__ORDER": str(order)}
            stage.site.prepare()
            stage.site.start()
            yield stage, order
        finally:
            stage.close()


def page(stage: Stage) -> str:
    """The petition's page, or nothing where the process died over it."""
    try:
        return stage.read(f"/{SLUG}/en")
    except (OSError, urllib.error.HTTPError):
        return ""


@pytest.mark.timeout(LONGEST)
def test_whoever_signs_is_counted_and_the_hooks_are_left_alone(deadly: tuple[Stage, Path]) -> None:
    stage, order = deadly
    assert "As ever" in page(stage)
    ledger = stage.ledger(seconds=float(LONGEST), rate=10.0, persistent=True)
    with ledger, Confirmations(stage.site, stage.mailboxes) as confirmations:
        ledger.wait_for(10)
        order.touch()
        for hook in ("page_slot", "chore deed", "events"):
            wait_until(partial(is_left_alone, stage, hook), lambda: stage.site.log[-3000:], 200)
        wait_until(lambda: "As ever" not in (shown := page(stage)) and "<form" in shown, seconds=60)
        ledger.wait_for(10)
    account = stage.books.settle(ledger, sorted(confirmations.acknowledged))
    assert not ledger.bad_answers, ledger.told
    assert (account.lost, account.unconfirmed, account.missing) == ([], [], [])
    assert (account.drift, account.counted_twice) == (0, 0)
    assert account.acknowledged >= 20
    assert account.confirmed >= 10


def is_left_alone(stage: Stage, hook: str) -> bool:
    """Whether a process knows that it ended others, once somebody has opened the page."""
    page(stage)
    lines = stage.site.log.splitlines()
    return any("plugin switched off" in line and f"deadly.{hook}" in line for line in lines)
