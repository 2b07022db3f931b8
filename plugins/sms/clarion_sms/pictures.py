"""Pictures of this site's pages, taken by a Chromium on this machine; where there is none, each page as one file."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import current_app
from flask_babel import refresh

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
WIDTH, TALLEST = 1280, 16_000
SECONDS = 60

_SHEET = re.compile(r'<link rel="stylesheet" href="([^"]+)">')
_NEEDLESS = re.compile(r'<script\b.*?</script>\n?|<link rel="(?:icon|alternate|preload)"[^>]*>\n?', re.DOTALL)
_IMAGE = re.compile(r'(<img\b[^>]*\bsrc=")(/[^"]+)"')
_LINK = re.compile(r'\b(href|action)="/')
_MEASURE = "<script>document.documentElement.dataset.height = document.documentElement.scrollHeight</script>"
_NO_HIGHER = "<style>body,.sign{min-block-size:0!important}</style>"
"""What is as high as the window otherwise."""

_MEASURED = re.compile(r'data-height="(\d+)"')


def found_browser(named: str = "") -> str:
    """The browser that is named, or one that is there; empty if there is none."""
    return next(filter(None, map(shutil.which, [named] if named else NAMES)), "")


class Camera:
    """Takes pictures of pages of the current application."""

    def __init__(self, base_url: str, browser: str) -> None:
        self._base_url, self._browser = base_url, browser
        self.without = "" if browser else "no Chromium was found; name one with --browser"
        """Why there are no pictures; empty where there are."""

    def take(self, path: str) -> tuple[str, bytes]:
        """A page as a picture, or as HTML that needs nothing else: the ending of its file's name, and the file."""
        html = self.page(path)
        if not self.without:
            try:
                return "png", self._picture(html)
            except (OSError, subprocess.SubprocessError) as error:
                self.without = f"{self._browser} took none: {type(error).__name__}"
        return "html", html.encode()

    def page(self, path: str) -> str:
        """A page as everybody gets it, with all that it loads in it and nothing that runs."""
        html = _NEEDLESS.sub("", self._get(path).decode())
        html = _SHEET.sub(lambda found: f"<style>{self._get(found[1]).decode()}</style>", html)
        html = _IMAGE.sub(lambda found: f'{found[1]}{self._as_data(found[2])}"', html)
        return _LINK.sub(rf'\1="{self._base_url}/', html)

    def _get(self, path: str) -> bytes:
        # a request of its own: around a command there is a language already, and it would stay
        refresh()
        response = current_app.test_client(use_cookies=False).get(path, base_url=self._base_url)
        refresh()
        if response.status_code != 200:
            raise LookupError(f"{path} answered {response.status_code}")
        return response.get_data()

    def _as_data(self, path: str) -> str:
        response = current_app.test_client(use_cookies=False).get(path, base_url=self._base_url)
        return f"data:{response.mimetype};base64,{base64.b64encode(response.get_data()).decode()}"

    def _picture(self, html: str) -> bytes:
        with TemporaryDirectory() as temporary:
            folder = Path(temporary)
            page, picture = folder / "page.html", folder / "page.png"
            page.write_text(html.replace("</head>", f"{_NO_HIGHER}</head>"), "utf-8")
            measured = folder / "measured.html"
            measured.write_text(page.read_text("utf-8").replace("</body>", f"{_MEASURE}</body>"), "utf-8")
            told = _MEASURED.search(self._run(folder, 800, "--dump-dom", measured.as_uri()))
            height = min(int(told[1]), TALLEST) if told else 4000
            self._run(folder, height, f"--screenshot={picture}", page.as_uri())
            return picture.read_bytes()

    def _run(self, folder: Path, height: int, *more: str) -> str:
        flags = [
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--hide-scrollbars",
            "--disable-background-networking",
        ]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")  # it starts in none for this user, and opens our own page only
        sized = [f"--user-data-dir={folder / 'profile'}", f"--window-size={WIDTH},{height}"]
        command = [self._browser, *flags, *sized, *more]
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=True)  # noqa: S603 - found by us
        return done.stdout.decode(errors="replace")
