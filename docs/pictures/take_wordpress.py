"""Take the picture of a post in WordPress anew; what it needs `make wordpress` installs.

CHROMIUM=/usr/bin/chromium PYTHONPATH=tests .venv/bin/python docs/pictures/take_wordpress.py
"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from playwright.sync_api import sync_playwright
from take import SLUG, fill, served, take

from clarion.testing import chromium_path
from rig.site import free_port
from wordpress.blog import MariaDB, WordPress

WORDS = "Our library is one of the first to have signed. Add your name here:\n\n{}"

HIGH_DESKTOP = {"viewport": {"width": 1280, "height": 1480}, "device_scale_factor": 0.75}
GROWN = "iframe[height='1000']"


@click.command()
def main() -> None:
    """Take it."""
    with TemporaryDirectory(prefix="clarion-wordpress-") as name, sync_playwright() as playwright:
        folder, port = Path(name), free_port()
        database = MariaDB(folder / "mariadb")
        with closing(database), closing(WordPress(folder / "site", database)) as blog:
            home, more = folder / "home", f'\n[plugins.embeds.partners.casa-del-barrio]\norigins = ["{blog.url}"]\n'
            base = {"base_url": f"http://127.0.0.1:{port}"}
            with served(home, port=port, more=more, plugins={"embeds": {}}, site=base) as (instance, url):
                fill(instance)
                browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
                post = blog.write(WORDS.format(f"{url}/{SLUG}/en?partner=casa-del-barrio"), title="We are a sanctuary")
                take(browser, "wordpress-desktop-en", post, HIGH_DESKTOP, once=GROWN)
                browser.close()


if __name__ == "__main__":
    sys.exit(main())
