"""A partner's own form, whose script signs over the API, in a real browser."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from clarion.extensions import db
from clarion.signatures.models import Signature
from clarion.testing import Instance

FORM = """
<output></output>
<script>
  const api = "{url}/api/v1/campaigns/library";
  const sign = async () => {{
    const campaign = await (await fetch(api)).json();
    const answer = await fetch(api + "/signatures", {{
      method: "POST",
      headers: {{ "Content-Type": "application/json", "Idempotency-Key": "one" }},
      body: JSON.stringify({{ name: "Ana Reader", email: "ana@readers.example", token: campaign.form_token }}),
    }});
    return `${{answer.status}} ${{(await answer.json()).status}}`;
  }};
  sign().catch(() => "kept off by the browser").then((said) => document.querySelector("output").textContent = said);
</script>
"""


def said(page: Any) -> str:
    """What the form's script was answered."""
    page.wait_for_function("document.querySelector('output').textContent")
    return str(page.locator("output").text_content())


def brought_by(instance: Instance) -> list[tuple[str, str]]:
    """From which source and whose place each signature came."""
    with instance.context():
        return [(one.source, one.organisation) for one in db.session.scalars(select(Signature))]


def test_a_partners_own_form_signs_and_the_partner_brought_it(host, embeds, serve_instance, open_page) -> None:
    instance = embeds(host.origin)
    url = serve_instance(instance)
    assert said(open_page(host.page("/form", FORM.format(url=url)))) == "202 mail-sent"
    assert brought_by(instance) == [("api", "writers")]
    with instance.context():
        (signature,) = db.session.scalars(select(Signature))
        assert (signature.brought_by, signature.origin) == ("writers", "host:localhost")


def test_the_form_of_a_site_that_is_not_listed_is_kept_off(host, make_host, embeds, serve_instance, open_page) -> None:
    instance = embeds(host.origin)
    url = serve_instance(instance)
    stranger = make_host()
    assert said(open_page(stranger.page("/form", FORM.format(url=url)))) == "kept off by the browser"
    assert brought_by(instance) == []
