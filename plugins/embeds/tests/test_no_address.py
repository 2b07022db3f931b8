"""Who has a phone and no mailbox signs in a frame as on the page."""

from __future__ import annotations

import re

from clarion.api import Due, Signer, Text
from clarion.testing import Instance

FRAME = "/library/en/embed?partner=writers"


class Phones:
    """A channel for texts that says the code and nothing else."""

    def __init__(self) -> None:
        self.codes: list[str] = []

    def compose(self, message: Due, signer: Signer | None) -> Text:
        assert signer is not None
        return Text(message.id, message.kind, signer.person.phone, signer.code)

    def send(self, text: Text) -> str:
        self.codes.append(text.words)
        return "taken"


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]+)"', page)
    assert found, page
    return found[1]


def test_the_code_is_typed_in_the_frame(make_instance, make_folder, table) -> None:
    instance: Instance = make_instance(plugins={"embeds": {}})
    phones = instance.app.extensions["clarion.channels"]["sms"] = Phones()
    words = table("https://writers.example").replace("[fields]", '[fields]\nemail = "optional"')
    words = words.replace('name = "Writers"\nchannels = ["email"]', 'name = "Writers"\nchannels = ["email", "sms"]')
    instance.publish(make_folder(files={"campaign.toml": words}))
    form = instance.client.get(FRAME).get_data(as_text=True)
    assert "No email? Leave this empty" in form
    sent = {"token": hidden(form, "token"), "name": "Ana", "phone": "202 555 0123", "consent-writers-sms": "y"}
    page = instance.client.post(FRAME, data=sent).get_data(as_text=True)
    assert "One more step: check your phone" in page
    assert "Writers may text me" in page
    instance.work()
    wrong = instance.client.post(FRAME, data={"r": hidden(page, "r"), "code": "12ab", "boxes": "1"})
    assert wrong.status_code == 422
    assert "in the text message" in wrong.get_data(as_text=True)
    again = instance.client.post(FRAME, data={"r": hidden(page, "r"), "resend": "1"}).get_data(as_text=True)
    assert "check the number" in again
    done = instance.client.post(FRAME, data={"r": hidden(page, "r"), "code": phones.codes[0], "boxes": "1"})
    assert "Thank you: your name counts" in done.get_data(as_text=True)
    instance.work()
    assert instance.count("library") == 1
    assert len(phones.codes) == 3, "the code twice, and thanks"
