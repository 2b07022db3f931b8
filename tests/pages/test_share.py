"""The picture that goes with a petition's address: what it tells, when it is drawn, and what the page says about it."""

from __future__ import annotations

import io
import re
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from PIL import Image

from clarion.extensions import db
from clarion.pages.gallery import EVERY_SECONDS, WAITING, Gallery
from clarion.pages.pulse import init_pulse
from clarion.signatures.models import CountTotal
from clarion.testing import TABLE, Instance
from clarion.typesetting.pictures import Drawing

BASE = "http://127.0.0.1:8000"
PNG = b"\x89PNG\r\n\x1a\n"


class Painter:
    """Notes what is drawn, and gives each drawing its own bytes; its clock stands until it is put on."""

    def __init__(self) -> None:
        self.drawn: list[Drawing] = []
        self.at = 1000.0
        self.may_end = threading.Event()
        self.may_end.set()
        self.fails = False

    def draw(self, drawing: Drawing) -> bytes:
        self.drawn.append(drawing)
        assert self.may_end.wait(10)
        if self.fails:
            raise subprocess.SubprocessError
        return PNG + drawing.digest.encode()

    def clock(self) -> float:
        return self.at


@pytest.fixture
def painter(instance: Instance) -> Painter:
    """The one who draws for the instance."""
    painter = Painter()
    instance.app.extensions["clarion.gallery"] = Gallery(painter.draw, painter.clock)
    return painter


@pytest.fixture
def count_up(instance: Instance) -> Callable[[int], None]:
    """Let the campaign have so many signatures more."""
    numbers = iter(range(100))

    def add(n: int) -> None:
        with instance.context():
            source = f"earlier{next(numbers)}"
            db.session.add(CountTotal(campaign_id=1, language="en", source=source, area="", n=n))
            db.session.commit()
        init_pulse(instance.app)

    return add


def finished(instance: Instance) -> None:
    """Wait until what is being drawn is drawn."""
    gallery: Any = instance.app.extensions["clarion.gallery"]
    gallery._painter.submit(lambda: None).result(10)


def told(html: str) -> dict[str, list[str]]:
    """What a page says in its head, by property or name."""
    found: dict[str, list[str]] = {}
    for name, content in re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', html):
        found.setdefault(name, []).append(content)
    return found


def test_it_is_a_picture_of_the_size_that_the_page_tells(instance: Instance) -> None:
    head = told(instance.client.get("/library/es").get_data(as_text=True))
    (address,) = head["og:image"]
    assert address.startswith(f"{BASE}/library/es/share.png?v=")
    answer = instance.client.get(address.removeprefix(BASE))
    assert (answer.status_code, answer.content_type) == (200, "image/png")
    assert answer.headers["Cache-Control"].startswith("public, max-age=300")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert len(answer.data) < 100_000
    with Image.open(io.BytesIO(answer.data)) as picture:
        assert (picture.format, picture.size) == ("PNG", (1200, 630))
        assert picture.convert("RGB").getpixel((5, 300)) == (0xA3, 0x32, 0x1F)
    assert (head["og:image:width"], head["og:image:height"]) == (["1200"], ["630"])
    assert head["og:image:type"] == ["image/png"]
    assert head["og:image:alt"] == ["Que siga la biblioteca · Suma tu firma"]


def test_the_head_says_the_same_in_each_language(instance: Instance) -> None:
    for language, title, locales in (
        ("en", "Keep the library open", ("en_US", "es_US")),
        ("es", "Que siga la biblioteca", ("es_US", "en_US")),
    ):
        head = told(instance.client.get(f"/library/{language}").get_data(as_text=True))
        assert head["og:title"] == [title]
        assert head["og:description"] == head["description"]
        assert head["og:url"] == [f"{BASE}/library/{language}"]
        assert (*head["og:locale"], *head["og:locale:alternate"]) == locales
        assert head["twitter:card"] == ["summary_large_image"]


def test_a_picture_of_its_own_comes_first(instance: Instance, make_folder) -> None:
    own = io.BytesIO()
    Image.new("RGB", (800, 400), "#123456").save(own, "JPEG")
    files = {"campaign.toml": 'image = "media/own.jpg"\n' + TABLE, "media/own.jpg": own.getvalue()}
    instance.publish(make_folder("other", files=files))
    head = told(instance.client.get("/other/en").get_data(as_text=True))
    assert "/media/" in head["og:image"][0]
    assert instance.client.get(head["og:image"][0].removeprefix(BASE)).content_type == head["og:image:type"][0]
    assert (head["og:image:width"], head["og:image:height"]) == (["800"], ["400"])


