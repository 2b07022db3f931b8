"""What plugins show and take a sign form with: tokens of a place, framing, the whole style in one text."""

from __future__ import annotations

import pytest
from itsdangerous import URLSafeTimedSerializer

from clarion.api import Stand, allow_framing, allow_inline_script, page_style, petition, sign_form
from clarion.pages.venues import PAGE, Venue, new_form_token, sent_token
from clarion.security import _add_headers
from clarion.testing import Instance


def sent(instance: Instance, token: str, venue: Venue) -> object:
    from clarion.campaigns.live import live_campaigns

    with instance.app.test_request_context("/", method="POST", data={"token": token}):
        live = live_campaigns().get("library")
        assert live
        return sent_token(live, venue)


def test_a_token_is_good_in_its_own_place_only(instance: Instance) -> None:
    from clarion.campaigns.live import live_campaigns

    venues = (PAGE, Venue("embed"), Venue("embed", "writers"), Venue("embed", "readers"), Venue("other", "writers"))
    with instance.context():
        live = live_campaigns().get("library")
        assert live
        tokens = {venue: new_form_token(live, venue) for venue in venues}
    for made in venues:
        for venue in venues:
            assert (sent(instance, tokens[made], venue) is not None) == (made == venue)


def test_tokens_of_pages_are_those_of_earlier_releases(instance: Instance) -> None:
    """While both are at work each reads the other's."""
    signer: URLSafeTimedSerializer = instance.app.extensions["clarion.form_tokens"]._signer
    assert sent(instance, str(signer.dumps([1, 1, "page"])), PAGE)
    assert signer.loads(instance.form_token("library")) == [1, 1, "page"]


@pytest.mark.parametrize("content", [[], [1], [1, 1, "page", "x", "y"], "page", None, 7])
def test_what_is_signed_and_no_token_is_none(instance: Instance, content: object) -> None:
    signer: URLSafeTimedSerializer = instance.app.extensions["clarion.form_tokens"]._signer
    assert sent(instance, str(signer.dumps(content)), PAGE) is None


def headers_of(instance: Instance, *origins: str, script: str = "") -> dict[str, str]:
    with instance.app.test_request_context("/", base_url="http://127.0.0.1:8123"):
        allow_framing(origins)
        if script:
            allow_inline_script(script)
        return dict(_add_headers(instance.app.response_class("")).headers)


@pytest.mark.parametrize(
    ("origins", "told"),
    [
        ((), "'none'"),
        (("*",), "*"),
        (("https://a.example", "https://b.example"), "https://a.example https://b.example"),
    ],
)
def test_a_page_can_be_framed_by_those_it_names(instance: Instance, origins: tuple[str, ...], told: str) -> None:
    headers = headers_of(instance, *origins)
    assert f"frame-ancestors {told}; " in headers["Content-Security-Policy"]
    assert "form-action 'self' http://127.0.0.1:8123;" in headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in headers


def test_a_script_in_a_page_is_known_by_its_hash(instance: Instance) -> None:
    policy = headers_of(instance, "*", script="alert(1)")["Content-Security-Policy"]
    assert "script-src 'self' 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=';" in policy


def test_the_style_in_one_text_says_what_the_sheet_says() -> None:
    usual, light, dark = (page_style("#a3321f", scheme) for scheme in ("auto", "light", "dark"))
    assert "/*" not in usual
    assert usual.count("{") == usual.count("}")
    assert usual.count("(prefers-color-scheme:dark)") == 2
    assert "prefers-color-scheme" not in light + dark
    assert (light.count("not all"), dark.count("@media  all") + dark.count("@media all")) == (2, 2)
    assert page_style("#a3321f", more=".x{top:0}").endswith(".x{top:0}")


def test_a_campaign_can_be_looked_at_without_a_request(instance: Instance) -> None:
    with instance.context():
        shown = petition("library", "es")
        assert shown
        assert (shown.text.title, shown.count, shown.state) == ("Que siga la biblioteca", 0, "live")
        assert shown.tally == "Firme usted primero" or shown.tally
        assert petition("library", "fr").language.code == "en"  # type: ignore[union-attr]
        assert petition("nothing") is None
        assert petition("../etc") is None


def test_a_form_elsewhere_asks_for_the_organisation_of_the_place_first(instance: Instance) -> None:
    stand = Stand("embed", "writers", lambda language: f"/there/{language}")
    with instance.app.test_request_context("/"):
        shown = petition("library")
        assert shown
        step = sign_form(shown, stand)
    assert step.kind == "form"
    assert step.html.index("consent-writers-email") < step.html.index("consent-readers-email")
    assert 'action="/there/en"' in step.html
    assert 'formaction="/there/es"' in step.switch
