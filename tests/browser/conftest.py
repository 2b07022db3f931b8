"""The project's own campaign on a real server, and people who visit it with a real browser."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response
from sqlalchemy import select
from waitress import wasyncore
from waitress.server import create_server

from clarion.campaigns.live import live_campaigns
from clarion.extensions import db, now
from clarion.pages.front import Front
from clarion.pages.pulse import init_pulse
from clarion.sealing import Link, open_sealed
from clarion.signatures import reasons
from clarion.signatures.models import APPROVED, WAITING, CountTotal, Reason, Signature
from clarion.testing import Instance, link, plain
from clarion.updates.news import News, Words
from clarion.updates.service import schedule

ROOT = Path(__file__).parents[2]
SLUG = "dc-sanctuary"
HEIGHT = 740
REFUSAL = re.compile(r"Failed to load resource: the server responded with a status of (4\d\d|503) ")
"""Chromium's own note on a page that comes with such a status, as a refused form does."""

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
COLOURS = ["color-contrast", "link-in-text-block"]
EVERYTHING: list[str] = []
VIEWS = ((320, "light", None), (360, "light", EVERYTHING), (360, "dark", COLOURS), (1280, "dark", EVERYTHING))

# A link in the midst of a sentence may be as high as its line (WCAG 2.2, 2.5.8); what stands alone may not.
SMALL_TARGETS = """() => {
  const alone = (link) => {
    const around = link.closest("p, li, div, nav").cloneNode(true);
    around.querySelectorAll("a, button").forEach((other) => other.remove());
    return !/[\\p{L}\\p{N}]/u.test(around.textContent);
  };
  const height = (target) => {
    const whole = getComputedStyle(target, "::after").position === "absolute" ? target.closest("li") : target;
    return whole.getBoundingClientRect().height;
  };
  const targets = [...document.querySelectorAll(
    "button, summary, .button, .tick, select, textarea, input:not([type=hidden], [type=checkbox]), a")];
  return targets
    .filter((target) => target.checkVisibility() && !target.closest(".off, .skip"))
    .filter((target) => !target.matches("a:not(.button)") || alone(target))
    .filter((target) => height(target) < 43.9)
    .map((target) => `${target.outerHTML.slice(0, 80)} is ${height(target)} px high`);
}"""


@dataclass
class Signer:
    """Somebody who has signed: the page they were sent to, and the mail they got."""

    thanks: str
    mail: EmailMessage
    me: str
    """Their own page: kept in the seal, told by mail only once they have confirmed."""

    @property
    def confirm(self) -> str:
        """The address that the mail's button opens."""
        return link(self.mail, "confirm")

    @property
    def code(self) -> str:
        """The six digits."""
        found = re.search(r"\b\d{6}\b", plain(self.mail))
        assert found
        return found[0]


