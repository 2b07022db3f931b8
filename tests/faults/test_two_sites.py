"""Two machines run one site: what is published on one is shown by both, and a name counts once on both."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from faults.stage import Stage
from rig.ledger import Ledger
from rig.site import SLUG, Site, wait_until

SHOWN = 2.0
"""Seconds after which all machines show what was published on one."""


@pytest.fixture
def second(stage: Stage, tmp_path: Path) -> Iterator[Site]:
    """Another `clarion run` on the same database and broker, with the same keys."""
    site = stage.make_site(
        tmp_path / "second", WEB__PROCESSES="1", KEYRING__FOLDER=str(stage.site.home / "var" / "keyring")
    )
    try:
        site.start()
        yield site
    finally:
        site.stop()


def test_what_is_published_on_one_machine_is_shown_by_all(stage: Stage, second: Site) -> None:
    texts = second.home / "campaigns" / SLUG / "en.md"
    head, title, rest = texts.read_text().partition("\ntitle: ")
    old = rest.splitlines()[0].strip('"')
    texts.write_text(f"{head}{title}A title from the second machine\n" + rest.partition("\n")[2])

    for command, shown in (("publish", "A title from the second machine"), ("rollback", old)):
        second.clarion(command, SLUG)
        for site in (stage.site, second):
            assert wait_until(lambda site=site, shown=shown: shown in page(site), seconds=10) <= SHOWN


def test_a_name_that_is_signed_on_two_machines_counts_once(stage: Stage, second: Site) -> None:
    with ThreadPoolExecutor(2) as pool:
        ledgers = [Ledger(site, prefix="both", rate=30, limit=150) for site in (stage.site, second)]
        for _ in pool.map(sign_all, ledgers):
            pass
    for ledger in ledgers:
        assert set(ledger.answers) == {303}, ledger.told
        account = stage.books.settle(ledger)
        assert (account.rows, account.lost, account.missing, account.drift, account.repeats) == (150, [], [], 0, 0)


def sign_all(ledger: Ledger) -> None:
    """Let a ledger run to its limit."""
    with ledger:
        wait_until(lambda: len(ledger.attempted) >= ledger.limit, lambda: ledger.told)


def page(site: Site) -> str:
    """The campaign page as a machine shows it."""
    with urllib.request.urlopen(f"{site.base_url}/{SLUG}/en", timeout=10) as answer:
        return str(answer.read().decode())
