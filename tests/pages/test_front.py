"""The front desk: the same bytes as the app's, from memory, whatever happens behind it."""

from __future__ import annotations

import gzip

import brotli
import pytest
from sqlalchemy.exc import OperationalError

from clarion.campaigns.live import Live, init_live
from clarion.pages.front import Front, install_front
from clarion.pages.pulse import init_pulse
from clarion.testing import TABLE, Instance, link


@pytest.fixture
def front(instance: Instance) -> Front:
    """A front desk that looked once."""
    front = install_front(instance.app)
    front._add_assets()
    front.refresh()
    return front


@pytest.fixture
def closed_app(front: Front) -> list[str]:
    """The app behind the front desk notes who still comes through."""
    came: list[str] = []
    inner = front.inner

    def note(environ, start_response):
        came.append(environ["PATH_INFO"])
        return inner(environ, start_response)

    front.inner = note
    return came


@pytest.mark.parametrize("path", ["/library/en", "/library/es", "/library.json"])
def test_it_answers_with_the_bytes_and_headers_of_the_app(instance: Instance, path: str) -> None:
    plain = instance.client.get(path)
    front = install_front(instance.app)
    front.refresh()
    front.inner = lambda environ, start_response: pytest.fail("the app was asked")  # type: ignore[assignment, misc]
    kept = instance.client.get(path)
    without_token = plain.data if path.endswith(".json") else plain.data.split(b'name="token"')[0]
    assert kept.data.startswith(without_token)
    for name, value in plain.headers:
        if name not in ("ETag", "Vary", "Content-Length", "Date"):
            assert kept.headers[name] == value


@pytest.mark.parametrize(
    ("accepted", "unpack", "encoding"),
    [
        ("gzip, deflate, br", brotli.decompress, "br"),
        ("gzip", gzip.decompress, "gzip"),
        ("br;q=0, gzip", gzip.decompress, "gzip"),
        ("", bytes, None),
        ("identity", bytes, None),
    ],
)
def test_it_packs_as_the_browser_likes(
    instance: Instance, front: Front, closed_app, accepted, unpack, encoding
) -> None:
    answer = instance.client.get("/library/en", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert b"Keep the library open" in unpack(answer.data)
    assert closed_app == []


def test_who_has_the_page_already_is_told_so(instance: Instance, front: Front, closed_app) -> None:
    etag = instance.client.get("/library/en").headers["ETag"]
    for sent in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        answer = instance.client.get("/library/en", headers={"If-None-Match": sent})
        assert (answer.status_code, answer.data) == (304, b"")
    assert instance.client.get("/library/en", headers={"If-None-Match": '"other"'}).status_code == 200
    assert closed_app == []


def test_head_has_the_length_and_no_body(instance: Instance, front: Front, closed_app) -> None:
    answer = instance.client.head("/library/en")
    assert int(answer.headers["Content-Length"]) > 1000
    assert answer.data == b""


def test_static_files_are_kept_too(instance: Instance, front: Front, closed_app) -> None:
    for path in [path for path in front._answers if path.startswith("/static/")]:
        answer = instance.client.get(path)
        assert "immutable" in answer.headers["Cache-Control"]
    assert closed_app == []


def test_a_strange_host_and_other_methods_go_on_to_the_app(instance: Instance, front: Front, closed_app) -> None:
    assert instance.client.get("/library/en", headers={"Host": "evil.example"}).status_code == 400
    assert instance.client.post("/library/en").status_code == 405
    assert closed_app == ["/library/en", "/library/en"]


def test_a_count_an_edition_and_a_pause_show_at_the_next_look(instance: Instance, front: Front, tmp_path) -> None:
    instance.sign("library")
    instance.work()
    instance.client.post(link(instance.mails()[0], "confirm"), data={"action": "confirm"})
    front.refresh()
    assert instance.client.get("/library.json").get_json()["signatures"] == 1
    folder = tmp_path / "campaigns" / "library"
    (folder / "campaign.toml").write_text(TABLE.replace('"live"', '"paused"'))
    instance.publish(folder)
    front.refresh()
    assert 'id="sign-form"' not in instance.client.get("/library/en").get_data(as_text=True)
    (folder / "campaign.toml").write_text(TABLE.replace('"live"', '"draft"'))
    instance.publish(folder)
    front.refresh()
    assert instance.client.get("/library/en").status_code == 404


def test_pages_stay_up_while_the_database_is_away(instance: Instance, front: Front, monkeypatch) -> None:
    def away(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    init_live(instance.app)
    init_pulse(instance.app)
    monkeypatch.setattr(Live, "_read", away)
    front.refresh()
    assert instance.client.get("/library/en").status_code == 200
    assert instance.client.get("/unknown/en").status_code == 503
