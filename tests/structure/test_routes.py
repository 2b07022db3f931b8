"""Every route says who may call it, and every answer carries the headers that follow from that."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from clarion.campaigns.live import live_campaigns
from clarion.extensions import now
from clarion.security import access_of
from clarion.testing import Instance, link
from clarion.updates.news import News, Words
from clarion.updates.service import schedule

WANTED = (
    "Content-Security-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
)


def test_every_route_declares_who_may_call_it(instance: Instance) -> None:
    undeclared = [r.endpoint for r in instance.app.url_map.iter_rules() if access_of(instance.app, r.endpoint) is None]
    assert not undeclared


def _addresses(instance: Instance) -> dict[str, str]:
    """One address for every rule of the app, with real tokens in it."""
    location = instance.sign("library").headers["Location"]
    instance.work()
    (mail,) = instance.mails()
    instance.sign("library", email="confirmed@readers.example")
    instance.work()
    instance.confirm(link(instance.mails()[-1], "confirm"))
    instance.work()
    _publish_update(instance)
    page = instance.client.get("/library/en").get_data(as_text=True)
    return {
        "/": "/",
        "/<slug:slug>": "/library",
        "/<slug:slug>/<language>": "/library/es",
        "/<slug:slug>.json": "/library.json",
        "/<slug:slug>/<language>/sign": "/library/en/sign",
        "/<slug:slug>/<language>/thanks": location,
        "/<slug:slug>/<language>/updates/<slug:name>": "/library/en/updates/2026-07-12-hearing",
        "/<slug:slug>/<language>/updates.atom": "/library/en/updates.atom",
        "/<slug:slug>/<language>/share.png": "/library/en/share.png",
        "/confirm/<token>": link(mail, "confirm"),
        "/me/<token>": link(instance.mails()[-1], "me"),
        "/unsubscribe/<token>": link(instance.mails()[-1], "unsubscribe"),
        "/media/<digest>": "/media/none",
        "/static/<name>": re.search(r"/static/clarion\.\w+\.css", page)[0],  # type: ignore[index]
        "/healthz": "/healthz",
        "/readyz": "/readyz",
        "/metrics": "/metrics",
        "/api/": "/api/",
        "/api/openapi.json": "/api/openapi.json",
        "/api/v1/campaigns": "/api/v1/campaigns",
        "/api/v1/campaigns/<slug:slug>": "/api/v1/campaigns/library",
        **{
            f"/api/v1/campaigns/<slug:slug>/{part}": f"/api/v1/campaigns/library/{part}"
            for part in ("breakdown", "consents", "counts", "signatures", "signers")
        },
        **{
            f"/api/osdi/v1{rule}": f"/api/osdi/v1{rule}".replace("<slug:slug>", "library").replace("<number>", "2")
            for rule in (
                "",
                "/",
                "/petitions",
                "/petitions/<slug:slug>",
                "/petitions/<slug:slug>/signatures",
                "/petitions/<slug:slug>/signatures/<number>",
                "/petitions/<slug:slug>/record_signature_helper",
                "/people",
                "/people/<number>",
                "/people/<number>/signatures",
                "/people/person_signup_helper",
            )
        },
    }


def _publish_update(instance: Instance) -> None:
    with instance.context():
        live = live_campaigns().get("library")
        assert live is not None
        words = {"en": Words("en", "The hearing is on Friday", "Come.")}
        schedule(live.id, News("2026-07-12-hearing", "readers", True, words), now() - timedelta(minutes=1))


def test_every_answer_carries_its_headers(instance: Instance) -> None:
    addresses = _addresses(instance)
    rules = list(instance.app.url_map.iter_rules())
    assert {rule.rule for rule in rules} == set(addresses), "a new route needs an address in this test"
    for rule in rules:
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            answer = instance.client.open(addresses[rule.rule], method=method, data={} if method == "POST" else None)
            told = f"{method} {rule.rule}: {answer.status}"
            assert answer.status_code < 500, told
            assert all(name in answer.headers for name in WANTED), told
            assert "unsafe-inline" not in answer.headers["Content-Security-Policy"], told
            assert answer.headers["Referrer-Policy"] == "no-referrer", told
            assert "Set-Cookie" not in answer.headers, told
            assert "Server" not in answer.headers or "Werkzeug" not in answer.headers["Server"], told
            personal = access_of(instance.app, rule.endpoint) != "public"
            if personal or answer.status_code >= 400:
                assert answer.headers["Cache-Control"] == "no-store", told
            else:
                assert "public" in answer.headers["Cache-Control"], told


def test_hsts_is_sent_in_production_only(make_instance) -> None:
    site = {"environment": "production", "base_url": "https://petitions.example"}
    email = {"url": "smtp://petitions@mail.example:587", "sender": "petitions@petitions.example"}
    instance = make_instance(site=site, plugins={"email": email})
    answer = instance.client.get("/healthz", base_url="https://petitions.example")
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    assert "Strict-Transport-Security" not in make_instance().client.get("/healthz").headers


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "petitions.example:80:80"])
def test_a_strange_host_is_refused(instance: Instance, host: str) -> None:
    assert instance.client.get("/library/en", headers={"Host": host}).status_code == 400


def test_links_in_mails_come_from_the_settings(instance: Instance) -> None:
    token = instance.form_token("library")
    form = {"token": token, "name": "Ana", "email": "ana@readers.example"}
    headers = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    assert instance.client.post("/library/en/sign", data=form, headers=headers).status_code == 303
    instance.work()
    assert "evil.example" not in str(instance.mails()[0])
    assert "http://127.0.0.1:8000/confirm/" in str(instance.mails()[0].get_body(("plain",)).get_content())  # type: ignore[union-attr]
