"""What everybody may read: the list on the petition's page, a page for each update, the feed and the facts."""

from __future__ import annotations

from datetime import datetime
from xml.etree import ElementTree

import pytest

from clarion.pages.front import install_front
from clarion.pages.pulse import init_pulse
from clarion.testing import Instance

ATOM = "{http://www.w3.org/2005/Atom}"
NAME = "2026-07-12-hearing"
PAGE = f"/library/en/updates/{NAME}"
FEED = "/library/en/updates.atom"


def read(instance: Instance, path: str, status: int = 200) -> str:
    init_pulse(instance.app)
    answer = instance.client.get(path)
    assert answer.status_code == status
    assert "Set-Cookie" not in answer.headers
    return answer.get_data(as_text=True)


def feed(instance: Instance, language: str = "en") -> ElementTree.Element:
    return ElementTree.fromstring(read(instance, f"/library/{language}/updates.atom"))  # noqa: S314 - our own


def test_only_what_has_started_and_was_not_stopped_is_shown(either_instance: Instance, schedule, row, run) -> None:
    schedule("2026-07-01-secret", public=False)
    schedule("2026-07-02-later", later=3600)
    schedule()
    assert "News</h2>" not in read(either_instance, "/library/en")
    read(either_instance, PAGE, 404)
    either_instance.work()
    page = read(either_instance, "/library/en")
    assert f'href="{PAGE}"' in page
    assert "The hearing is on Friday" in page
    assert "2026-07-0" not in page.split("News</h2>")[1].split("</section>")[0]
    assert "Novedades</h2>" in read(either_instance, "/library/es")
    for name in ("2026-07-01-secret", "2026-07-02-later", "nothing"):
        read(either_instance, f"/library/en/updates/{name}", 404)
    read(either_instance, f"/library/fr/updates/{NAME}", 404)
    assert "<strong>nueve</strong>" in read(either_instance, f"/library/es/updates/{NAME}")
    facts = either_instance.client.get("/library.json").get_json()["updates"]
    assert [one["name"] for one in facts] == [NAME]
    assert facts[0]["titles"] == {"en": "The hearing is on Friday", "es": "La audiencia es el viernes"}
    assert facts[0]["urls"]["es"] == f"http://127.0.0.1:8000/library/es/updates/{NAME}"
    assert run("update", "library", NAME, "--hide").exit_code == 0
    read(either_instance, PAGE, 404)
    assert "News</h2>" not in read(either_instance, "/library/en")


def test_the_feed_is_atom(either_instance: Instance, schedule) -> None:
    empty = feed(either_instance)
    assert datetime.fromisoformat(str(empty.findtext(f"{ATOM}updated"))).tzinfo
    schedule()
    schedule("2026-07-13-more", "writers")
    either_instance.work()
    root = feed(either_instance, "es")
    address = "http://127.0.0.1:8000/library/es/updates.atom"
    assert root.tag == f"{ATOM}feed"
    assert root.findtext(f"{ATOM}id") == address
    assert root.findtext(f"{ATOM}title") == "Novedades: Que siga la biblioteca"
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "Readers"
    links = {one.get("rel"): one.get("href") for one in root.findall(f"{ATOM}link")}
    assert links == {"self": address, "alternate": "http://127.0.0.1:8000/library/es"}
    entries = root.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}author/{ATOM}name") for entry in entries] == ["Writers", "Readers"]
    ids = [str(entry.findtext(f"{ATOM}id")) for entry in entries]
    assert len(set(ids)) == 2
    assert all(id.startswith("tag:127.0.0.1,20") for id in ids)
    for entry in entries:
        assert entry.findtext(f"{ATOM}title") == "La audiencia es el viernes"
        assert datetime.fromisoformat(str(entry.findtext(f"{ATOM}updated"))).tzinfo
        content = entry.find(f"{ATOM}content")
        assert content is not None
        assert (content.get("type"), "<strong>nueve</strong>" in str(content.text)) == ("html", True)
    answer = either_instance.client.get(FEED)
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    again = either_instance.client.get(FEED, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/library/en", PAGE])
def test_the_feed_is_found_from_the_pages(either_instance: Instance, schedule, path: str) -> None:
    schedule()
    either_instance.work()
    page = read(either_instance, path)
    assert 'type="application/atom+xml"' in page.split("</head>")[0]
    assert f'href="http://127.0.0.1:8000{FEED}"' in page.split("</head>")[0]
    assert len(page.encode()) < 50_000


def test_the_front_keeps_them_and_sees_a_new_one(either_instance: Instance, schedule) -> None:
    front = install_front(either_instance.app)
    front.refresh()
    before = either_instance.client.get(FEED).data
    schedule()
    either_instance.work()
    init_pulse(either_instance.app)
    front.refresh()
    front.inner = lambda environ, start_response: pytest.fail("the app was asked")  # type: ignore[assignment, misc]
    assert either_instance.client.get(FEED).data != before
    assert b"The hearing is on Friday" in either_instance.client.get("/library/en").data
    assert b"Come at" in either_instance.client.get(PAGE).data
    assert either_instance.client.get("/library.json").get_json()["updates"]


def test_news_of_a_partner_that_has_left_is_still_its_own(either_instance: Instance, schedule) -> None:
    schedule(organisation="writers")
    either_instance.work()
    folder = either_instance.home / "campaigns" / "library"
    table = (folder / "campaign.toml").read_text("utf-8")
    (folder / "campaign.toml").write_text(table.partition("[organisations.writers]")[0], "utf-8")
    either_instance.publish(folder)
    page = read(either_instance, PAGE)
    assert "Writers" in page
    entry = feed(either_instance).find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}author/{ATOM}name") == "Writers"
