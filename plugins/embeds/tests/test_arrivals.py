"""The site around a frame is known with the signature, and what comes of it is counted to the partner."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import select

from clarion.api import petition
from clarion.extensions import db
from clarion.signatures.models import Signature
from clarion.testing import Instance
from clarion_embeds.codes import Codes

LISTED = "https://writers.example"
FRAME = "/library/en/embed?partner=writers"


def shown(instance: Instance, path: str = FRAME, referrer: str = "") -> str:
    answer = instance.client.get(path, headers={"Referer": referrer} if referrer else {})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def arrival_in(page: str) -> str:
    found = re.search(r'<input[^>]*name="arrival"[^>]*value="([^"]*)"', page)
    assert found
    return unescape(found[1])


def send(instance: Instance, page: str, path: str = FRAME, **fields: str) -> str:
    """Send the form of a page."""
    token = re.search(r'name="token"[^>]*value="([^"]+)"', page)
    assert token
    form = {"token": token[1], "name": "Ana", "email": "ana@readers.example", "arrival": arrival_in(page), **fields}
    return instance.client.post(path, data=form, headers={"Origin": "null"}).get_data(as_text=True)


def origins(instance: Instance) -> list[str]:
    with instance.context():
        return list(db.session.scalars(select(Signature.origin).order_by(Signature.id)))


@pytest.mark.parametrize(
    ("referrer", "anywhere", "kept"),
    [
        (f"{LISTED}/", False, "?host=writers.example"),
        (f"{LISTED}/news?reader=ana#top", False, "?host=writers.example"),
        ("https://evil.example/", False, ""),
        ("https://evil.example/", True, "?host=evil.example"),
        ("https://127.0.0.1/", True, ""),
        ("android-app://writers.example/", True, ""),
        ('https://a".example/', True, ""),
        ("", True, ""),
    ],
)
def test_of_the_site_around_only_an_expected_host_is_kept(embeds, referrer: str, anywhere: bool, kept: str) -> None:
    instance = embeds(LISTED, anywhere=anywhere)
    page = shown(instance, referrer=referrer)
    assert arrival_in(page) == kept
    send(instance, page)
    assert origins(instance) == ([f"host:{kept.partition('=')[2]}"] if kept else [""])


def test_caches_know_that_it_depends_on_the_site_around(embeds) -> None:
    instance = embeds(LISTED)
    plain = instance.client.get(FRAME)
    there = instance.client.get(FRAME, headers={"Referer": LISTED})
    assert plain.headers["Vary"] == there.headers["Vary"] == "Referer"
    assert plain.headers["ETag"] != there.headers["ETag"]
    assert there.data.replace(b"?host=writers.example", b"") == plain.data
    again = instance.client.get(FRAME, headers={"Referer": LISTED, "If-None-Match": there.headers["ETag"]})
    assert again.status_code == 304


BOTH = "https://both.example"


@pytest.mark.parametrize(
    ("asked", "referrer", "partner"),
    [
        ("", f"{LISTED}/", "writers"),
        ("", "https://readers.example/news", "readers"),
        ("?partner=readers", f"{LISTED}/", "readers"),
        ("?theme=dark", f"{LISTED}/", "writers"),
        ("", f"{BOTH}/", ""),
        ("", "https://evil.example/", ""),
        ("", f"{LISTED}.evil.example/", ""),
        ("", "", ""),
    ],
)
def test_the_site_around_says_whose_form_it_is_where_the_address_does_not(
    embeds, asked: str, referrer: str, partner: str
) -> None:
    more = f'[plugins.embeds.partners.readers]\norigins = ["https://readers.example", "{BOTH}"]\n'
    instance = embeds(LISTED, BOTH, more=more)
    page = shown(instance, f"/library/en/embed{asked}", referrer)
    found = re.search(r'<form[^>]*action="([^"]+)"', page)
    assert found
    address = unescape(found[1])
    assert ("partner=" + partner in address) if partner else ("partner=" not in address)
    assert "check your mail" in send(instance, page, address)
    with instance.context():
        signature = db.session.scalars(select(Signature)).one()
        assert (signature.source, signature.organisation) == ("embed", partner or "readers")


def test_what_is_sent_is_checked_again(embeds) -> None:
    instance = embeds(LISTED)
    for number, said in enumerate(("?host=evil.example", "?host=WRITERS.example", '?host="><script>')):
        send(instance, shown(instance), email=f"a{number}@readers.example", arrival=said)
    assert origins(instance) == ["", "host:writers.example", ""]


def test_it_survives_the_language_a_fault_a_moment_and_a_wrong_address(embeds) -> None:
    instance = embeds(LISTED)
    page = shown(instance, referrer=LISTED)
    said = arrival_in(page)
    assert said
    spanish = "/library/es/embed?partner=writers"
    assert arrival_in(send(instance, page, spanish, switch="1")) == said
    assert arrival_in(send(instance, page, email="x")) == said
    assert arrival_in(send(instance, page, token="forged")) == said
    desks = instance.app.extensions["clarion.group_commit"].desks
    inside, desks.most_inside = desks.most_inside, 0
    assert arrival_in(send(instance, page)) == said
    desks.most_inside = inside
    step = send(instance, page)
    assert arrival_in(step) == said
    assert f'href="{FRAME}&amp;host=writers.example">Sign again' in step
    assert arrival_in(shown(instance, f"{FRAME}&host=writers.example")) == said
    reference = re.search(r'name="r"[^>]*value="([^"]+)"', step)
    assert reference
    for asked in ({"resend": "1"}, {"code": "1"}):
        told = instance.client.post(FRAME, data={"r": reference[1], "arrival": said, **asked}).get_data(as_text=True)
        assert arrival_in(told) == said


def test_the_steps_after_signing_hold_a_link_of_the_signers_own(embeds) -> None:
    instance = embeds(LISTED)
    step = send(instance, shown(instance))
    (own,) = re.findall(r'id="own-link" value="([^"]+)"', step)
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/library/en\?via=[\w-]{14}", own)
    assert "<svg" not in step.partition('id="own-link"')[2]
    assert len(re.findall(r'<a href="[^"]+" target="_blank" rel="noopener">', step)) >= 6, "none leaves within a frame"
    query = own.partition("?")[2]
    instance.sign("library", "es", email="bea@readers.example", arrival=f"?{query}")
    with instance.context():
        ana, bea = db.session.scalars(select(Signature).order_by(Signature.id))
        assert (ana.source, ana.organisation, ana.brought_by) == ("embed", "writers", "writers")
        assert (bea.source, bea.organisation, bea.brought_by) == ("share", "readers", "writers")


def test_links_that_a_partner_pastes_and_the_one_below_its_frame_count_to_it(embeds) -> None:
    instance = embeds(LISTED)
    with instance.context():
        asked = petition("library")
        assert asked
        codes = Codes("http://127.0.0.1:8000", asked, "writers")
        address, plain = codes.address, asked.url
        assert str(codes.link()).startswith(f'<a href="{address}">')
        assert f'<a href="{plain}">' not in codes.script() + codes.element() + codes.pictures()
        assert Codes("http://127.0.0.1:8000", asked).address == plain
    assert f'<a href="{address}" target="_blank"' in shown(instance)
    assert f'href="{address}" target="_blank"' in shown(instance, "/library/en/embed/thermometer?partner=writers")
    assert "via=" not in shown(instance, "/library/en/embed") + shown(instance, "/library/en/embed/thermometer")
    pictures = [
        instance.client.get(f"/library/en/qr.svg{query}").data for query in ("", "?partner=writers", "?partner=x")
    ]
    assert pictures[0] != pictures[1]
    assert pictures[0] == pictures[2]
    instance.sign("library", arrival=address.partition(plain)[2])
    with instance.context():
        row = db.session.scalars(select(Signature)).one()
        assert (row.source, row.organisation, row.brought_by) == ("link", "readers", "writers")


def test_who_comes_by_a_link_to_a_frame_is_of_the_frame_and_counted_to_who_brought_them(embeds) -> None:
    both = '[plugins.embeds.partners.readers]\norigins = ["https://readers.example"]\n'
    instance = embeds(LISTED, more=both)
    (own,) = re.findall(r'id="own-link" value="([^"]+)"', send(instance, shown(instance)))
    there = "/library/en/embed?partner=readers"
    page = shown(instance, f"{there}&{own.partition('?')[2]}")
    send(instance, page, there, email="bea@readers.example")
    with instance.context():
        bea = db.session.scalars(select(Signature).order_by(Signature.id.desc()).limit(1)).one()
        assert (bea.source, bea.organisation, bea.brought_by) == ("embed", "readers", "writers")
