"""Take the pictures of this folder anew: `CHROMIUM=/usr/bin/chromium .venv/bin/python docs/pictures/take.py`.

They show a real instance with the project's own campaign, served from a folder that is thrown away. Names,
reasons and the count are made up.
"""

from __future__ import annotations

import io
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import select
from waitress.server import create_server

from clarion import migrations
from clarion.app import create_app
from clarion.campaigns.models import CampaignRow
from clarion.console import create_console
from clarion.extensions import db
from clarion.pages.pulse import init_pulse
from clarion.server import Doors
from clarion.settings import load_settings
from clarion.signatures import reasons
from clarion.signatures.models import APPROVED, CountTotal, Reason
from clarion.testing import Instance, chromium_path, link

HERE = Path(__file__).parent
CAMPAIGN = HERE.parents[1] / "campaigns" / "dc-sanctuary"
SLUG = CAMPAIGN.name
EARLIER = 1244
"""Signatures that the page counts beside the ones given here."""
COLOURS = 128
LIMIT = 200_000

REASONS = (
    ("Ana Luna", "es", "Mi vecina lleva veinte años en nuestra calle. Nadie debería tener miedo de abrir su puerta."),
    ("Sam Cole", "en", "My students come to class worried about their parents. A city can decide to stand with them."),
)
PHONE = {"viewport": {"width": 360, "height": 760}, "device_scale_factor": 2}
DESKTOP = {"viewport": {"width": 1280, "height": 860}, "device_scale_factor": 1.5}
LETTER = {"viewport": {"width": 620, "height": 300}, "device_scale_factor": 1.5}


@contextmanager
def served(home: Path, *, port: int = 0, more: str = "", **tables: Any) -> Iterator[tuple[Instance, str]]:
    """An instance below `home` with the campaign live, `more` added to its settings; and its address."""
    folder = home / "campaigns" / SLUG
    shutil.copytree(CAMPAIGN, folder)
    with (folder / "campaign.toml").open("a") as file:
        file.write(more)
    settings = load_settings({"CLARION_HOME": str(home)}, **tables)
    app = create_app(settings)
    with app.app_context():
        migrations.upgrade()
    instance = Instance(app, home)
    instance.publish(folder)
    server: Any = create_server(Doors(app, create_console(settings)), host="127.0.0.1", port=port, threads=4, ident="")
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield instance, f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)
    with app.app_context():
        db.engine.dispose()


def sign(instance: Instance, name: str, language: str, **fields: str) -> tuple[str, EmailMessage]:
    """Sign as somebody with a made-up address: the page that follows, and the mail that comes."""
    address = f"{name.partition(' ')[0].lower()}@mail.example"
    answer = instance.sign(SLUG, language, name=name, email=address, postal_code="20009", **fields)
    instance.work()
    return answer.headers["Location"], _mails_to(instance, address)[-1]


def confirm(instance: Instance, mail: EmailMessage) -> EmailMessage:
    """Press the button of the mail; the thank-you that comes."""
    instance.confirm(link(mail, "confirm"))
    instance.work()
    return _mails_to(instance, str(mail["To"]))[-1]


def _mails_to(instance: Instance, address: str) -> list[EmailMessage]:
    return [mail for mail in instance.mails() if address in str(mail["To"])]


def fill(instance: Instance) -> None:
    """Give the page a count and the two approved reasons."""
    for name, language, words in REASONS:
        confirm(instance, sign(instance, name, language, reason=words, show_name="y")[1])
    with instance.context():
        for row in db.session.scalars(select(Reason)).all():
            reasons.moderate(row.campaign_id, row.id, APPROVED)
        campaign = db.session.scalars(select(CampaignRow.id)).one()
        db.session.add(CountTotal(campaign_id=campaign, language="en", source="earlier", area="", n=EARLIER))
        db.session.commit()
    init_pulse(instance.app)


def html(mail: EmailMessage) -> str:
    """The HTML of a mail."""
    part = mail.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def take(
    browser: Browser,
    name: str,
    source: str,
    screen: dict[str, Any],
    *,
    whole: bool = False,
    dark: bool = False,
    once: str = "body",
) -> None:
    """Write `name`.png of an address or of HTML once something is there; `whole` reaches down to the page's end."""
    context = browser.new_context(**screen, color_scheme="dark" if dark else "light", reduced_motion="reduce")
    page = context.new_page()
    if source.startswith("http"):
        page.goto(source)
    else:
        page.set_content(source)
    page.locator(once).wait_for()
    shot = Image.open(io.BytesIO(page.screenshot(full_page=whole)))
    context.close()
    path = HERE / f"{name}.png"
    shot.convert("RGB").quantize(COLOURS, kmeans=1, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    click.echo(f"{path.name}: {shot.width} x {shot.height}, {size // 1000} kB")
    if size > LIMIT:
        raise click.ClickException(f"{path.name} is larger than {LIMIT // 1000} kB.")


@click.command()
def main() -> None:
    """Take all pictures."""
    with TemporaryDirectory() as folder, served(Path(folder)) as (instance, url), sync_playwright() as playwright:
        fill(instance)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox", "--disable-gpu"])
        english, spanish = f"{url}/{SLUG}/en", f"{url}/{SLUG}/es"
        (HERE / "share-en.png").write_bytes(instance.client.get(f"/{SLUG}/en/share.png").data)
        take(browser, "page-phone-es", spanish, PHONE)
        take(browser, "page-desktop-en", english, DESKTOP)
        take(browser, "page-desktop-en-dark", english, DESKTOP, dark=True)
        take(browser, "page-desktop-en-whole", english, {**DESKTOP, "device_scale_factor": 0.75}, whole=True)
        after, mail = sign(instance, "Elena Mora", "es")
        take(browser, "thanks-phone-es", url + after, PHONE)
        take(browser, "mail-es", html(mail), LETTER, whole=True)
        _, mail = sign(instance, "Noor Hill", "en", reason="We look after each other here.")
        take(browser, "me-phone-en", url + link(confirm(instance, mail), "me"), PHONE, whole=True)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
