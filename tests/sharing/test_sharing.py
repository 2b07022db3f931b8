"""The one gate: an organisation gets those who said yes to it, and of each no more than they said yes to."""

from __future__ import annotations

import re

import pytest

from clarion.sealing import KeyMissing
from clarion.sharing import Shared, known_to, shared_with
from clarion.testing import TABLE, Instance, link

CHANNELS = TABLE.replace('channels = ["email"]', 'channels = ["email", "sms"]')
DETAILS = {"postal_code": "20001", "phone": "+1 202 555 0143", "reason": "Because we read."}


@pytest.fixture
def both(either_instance: Instance, make_folder) -> Instance:
    """An instance with a campaign that asks for mails and texts to two organisations."""
    either_instance.publish(make_folder("parks", {"campaign.toml": CHANNELS}))
    return either_instance


def sign(instance: Instance, name: str, *consents: str, confirm: bool = True) -> str:
    """Somebody signs and confirms what they ticked; the link of their own page."""
    boxes = {f"consent_{consent}": "y" for consent in consents}
    answer = instance.sign("parks", name=name, email=f"{name.lower()}@readers.example", **DETAILS, **boxes)
    assert answer.status_code == 303
    instance.work()
    if not confirm:
        return ""
    instance.confirm(link(instance.mails()[-1], "confirm"))
    instance.work()
    return link(instance.mails()[-1], "me")


def shared(instance: Instance, organisation: str) -> dict[int, Shared]:
    with instance.context():
        return shared_with(organisation, range(1, 1200))


def test_each_organisation_gets_its_own_people_and_what_they_agreed_to(both: Instance) -> None:
    sign(both, "Ana", "readers_email")
    sign(both, "Bo", "writers_sms")
    sign(both, "Cy", "readers_email", "readers_sms", "writers_email")
    sign(both, "Di")
    readers, writers = shared(both, "readers"), shared(both, "writers")
    assert {n: one.person.name for n, one in readers.items()} == {1: "Ana", 3: "Cy"}
    assert {n: one.person.name for n, one in writers.items()} == {2: "Bo", 3: "Cy"}
    assert shared(both, "others") == shared(both, "") == {}
    ana, bo = readers[1].person, writers[2].person
    assert (ana.email, ana.phone, ana.postal_code, ana.reason) == ("ana@readers.example", "", "20001", "")
    assert (bo.email, bo.phone) == ("", "+12025550143")
    assert (readers[3].channels, writers[3].channels) == (("email", "sms"), ("email",))
    assert (writers[3].person.email, writers[3].person.phone) == ("cy@readers.example", "")
    assert readers[1].campaign == "parks"
    assert "Ana" not in repr(readers)


def test_neither_the_unconfirmed_nor_the_withdrawn(both: Instance) -> None:
    sign(both, "Ana", "readers_email", confirm=False)
    assert shared(both, "readers") == {}
    both.confirm(link(both.mails()[-1], "confirm"))
    both.work()
    me = link(both.mails()[-1], "me")
    # anybody can type the address of somebody else and tick boxes
    sign(both, "Ana", "writers_email", confirm=False)
    assert shared(both, "writers") == {}
    assert list(shared(both, "readers")) == [1]

    def press(action: str, **fields: str) -> str:
        return both.client.post(me, data={"action": action, **fields}).get_data(as_text=True)

    page = press("withdraw")
    assert shared(both, "readers") == {}
    press("sign-again")
    assert list(shared(both, "readers")) == [1]
    first = re.findall(r'name="consent" value="(\d+)"', page)[0]
    press("consent", consent=first, give="0")
    assert shared(both, "readers") == {}
    press("consent", consent=first, give="1")
    assert list(shared(both, "readers")) == [1]
    press("erase")
    assert shared(both, "readers") == {}


def test_pages_processes_open_nobody(both: Instance) -> None:
    sign(both, "Ana", "readers_email")
    both.app.extensions["clarion.keyring"].holds_private = False
    with pytest.raises(KeyMissing):
        shared(both, "readers")


def test_of_whom_an_organisation_may_know_needs_no_key(both: Instance) -> None:
    for name, *consents in (
        ("Ana", "readers_email"),
        ("Bo", "writers_sms"),
        ("Cy", "readers_email", "readers_sms"),
        ("Di",),
    ):
        sign(both, name, *consents)
    sign(both, "Ed", "readers_email", confirm=False)
    both.app.extensions["clarion.keyring"].holds_private = False
    with both.context():
        assert known_to("readers") == {1: "parks", 3: "parks"}
        assert known_to("readers", after=1) == {3: "parks"}
        assert known_to("readers", most=1) == {1: "parks"}
        assert known_to("readers", among=[2, 3, 5]) == {3: "parks"}
        assert known_to("readers", among=[]) == known_to("readers", campaign="library") == known_to("") == {}
        assert known_to("writers", campaign="parks") == {2: "parks"}
