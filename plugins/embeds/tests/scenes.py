"""A page of another site with the form in it, in a real browser, and what people do there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import FrameLocator, Page

from clarion.testing import Instance, plain

RECORDER = """
<script>
  window.told = [];
  addEventListener("message", ({ origin, data }) => told.push({ origin, data }));
  window.heard = [];
  for (const name of ["clarion:loaded", "clarion:signed"]) addEventListener(name, (event) =>
    heard.push({ name, campaign: event.target.getAttribute("campaign"), detail: event.detail }));
</script>
"""
"""Writes down all that a page is told."""


MAIL = re.compile("check your mail|revise su correo", re.IGNORECASE)


@dataclass
class Scene:
    """Clarion at one address, a partner's site at another."""

    instance: Instance
    url: str
    host: Any

    def frame(self, more: str = "", language: str = "en") -> str:
        """A plain frame, as it is pasted."""
        address = f"{self.url}/library/{language}/embed?partner=writers"
        return f'<iframe src="{address}" width="100%" height="900" {more}></iframe>'


def sign(frame: FrameLocator, email: str = "ana@readers.example") -> None:
    """Fill the form in and send it."""
    frame.locator("#name").fill("Ana Reader")
    frame.locator("#email").fill(email)
    frame.locator("button.main").press("Enter")  # a click may miss while the page above still moves


def type_code(scene: Scene, frame: FrameLocator) -> None:
    """Look into the mailbox, and type the code from there."""
    scene.instance.work()
    code = re.search(r"\b\d{6}\b", plain(scene.instance.mails()[-1]))
    assert code
    frame.locator("#code").fill(code[0])
    frame.locator(".code button").press("Enter")


def loaded(page: Page, how_many: int = 1) -> None:
    """Wait until so many forms have said that they are there."""
    page.wait_for_function("n => heard.filter(({ name }) => name === 'clarion:loaded').length >= n", arg=how_many)


def code(scene: Scene, kind: str, language: str = "en") -> str:
    """What is pasted, with this server's address."""
    said = {"campaign": "library", "partner": "writers", "lang": language}
    prefix = "data-" if kind == "script" else ""
    named = " ".join(f'{prefix}{name}="{value}"' for name, value in said.items())
    if kind == "script":
        return f'<script src="{scene.url}/embed.js" {named}></script>'
    link = f'<a href="{scene.url}/library/en">Keep the library open</a>'
    return f'<clarion-petition {named}>{link}</clarion-petition><script async src="{scene.url}/embed.js"></script>'
