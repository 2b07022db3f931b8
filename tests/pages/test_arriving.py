"""How a visitor came, carried through the pages without a script, and out of everybody else's bytes."""

from __future__ import annotations

import gzip
import re
from html import unescape

import pytest

from clarion.domain.arrivals import Arrival
from clarion.pages.arriving import cut, fill
from clarion.pages.front import Front, install_front
from clarion.testing import Instance

VIA = "abcDEF01234_-Z"
QUERY = f"?via={VIA}&utm_source=mail"
SHOWN = QUERY.replace("&", "&amp;")
TOKEN = re.compile(r'name="token"[^>]*value="[^"]*"')


@pytest.fixture
def front(instance: Instance) -> Front:
    """A front desk that looked once."""
    front = install_front(instance.app)
    front.refresh()
    return front


def text(instance: Instance, path: str, **headers: str) -> str:
    page = instance.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert page.status_code == 200
    return TOKEN.sub("", page.get_data(as_text=True))


def test_the_page_has_a_place_in_its_form_and_in_its_links_to_other_languages(instance: Instance) -> None:
    page = text(instance, f"/library/en{QUERY}")
    assert page.count(SHOWN) == 5
    assert f'<input type="hidden" name="arrival" value="{SHOWN}">' in page
    assert page.count(f'<a href="/library/es{SHOWN}" hreflang="es"') == 1
    assert f'data-url="/library/es{SHOWN}"' in page
    assert page.replace(SHOWN, "") == text(instance, "/library/en")


