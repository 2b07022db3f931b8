"""Instances whose organisations have groups, signers by the hundred, and a clock that a test sets."""

from __future__ import annotations

import os
import time
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from clarion.api import db, now, transaction
from clarion.campaigns.models import CampaignRow
from clarion.sealing import Link, open_sealed, seal
from clarion.signatures.models import Consent, Signature
from clarion.testing import Instance, link
from clarion_actionnetwork.calls import Line
from clarion_actionnetwork.courier import Courier
from clarion_actionnetwork.intake import backfill
from clarion_actionnetwork.models import Signer
from clarion_actionnetwork.standing import standings

from .stub import KEY, PETITION, Stub

FAST = 200
"""Calls a second, where the pace is not what a test is about."""


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.moment = now()

    def __call__(self) -> datetime:
        return self.moment

    def go(self, seconds: float = 0.0, **words: float) -> None:
        self.moment += timedelta(seconds=seconds, **words)


def settings(stub: Stub, **more: Any) -> dict[str, Any]:
    """A group of the organisation `readers` at a stub."""
    known = {"organisation": "readers", "key": KEY, "url": stub.url, "calls_a_second": FAST}
    return {**known, "petitions": {"library": PETITION}, "tags": ["petition", "unknown"], **more}


def courier_of(instance: Instance) -> Courier:
    """The plugin's courier, with a clock that stands still."""
    (on,) = instance.app.extensions["clarion.plugins"].on
    courier: Courier = on.plugin.courier
    courier.desk.clock = clock = Clock()
    courier.desk.sleep = clock.go
    return courier


def make(make_instance: Any, folder: Any, stub: Stub, url: str = "", **more: Any) -> tuple[Instance, Courier]:
    """An instance with the campaign `library` and the group `readers`."""
    instance = make_instance(url, plugins={"actionnetwork": {"groups": {"readers": settings(stub, **more)}}})
    instance.publish(folder)
    return instance, courier_of(instance)


def send(instance: Instance, courier: Courier) -> None:
    """Pass on what happened and do all that is due now."""
    instance.work()
    with instance.context():
        for name, group in courier.groups.items():
            courier.prepare(name)
            with closing(Line(group)) as line:
                while (wait := courier.step(name, line)) is not None and wait < 10:
                    courier.desk.clock.go(wait)


def reconcile(instance: Instance, courier: Courier) -> None:
    """Look for what was told in the background."""
    with instance.context(), closing(Line(courier.groups["readers"])) as line:
        courier.reconciler.work("readers", line, time.monotonic() + 60)


def signed(instance: Instance, name: str, **fields: str) -> str:
    """Somebody signs and confirms; the path of their own page."""
    instance.sign("library", name=name, email=f"{name.split(maxsplit=1)[0].lower()}@readers.example", **fields)
    instance.work()
    instance.confirm(link(instance.mails()[-1], "confirm"))
    instance.work()
    return link(instance.mails()[-1], "me")


def rows(instance: Instance) -> list[Signer]:
    """What the plugin knows."""
    with instance.context():
        found = list(db.session.scalars(select(Signer).order_by(Signer.id)))
        db.session.expunge_all()
        return found


def add_crowd(instance: Instance, number: int, organisation: str = "readers", start: int = 0) -> list[str]:
    """Very many more like the newest signer, who said yes to an organisation, or to nobody; their addresses."""
    people = {f"crowd{start + n}@signers.example": Link() for n in range(number)}
    with instance.context():
        newest = db.session.execute(select(Signature.__table__).order_by(Signature.id.desc()).limit(1)).one()
        campaign = db.session.get_one(CampaignRow, newest.campaign_id)
        keyring = instance.app.extensions["clarion.keyring"]
        details = open_sealed(keyring.private_key(campaign.key_id), newest.sealed)
        signatures, consents = [], []
        for id, (email, own) in enumerate(people.items(), newest.id + 1):
            sealed = seal(campaign.public_key, {**details, "email": email, "link": own.text})
            unique = {name: os.urandom(16) for name in ("email_index", "confirm_look_up", "me_look_up")}
            signatures.append({**newest._mapping, **unique, "id": id, "sealed": sealed, "state": "confirmed"})
            yes = {"signature_id": id, "organisation": organisation, "channel": "email", "language": "en"}
            moments = {"given_at": newest.signed_at, "confirmed_at": newest.signed_at, "withdrawn_at": None}
            consents.append({**yes, **moments, "edition_id": newest.edition_id})
        with transaction() as session:
            session.execute(insert(Signature.__table__), signatures)
            if organisation:
                session.execute(insert(Consent.__table__), consents)
    return list(people)


def standing(instance: Instance, courier: Courier) -> Any:
    """How the group of these tests stands."""
    with instance.context():
        return standings(courier.groups, courier.clock())["readers"]


def fill(instance: Instance, courier: Courier) -> None:
    """Write down all who said yes before there was a group."""
    with instance.context():
        list(backfill("readers", courier.groups["readers"], "", courier.clock()))
