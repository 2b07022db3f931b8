"""A campaign that takes signatures without an address needs a plugin that sends texts."""

from __future__ import annotations

from clarion.campaigns import service
from clarion.campaigns.loader import Loaded
from clarion.testing import TABLE, Instance

OPTIONAL = TABLE.replace("[fields]", '[fields]\nemail = "optional"')


def check(instance: Instance, table: str) -> Loaded:
    folder = instance.home / "campaigns" / "library"
    (folder / "campaign.toml").write_text(table)
    with instance.context():
        known = instance.app.extensions
        return service.check(folder.parent, known["clarion.languages"], known["clarion.plugins"].check)[0]


def test_without_one_it_is_told_what_to_do(instance: Instance) -> None:
    loaded = check(instance, OPTIONAL)
    (fault,) = loaded.errors
    assert (fault.file, fault.key, fault.line) == (
        "campaign.toml",
        "fields.email",
        OPTIONAL.split("\n").index('email = "optional"') + 1,
    )
    assert "no plugin here sends texts" in fault.message
    assert "[plugins.sms]" in fault.hint
    assert loaded.campaign is None


def test_with_one_it_is_published(instance: Instance) -> None:
    instance.app.extensions["clarion.channels"]["sms"] = object()
    loaded = check(instance, OPTIONAL)
    assert loaded.errors == []
    assert loaded.campaign is not None
    assert loaded.campaign.need("email") == "optional"


def test_who_asks_for_the_address_needs_none(instance: Instance) -> None:
    assert check(instance, TABLE.replace("[fields]", '[fields]\nemail = "required"')).errors == []