@dataclass
class Site:
    """A served instance with the campaign live."""

    instance: Instance
    front: Front
    url: str
    folder: Path
    signed: int = 0

    def signer(self, language: str = "en", **fields: str) -> Signer:
        """Sign as somebody new; the mail is there."""
        self.signed += 1
        form = {"email": f"signer{self.signed}@readers.example", "postal_code": "20009", **fields}
        answer = self.instance.sign(SLUG, language, **form)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        self.instance.work()
        return Signer(answer.headers["Location"], self.instance.mails()[-1], self._own_page())

    def _own_page(self) -> str:
        with self.instance.context():
            live = live_campaigns().get(SLUG)
            assert live
            keyring = self.instance.app.extensions["clarion.keyring"]
            sealed = db.session.scalars(select(Signature.sealed).order_by(Signature.id.desc())).first()
            assert sealed
            details = open_sealed(keyring.private_key(live.key_id), sealed)
            return f"/me/{Link.from_text(details['link']).me_token}"

    def confirmed(self, language: str = "en", **fields: str) -> Signer:
        """The same, confirmed."""
        signer = self.signer(language, **fields)
        self.instance.confirm(signer.confirm)
        self.instance.work()
        return signer

    def count_up(self, number: int) -> None:
        """Count so many earlier signatures."""
        with self.instance.context():
            live = live_campaigns().get(SLUG)
            assert live
            db.session.add(CountTotal(campaign_id=live.id, language="en", source="earlier", area="", n=number))
            db.session.commit()
        self.forget()

    def approve_reasons(self) -> None:
        """Show the reasons that wait."""
        with self.instance.context():
            for row in db.session.scalars(select(Reason).filter_by(state=WAITING)).all():
                assert reasons.moderate(row.campaign_id, row.id, APPROVED)
        self.forget()

    def send_news(self, name: str = "2026-07-12-hearing") -> None:
        """Send an update of the lead to those who said yes to it, and show it on the petition's page."""
        words = {
            "en": Words("en", "The hearing is on Friday", "Come at **nine**, we are {{count}}.\n\n- Bring water\n"),
            "es": Words(
                "es", "La audiencia es el viernes", "Vengan a las **nueve**: somos {{count}}.\n\n- Traigan agua\n"
            ),
        }
        with self.instance.context():
            live = live_campaigns().get(SLUG)
            assert live
            schedule(live.id, News(name, live.campaign.lead.id, True, words), now())
        self.instance.work()
        self.forget()

    @contextmanager
    def overloaded(self) -> Iterator[None]:
        """Nobody who signs is let in meanwhile."""
        desks = self.instance.app.extensions["clarion.group_commit"].desks
        most, desks.most_inside = desks.most_inside, 0
        try:
            yield
        finally:
            desks.most_inside = most

    def forget(self) -> None:
        """Let the next page be made from what the database holds now, and not half a second later."""
        init_pulse(self.instance.app)
        self.front.refresh()

    def publish(self, status: str, **more: str) -> None:
        """Publish the campaign with another status; `more` is added to the front matter of each text."""
        table = self.folder / "campaign.toml"
        table.write_text(re.sub(r'(?m)^status = "\w+"', f'status = "{status}"', table.read_text("utf-8")), "utf-8")
        for path in self.folder.glob("*.md"):
            lines = "".join(f"{key}: {words}\n" for key, words in more.items())
            path.write_text(path.read_text("utf-8").replace("---\n", f"---\n{lines}", 1), "utf-8")
        self.instance.publish(self.folder)
        self.forget()


