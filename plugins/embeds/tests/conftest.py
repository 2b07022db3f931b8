"""A petition with partners, sites of theirs on other origins that write down all that they are told, and visitors."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from clarion.testing import TABLE, Instance, chromium_path

from .scenes import Scene


@dataclass
class HostSite:
    """A site that is not Clarion's."""

    origin: str
    pages: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)

    def page(self, path: str, body: str, **headers: str) -> str:
        """Put a page there; gives its address."""
        html = f'<!doctype html><html lang="en"><title>Host</title><meta charset="utf-8"><body>{body}'
        self.pages[path] = html, {name.replace("_", "-"): value for name, value in headers.items()}
        return self.origin + path


@pytest.fixture
def make_host() -> Iterator[Callable[..., HostSite]]:
    """Make sites on a port of their own: under `localhost`, another site than `127.0.0.1`."""
    running: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def make(name: str = "localhost") -> HostSite:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                html, headers = site.pages.get(self.path.partition("?")[0], ("", {}))
                body = html.encode()
                self.send_response(200 if html else 404)
                for key, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        site = HostSite(f"http://{name}:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        running.append((server, thread))
        return site

    yield make
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


@pytest.fixture
def host(make_host: Callable[..., HostSite]) -> HostSite:
    """The site of the partner "writers"."""
    return make_host()


@pytest.fixture
def table() -> Callable[..., str]:
    """A `campaign.toml` with embeds."""

    def make(*origins: str, more: str = "", anywhere: bool = False) -> str:
        listed = ", ".join(f'"{origin}"' for origin in origins)
        partners = f"[plugins.embeds.partners.writers]\norigins = [{listed}]\n{more}\n" if origins else ""
        return f"{TABLE}\n[plugins.embeds]\nanywhere = {str(anywhere).lower()}\n{partners}"

    return make


@pytest.fixture
def embeds(
    make_instance: Callable[..., Instance], make_folder: Callable[..., Path], table: Callable[..., str]
) -> Callable[..., Instance]:
    """An instance with the petition `library`, whose form these origins may show: `embeds("https://…")`."""

    def make(*origins: str, **more: Any) -> Instance:
        instance = make_instance(plugins={"embeds": {}}, signing={"network_limit": 1000})
        instance.publish(make_folder(files={"campaign.toml": table(*origins, **more)}))
        return instance

    return make


@pytest.fixture(scope="session")
def strict_browser(browser: Browser) -> Iterator[Browser]:
    """A Chromium that keeps no cookie of third parties, from the one Playwright that a process may have."""
    flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--test-third-party-cookie-phaseout"]
    running = browser.browser_type.launch(executable_path=chromium_path(), args=flags)
    yield running
    running.close()


@pytest.fixture
def open_page(request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Open an address in a browser with nothing in it: `open_page(url, script=False)`."""
    browser: Browser = request.getfixturevalue("strict_browser")
    opened: list[Page] = []

    def visit(url: str, *, script: bool = True, width: int = 480, height: int = 900, **more: Any) -> Page:
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, java_script_enabled=script, reduced_motion="reduce", **more)
        context.set_default_timeout(10_000)
        page = context.new_page()
        opened.append(page)
        page.goto(url)
        return page

    yield visit
    cookies = [cookie for page in opened for cookie in page.context.cookies()]
    for page in opened:
        page.context.close()
    assert cookies == []


@pytest.fixture
def scene(host, embeds, serve_instance) -> Scene:
    """A page of another site, and the instance whose form it may show."""
    instance = embeds(host.origin)
    return Scene(instance, serve_instance(instance), host)
