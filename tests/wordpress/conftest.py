"""One WordPress for all tests, a petition for each."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from clarion.testing import TABLE, Instance
from rig.site import free_port
from wordpress.blog import DEBIAN, MariaDB, WordPress, missing


@dataclass
class Petition:
    """The petition `library` on a site of its own, whose partner "writers" has the WordPress."""

    instance: Instance
    address: str
    """What the editor pastes."""


@pytest.fixture(scope="session")
def whole_blog() -> Iterator[WordPress]:
    """A WordPress as it comes from Debian, installed."""
    if absent := missing():
        pytest.exit(f"Not on this machine: {', '.join(absent)}. Debian has it: {DEBIAN}", returncode=1)
    with tempfile.TemporaryDirectory(prefix="clarion-wordpress-") as folder:
        database = MariaDB(Path(folder) / "mariadb")
        try:
            blog = WordPress(Path(folder) / "site", database)
            try:
                yield blog
            finally:
                blog.close()
        finally:
            database.close()


@pytest.fixture
def blog(whole_blog: WordPress) -> WordPress:
    """The same, with nothing in it but what lets it reach a petition on the loopback."""
    for path in whole_blog.rules.iterdir():
        if path.name != "loopback.php":
            path.unlink()
    return whole_blog


@pytest.fixture
def petition(
    make_instance: Callable[..., Instance],
    make_folder: Callable[..., Path],
    serve_instance: Callable[..., str],
    blog: WordPress,
) -> Petition:
    """The petition, published and served."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    instance = make_instance(site={"base_url": url}, plugins={"embeds": {}}, signing={"network_limit": 1000})
    table = f'{TABLE}\n[plugins.embeds.partners.writers]\norigins = ["{blog.url}"]\n'
    instance.publish(make_folder(files={"campaign.toml": table}))
    serve_instance(instance, port)
    return Petition(instance, f"{url}/library/en?partner=writers")


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open an address in a browser with nothing in it: `open_page(url, script=False)`."""
    opened: list[Page] = []

    def visit(url: str, *, script: bool = True, width: int = 1280, height: int = 900, **more: Any) -> Page:
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, java_script_enabled=script, reduced_motion="reduce", **more)
        context.set_default_timeout(20_000)
        context.route(_outside, lambda route: route.abort())
        opened.append(context.new_page())
        opened[-1].goto(url)
        return opened[-1]

    yield visit
    for page in opened:
        page.context.close()


def _outside(url: str) -> bool:
    """Whether an address is not one of this machine: WordPress asks for pictures of authors from elsewhere."""
    return urlsplit(url).hostname not in ("127.0.0.1", "localhost")