def test_its_figure_is_round_and_changes_seldom(instance: Instance, painter: Painter, count_up) -> None:
    def shown() -> tuple[Any, ...]:
        painter.at += EVERY_SECONDS
        instance.client.get("/library/en/share.png")
        finished(instance)
        given = painter.drawn[-1].given
        return given["call"], "".join(given["tally"]), given["bar"], given["goal"]

    none = ("Add your name", "", False, "Next goal: 100")
    assert shown() == none
    count_up(9)
    assert shown() == none
    assert len(painter.drawn) == 1
    for more, tally, goal, drawn in (
        (10, "10 people have signed", "100", 2),  # 19
        (1, "20 people have signed", "100", 3),
        (1226, "1,200 people have signed", "1,500", 4),  # 1,246
        (53, "1,200 people have signed", "1,500", 4),  # 1,299
        (1233268, "1,200,000 people have signed", "1,500,000", 5),  # 1,234,567
    ):
        count_up(more)
        assert shown() == ("", tally, True, f"Next goal: {goal}")
        assert len(painter.drawn) == drawn


def test_who_asks_again_gets_the_last_one_and_draws_nothing(instance: Instance, painter: Painter, count_up) -> None:
    first = instance.client.get("/library/en/share.png")
    address = told(instance.client.get("/library/en").get_data(as_text=True))["og:image"]
    count_up(500)
    painter.at += EVERY_SECONDS - 1
    assert told(instance.client.get("/library/en").get_data(as_text=True))["og:image"] != address
    for query in ("", "?v=0", "?v=1&x=2"):
        assert instance.client.get(f"/library/en/share.png{query}").data == first.data
    assert len(painter.drawn) == 1
    painter.at += 1
    assert instance.client.get("/library/en/share.png").data == first.data
    finished(instance)
    renewed = instance.client.get("/library/en/share.png")
    assert renewed.data != first.data
    assert renewed.headers["ETag"] != first.headers["ETag"]
    for _ in range(3):
        painter.at += EVERY_SECONDS
        instance.client.get("/library/en/share.png")
    assert len(painter.drawn) == 2


def test_fifty_at_once_are_one_drawing_and_few_wait(instance: Instance, painter: Painter) -> None:
    painter.may_end.clear()
    refused = threading.Semaphore(0)

    def ask(_: int) -> int:
        answer = instance.client.get("/library/en/share.png")
        if answer.status_code == 503:
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.headers["Cache-Control"] == "no-store"
            refused.release()
        return answer.status_code

    with ThreadPoolExecutor(50) as crowd:
        answers = crowd.map(ask, range(50))
        # those who find no place are answered while the picture is still being drawn
        for _ in range(50 - WAITING):
            assert refused.acquire(timeout=20)
        painter.may_end.set()
        codes = sorted(answers)
    assert codes == [200] * WAITING + [503] * (50 - WAITING)
    assert len(painter.drawn) == 1
    assert instance.client.get("/library/en/share.png").status_code == 200


def test_who_has_it_is_told_so(instance: Instance, painter: Painter) -> None:
    etag = instance.client.get("/library/en/share.png").headers["ETag"]
    again = instance.client.get("/library/en/share.png", headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert instance.client.get("/library/es/share.png", headers={"If-None-Match": etag}).status_code == 200
    assert instance.client.head("/library/en/share.png").data == b""


def test_what_nobody_may_see_has_none(instance: Instance, painter: Painter, make_folder) -> None:
    instance.publish(make_folder("draft", files={"campaign.toml": TABLE.replace('"live"', '"draft"')}))
    for path in ("draft/en", "library/fr", "nothing/en", "library/share"):
        assert instance.client.get(f"/{path}/share.png").status_code == 404
    assert instance.client.post("/library/en/share.png").status_code == 405
    assert painter.drawn == []


def test_a_closed_campaign_shows_its_count_alone(instance: Instance, painter: Painter, tmp_path, count_up) -> None:
    count_up(123)
    (tmp_path / "campaigns" / "library" / "campaign.toml").write_text(TABLE.replace('"live"', '"closed"'))
    instance.publish(tmp_path / "campaigns" / "library")
    assert instance.client.get("/library/en/share.png").status_code == 200
    given = painter.drawn[-1].given
    assert "".join(given["tally"]) == "120 people have signed"
    assert (given["bar"], given["goal"], given["call"]) == (False, "", "")


def test_one_that_cannot_be_drawn_is_tried_again_later(instance: Instance, painter: Painter, count_up) -> None:
    painter.fails = True
    for _ in range(3):
        assert instance.client.get("/library/en/share.png").status_code == 503
    assert len(painter.drawn) == 1
    painter.fails = False
    painter.at += EVERY_SECONDS
    instance.client.get("/library/en/share.png")
    finished(instance)
    drawn = instance.client.get("/library/en/share.png")
    assert drawn.status_code == 200
    painter.fails = True
    painter.at += EVERY_SECONDS
    count_up(500)
    instance.client.get("/library/en/share.png")
    finished(instance)
    assert instance.client.get("/library/en/share.png").data == drawn.data
