"""From a partner's frame by its signer's link to a reader of another language: the ledger says who brought both."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from click.testing import CliRunner
from playwright.sync_api import Page, expect
from sqlalchemy import select

from clarion.cli import main
from clarion.extensions import db
from clarion.pages.front import install_front
from clarion.rest import keys
from clarion.signatures.models import Signature
from clarion.testing import Instance, link, plain


def ledger(instance: Instance) -> dict[str, Any]:
    """What `clarion counts` says."""
    told = CliRunner().invoke(main, ["counts", "library", "--format", "json"], env={"CLARION_HOME": str(instance.home)})
    assert told.exit_code == 0, told.output
    return dict(json.loads(told.output))


def test_a_partner_is_told_of_both(host, embeds, serve_instance, open_page: Callable[..., Page]) -> None:
    instance: Instance = embeds(host.origin)
    front = install_front(instance.app)
    url = serve_instance(instance)
    front.refresh()
    there = f'<iframe src="{url}/library/en/embed?partner=writers" width="100%" height="900"></iframe>'
    page = open_page(host.page("/news", there))
    frame = page.frame_locator("iframe")
    frame.locator("#name").fill("Ana Reader")
    frame.locator("#email").fill("ana@readers.example")
    frame.locator("button.main").press("Enter")
    own = frame.locator("#own-link").input_value()
    assert re.search(r"/library/en\?via=[\w-]{14}$", own)
    frame.locator("summary", has_text="Pass it on").press("Enter")
    frame.get_by_role("button", name="Copy the link").press("Enter")
    expect(frame.get_by_role("button", name="Copied")).to_be_visible()
    address = url + own.removeprefix("http://127.0.0.1:8000")

    # the friend has no JavaScript, reads Spanish, and signs before the first one has confirmed
    friend = open_page(address, script=False, locale="es")
    friend.get_by_role("button", name="Español").press("Enter")
    friend.wait_for_url("**/library/es?via=*")
    friend.locator("#name").fill("Bea")
    friend.locator("#email").fill("bea@readers.example")
    friend.locator("button.main").press("Enter")
    expect(friend.locator("#own-link")).to_be_visible()
    assert friend.locator("#own-link").input_value() == own.replace("/en?", "/es?"), "nothing of the signer is in it"

    instance.work()
    for mail in instance.mails():
        instance.confirm(link(mail, "confirm"))
    with instance.context():
        ana, bea = db.session.scalars(select(Signature).order_by(Signature.id))
        assert (ana.source, ana.organisation, ana.brought_by, ana.origin) == (
            "embed",
            "writers",
            "writers",
            "host:localhost",
        )
        assert (bea.source, bea.language, bea.brought_by) == ("share", "es", "writers")
        key = keys.add("writers", "a test", ("counts:read",), 1)[1]
    for _ in range(2):
        said = ledger(instance)
        headers = {"Authorization": f"Bearer {key}"}
        told = instance.client.get("/api/v1/campaigns/library/breakdown", headers=headers).get_json()
        for one in (said, told):
            assert one["total"] == 2
            assert one["by_language"] == {"en": 1, "es": 1}
            assert one["by_source"] == {"embed": 1, "share": 1}
            assert one["by_organisation"] == {"writers": 1, "readers": 1}
            assert one["by_brought"] == {"writers": 2}
            assert one["by_share"] == {"writers": 1}
        instance.work()
    assert "/library/es?via=" in plain(instance.mails()[-1])
