"""A campaign that takes texts, phones that write to it, and what they get."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from clarion.api import Text
from clarion.testing import TABLE, Instance
from clarion_sms import talks
from clarion_sms.composing import compose
from clarion_sms.gateways import Received
from clarion_sms.inbound import receive

OURS = "+12025550100"
TEXTS = (
    TABLE.replace('channels = ["email"]', 'channels = ["email", "sms"]')
    + f"""
[plugins.sms]
number = "{OURS}"
keywords = {{ en = ["LIBRARY"], es = ["BIBLIOTECA"] }}
help = "hello@readers.example"
"""
)


@dataclass
class Gateway:
    """A channel that keeps what it was given."""

    sent: list[Text] = field(default_factory=list)
    compose = staticmethod(compose)

    def send(self, text: Text) -> str:
        self.sent.append(text)
        return "queued"


@dataclass
class Phones:
    """Phones that text an instance, and the texts that they got."""

    instance: Instance
    gateway: Gateway
    _keys: itertools.count[int] = field(default_factory=itertools.count)

    def write(self, number: str, words: str, *, to: str = OURS, key: str = "") -> list[str]:
        """Send a text and return what came back."""
        self.arrive(number, words, to=to, key=key)
        return self.got(number, self.work())

    def arrive(self, number: str, words: str, *, to: str = OURS, key: str = "") -> None:
        """Let a text come in."""
        with self.instance.context():
            receive(Received("stub", key or f"SM{next(self._keys)}", number, to, words))

    def work(self) -> int:
        """Let a worker do all there is to do; how many texts had been sent before."""
        before = len(self.gateway.sent)
        with self.instance.context():
            while talks.take_in():
                pass
        self.instance.work()
        return before

    def got(self, number: str, since: int = 0) -> list[str]:
        """What a phone got."""
        return [text.words for text in self.gateway.sent[since:] if text.recipient == number]


def with_texts(instance: Instance, slug: str = "library", table: str = TEXTS) -> None:
    """Let a campaign take texts."""
    folder = instance.home / "campaigns" / slug
    (folder / "campaign.toml").write_text(table)
    instance.publish(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def phones(
    request: pytest.FixtureRequest, make_instance: Callable[..., Instance], make_folder: Callable[..., Path]
) -> Phones:
    """The campaign `library` takes texts, on each database in turn."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    instance = make_instance(url, plugins={"sms": {}})
    make_folder()
    with_texts(instance)
    gateway = Gateway()
    instance.app.extensions["clarion.channels"]["sms"] = gateway
    return Phones(instance, gateway)