@dataclass
class Visitor:
    """One browser with nothing in it yet, and all that it saw."""

    context: BrowserContext
    page: Page
    url: str
    responses: list[Response] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Go to a page of the site."""
        self.page.goto(self.url + path)

    def sign(self, **fields: str) -> None:
        """Fill in the form as far as it is needed, and more where `fields` say so."""
        filled = {"name": "Ana Luna", "email": "ana@readers.example", "postal_code": "20009", **fields}
        for name, words in filled.items():
            self.page.fill(f"#{name}", words)

    def send_anyway(self, **fields: str) -> None:
        """Send the form as a browser would that checks nothing itself."""
        self.sign(**fields)
        self.page.eval_on_selector("#sign-form", "form => { form.noValidate = true }")
        with self.page.expect_navigation():
            self.page.click("button.main")

    def faults(self) -> list[str]:
        """Everything that no visit may see: foreign requests, cookies, complaints of the browser."""
        foreign = {r.url for r in self.responses if not r.url.startswith((f"{self.url}/", "data:"))}
        cookies = [r.url for r in self.responses if r.header_value("set-cookie")]
        found = [f"asked {url}" for url in foreign] + [f"{url} set a cookie" for url in cookies]
        return found + self.complaints + [f"holds the cookie {c}" for c in self.context.cookies()]


@pytest.fixture
def serve_front() -> Iterator[Callable[[Front], str]]:
    """Serve a front desk with its app as `clarion serve` does; gives the address."""
    ends: list[Callable[[], None]] = []

    def start(front: Front) -> str:
        server: Any = create_server(front, host="127.0.0.1", port=0, threads=4, ident="")
        thread = threading.Thread(target=server.run, daemon=True)
        front.start()
        thread.start()

        def end() -> None:
            front.stop()
            # closed by the thread that waits on the sockets: closing them under it is an error there
            server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
            thread.join(timeout=10)
            server.task_dispatcher.shutdown()
            assert not thread.is_alive()

        ends.append(end)
        return f"http://127.0.0.1:{server.effective_port}"

    yield start
    for end in ends:
        end()
    for thread in threading.enumerate():
        if thread.name == "front":
            thread.join(timeout=10)


@pytest.fixture
def campaign_folder(tmp_path: Path) -> Path:
    """A copy of the campaign of this project."""
    return Path(shutil.copytree(ROOT / "campaigns" / SLUG, tmp_path / "campaigns" / SLUG))


@pytest.fixture
def site(campaign_folder: Path, make_instance: Callable[..., Instance], serve_front: Callable[[Front], str]) -> Site:
    """The campaign, live."""
    instance = make_instance(signing={"network_limit": 1000})
    instance.publish(campaign_folder)
    front = Front(instance.app)
    return Site(instance, front, serve_front(front), campaign_folder)


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Visitor]]:
    """Send a visitor: `visit(360, script=False)`. Whatever a test does, no visit may have seen a fault."""
    visitors: list[Visitor] = []

    def send(width: int = 360, *, script: bool = True, **more: Any) -> Visitor:
        context = browser.new_context(
            viewport={"width": width, "height": HEIGHT},
            java_script_enabled=script,
            reduced_motion="reduce",
            **{"locale": "en-US", **more},
        )
        context.set_default_timeout(10_000)
        visitor = Visitor(context, context.new_page(), site.url)
        visitors.append(visitor)
        _watch(visitor)
        return visitor

    yield send
    faults = [fault for visitor in visitors for fault in visitor.faults()]
    for visitor in visitors:
        visitor.context.close()
    assert faults == []


def _watch(visitor: Visitor) -> None:
    documents: set[str] = set()

    def on_request(request: Any) -> None:
        if request.is_navigation_request():
            documents.add(request.url)
        if not request.url.startswith((f"{visitor.url}/", "data:")):
            visitor.complaints.append(f"asked for {request.url}")

    def on_console(message: ConsoleMessage) -> None:
        if not (REFUSAL.match(message.text) and message.location.get("url") in documents):
            visitor.complaints.append(f"{message.type}: {message.text}")

    def on_dialog(dialog: Any) -> None:
        visitor.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def on_response(response: Response) -> None:
        visitor.responses.append(response)

    visitor.page.on("request", on_request)
    visitor.page.on("response", on_response)
    visitor.page.on("console", on_console)
    visitor.page.on("pageerror", lambda error: visitor.complaints.append(f"error: {error}"))
    visitor.page.on("dialog", on_dialog)


def _violations(page: Page, rules: list[str]) -> list[str]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    options: dict[str, Any] = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    found = page.evaluate("options => axe.run(options)", options)["violations"]
    return [f"{v['id']}: {v['help']}: {[node['target'] for node in v['nodes']]}" for v in found]


@pytest.fixture
def examine() -> Callable[..., list[str]]:
    """Tell what keeps people from using a page: axe's findings, what is too wide, what is too small to press.

    Axe sees the page on a phone and on a desk, in the light and in the dark. A phone at night differs from one by
    day in its colours only, so there the rules on those are enough.
    """

    def faults(page: Page, *, targets: bool = True) -> list[str]:
        found: list[str] = []
        page.eval_on_selector_all("details", "all => all.forEach((details) => { details.open = true })")
        for width, scheme, rules in VIEWS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            page.emulate_media(color_scheme=scheme)
            if (over := page.evaluate(OVERFLOW)) > 0:
                found.append(f"{width}: {over} px wider than the window")
            small = page.evaluate(SMALL_TARGETS) if targets else []
            axe = _violations(page, rules) if rules is not None else []
            found += [f"{width}, {scheme}: {fault}" for fault in small + axe]
        return found

    return faults
