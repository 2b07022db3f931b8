"""Who stands for whom: where signers live, and which districts a mailbox is written to from."""

from __future__ import annotations

from collections.abc import Sequence

from flask import current_app

from ..campaigns.live import LiveCampaign
from ..domain.campaign import Recipient
from ..domain.person import Person
from ..sealing import Keyring, SealBroken, open_sealed


def home_of(live: LiveCampaign, sealed: bytes) -> str:
    """The district in which a signer lives, empty where it is not known; only a worker can open that."""
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    try:
        person = Person.from_details(open_sealed(keyring.private_key(live.key_id), sealed))
    except SealBroken:
        return ""
    return live.campaign.district_of(person.postal_code)


def stood_for(live: LiveCampaign, recipients: Sequence[Recipient]) -> set[str]:
    """The districts of those who share a mailbox, in the campaign's main language; none where one stands for all."""
    own = {one.district.get(live.campaign.languages[0], "") for one in recipients}
    return set() if "" in own else own


def stand_for(live: LiveCampaign, recipients: Sequence[Recipient], district: str) -> bool:
    """Whether those who share a mailbox are written to by the people of a district."""
    own = stood_for(live, recipients)
    return not own or district in own
