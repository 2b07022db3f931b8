"""Take the pictures of the console anew: `CHROMIUM=/usr/bin/chromium .venv/bin/python docs/pictures/take_console.py`.

They go the way of a first visit: from the link that sets a site up to a live petition, made from pasted text.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from take import COLOURS, HERE, fill, served

from clarion.staff import tickets
from clarion.staff.marks import Marks
from clarion.testing import chromium_path

PASTED = Path(__file__).parents[2] / "tests" / "campaigns" / "pasted" / "dc-sanctuary.txt"
SCREEN = {"width": 1080, "height": 780}


def shoot(page: Page, name: str) -> None:
    """Write what is on the screen."""
    shot = Image.open(io.BytesIO(page.screenshot()))
    path = HERE / f"console-{name}.png"
    shot.convert("RGB").quantize(COLOURS, kmeans=1, dither=Image.Dither.NONE).save(path, optimize=True)
    click.echo(f"{path.name}: {path.stat().st_size // 1000} kB")


@click.command()
def main() -> None:
    """Take all pictures."""
    with TemporaryDirectory() as folder, served(Path(folder)) as (instance, url), sync_playwright() as playwright:
        fill(instance)
        with instance.context():
            ticket = tickets.make("setup")
            token = Marks(instance.app.extensions["clarion.keyring"]).token("setup", ticket.id, ticket.nonce)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport=SCREEN, locale="en-US", reduced_motion="reduce")
        page.goto(f"{url}/staff/setup/{token}")
        page.fill("#email", "ana@sanctuary-dc.example")
        shoot(page, "1-setup")
        page.click("button.main")
        page.get_by_role("link", name="New petition").click()
        page.fill("#text", PASTED.read_text("utf-8"))
        page.fill("#slug", "protect-dc")
        page.evaluate("document.querySelector('#text').scrollTop = 0")
        shoot(page, "2-paste")
        page.get_by_role("button", name="Take it apart").click()
        shoot(page, "3-apart")
        page.fill('[id="es.title"]', "Alcaldesa Bowser: proteja a los vecinos de DC de las redadas")
        page.check('input[name=on][value="es"]')
        page.get_by_role("button", name="Save").click()
        shoot(page, "4-saved")
        page.get_by_role("button", name="Put it live").click()
        shoot(page, "5-live")
        page.goto(f"{url}/protect-dc/es")
        shoot(page, "6-page")
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