@pytest.mark.parametrize("query", [QUERY, "?utm_campaign=x", f"?x=1&via={VIA}", "?utm%5Fsource=MAIL"])
def test_the_front_desk_fills_it_as_the_app_does(instance: Instance, query: str) -> None:
    plain = text(instance, f"/library/en{query}")
    desk = install_front(instance.app)
    desk.refresh()
    desk.inner = lambda environ, start_response: pytest.fail("the app was asked")  # type: ignore[assignment, misc]
    for accepted in ("", "br", "identity"):
        assert text(instance, f"/library/en{query}", Accept_Encoding=accepted) == plain
    packed = instance.client.get(f"/library/en{query}", headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    assert TOKEN.sub("", gzip.decompress(packed.data).decode()) == plain
    usual = instance.client.get("/library/en")
    assert "ETag" in usual.headers
    assert "ETag" not in packed.headers
    for name in ("Cache-Control", "Content-Security-Policy", "Content-Language", "Vary", "Content-Type"):
        assert packed.headers.getlist(name) == usual.headers.getlist(name)


def test_nobody_elses_bytes_change(instance: Instance, front: Front) -> None:
    before = instance.client.get("/library/en")
    assert b'name="arrival" value=""' in before.data
    instance.client.get(f"/library/en{QUERY}")
    for query in ("", "?", "?fbclid=abc", "?via=junk", "?utm_source=ana%40example.org", "?utm_source=", "?x=" * 2000):
        after = instance.client.get(f"/library/en{query}")
        assert (after.data, after.headers["ETag"]) == (before.data, before.headers["ETag"])


def test_who_asks_for_the_head_or_again_is_answered_rightly(instance: Instance, front: Front) -> None:
    whole = instance.client.get(f"/library/en{QUERY}")
    head = instance.client.head(f"/library/en{QUERY}")
    assert (head.data, head.headers["Content-Length"]) == (b"", whole.headers["Content-Length"])
    tag = instance.client.get("/library/en").headers["ETag"]
    for sent in (tag, "*"):
        again = instance.client.get(f"/library/en{QUERY}", headers={"If-None-Match": sent})
        assert (again.status_code, again.data) == (200, whole.data), "the tag is of another page"
    assert instance.client.get(f"/library.json{QUERY}").get_json()["slug"] == "library"


ATTACKS = [
    '"><script>alert(1)</script>',
    "' onmouseover=alert(1) '",
    "javascript:alert(1)",
    "&lt;b&gt;",
    "\u202eevil",
    "%22%3E",
    "a\r\nSet-Cookie: a=b",
]


@pytest.mark.parametrize("words", ATTACKS)
@pytest.mark.parametrize("name", ["via", "utm_source", "utm_medium", "utm_campaign", "host", "arrival"])
def test_an_attack_in_an_address_is_left_out(instance: Instance, front: Front, name: str, words: str) -> None:
    usual = instance.client.get("/library/en").data
    answer = instance.client.get("/library/en", query_string={name: words})
    assert answer.data == usual
    sent = instance.client.post("/library/es/sign", data={"switch": "1", "name": "Ana", "arrival": f"?{name}={words}"})
    assert 'name="arrival" value=""' in sent.get_data(as_text=True)


def test_words_in_a_text_are_no_places(instance: Instance) -> None:
    page = '<p>name="arrival" value="" &lt;a href="/x" hreflang= data-url="/y"</p>'
    assert cut(page) == [page]
    assert fill(page, Arrival(utm_source="mail")) == page


def test_the_way_to_a_language_keeps_it(instance: Instance) -> None:
    answer = instance.client.get(f"/library{QUERY}&fbclid=x", headers={"Accept-Language": "es"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/library/es{QUERY}")
    assert instance.client.get("/library?x=1").headers["Location"] in ("/library/en", "/library/es")


def test_the_language_switch_keeps_it_with_and_without_what_was_typed(instance: Instance) -> None:
    typed = {"switch": "1", "name": "Ana", "arrival": QUERY}
    page = instance.client.post("/library/es/sign", data=typed).get_data(as_text=True)
    assert f'name="arrival" value="{SHOWN}"' in page
    assert 'value="Ana"' in page
    answer = instance.client.post("/library/es/sign", data={**typed, "name": ""})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/library/es{QUERY}")


def test_a_form_that_comes_back_keeps_it(instance: Instance) -> None:
    for token in ({}, {"token": "forged"}):
        answer = instance.sign("library", email="x", arrival=QUERY, **token)
        assert answer.status_code == 422
        assert f'name="arrival" value="{SHOWN}"' in answer.get_data(as_text=True)


def test_a_page_that_asks_to_wait_keeps_it(instance: Instance) -> None:
    desks = instance.app.extensions["clarion.group_commit"].desks
    inside, desks.most_inside = desks.most_inside, 0
    answer = instance.sign("library", arrival=QUERY)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 503
    desks.most_inside = inside
    fields = {unescape(n): unescape(v) for n, v in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)}
    assert fields["arrival"] == QUERY
    back = instance.client.post("/library/en/sign", data={**fields, "switch": "en"}).get_data(as_text=True)
    assert f'name="arrival" value="{SHOWN}"' in back
    assert instance.client.post("/library/en/sign", data=fields).status_code == 303


def test_who_typed_a_wrong_address_can_sign_again_the_same_way(instance: Instance) -> None:
    location = instance.sign("library", arrival=QUERY).headers["Location"]
    assert location.endswith(QUERY.replace("?", "&"))
    page = instance.client.get(location).get_data(as_text=True)
    assert f'<a href="/library/en{SHOWN}">Sign again' in page
    (action,) = set(re.findall(r'action="(/confirm/[^"]+)"', page))
    action = unescape(action)
    wrong = instance.client.post(action, data={"code": "1"})
    assert wrong.status_code == 422
    assert f'<a href="/library/en{SHOWN}">Sign again' in wrong.get_data(as_text=True)
    again = instance.client.post(action, data={"resend": "1"})
    assert again.headers["Location"].endswith(QUERY.replace("?", "&"))
    assert "Sent again" in instance.client.get(again.headers["Location"]).get_data(as_text=True)


def test_a_campaigns_own_words_can_hold_the_readers_own_link(make_instance, make_folder) -> None:
    words = "---\ntitle: T\nask: Fund it.\nshare: Sign here {{link}} now\n---\n\nBecause.\n"
    instance = make_instance()
    instance.publish(make_folder(files={"en.md": words, "es.md": words}))
    page = instance.client.get(instance.sign("library").headers["Location"]).get_data(as_text=True)
    (own,) = re.findall(r'id="own-link" value="([^"]+)"', page)
    assert f'data-text="Sign here {own} now"' in page, re.findall("data-text=[^>]*", page)
    assert "via=" not in instance.client.get("/library/en").get_data(as_text=True)
