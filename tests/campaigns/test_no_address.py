"""Whether a campaign can do without an email address, and what an edition says of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from clarion.campaigns.loader import Loaded
from clarion.domain.campaign import Campaign
from clarion.domain.faults import Fault
from clarion.testing import TABLE

OPTIONAL = TABLE.replace("[fields]", '[fields]\nemail = "optional"')


def test_a_phone_has_to_be_asked_then(fault: Callable[..., Fault]) -> None:
    told = fault({"campaign.toml": OPTIONAL.replace('phone = "optional"', 'phone = "no"')})
    assert (told.level, told.key) == ("error", "fields.email")
    assert 'phone = "optional"' in told.hint


@pytest.mark.parametrize("word", ["no", "yes"])
def test_it_is_required_or_optional(fault: Callable[..., Fault], word: str) -> None:
    told = fault({"campaign.toml": OPTIONAL.replace('email = "optional"', f'email = "{word}"')})
    assert (told.key, f'"{word}"' in told.message) == ("fields.email", True)


def test_editions_that_say_nothing_of_it_keep_their_digest(
    make_folder: Callable[..., Path], load: Callable[..., Loaded]
) -> None:
    plain = load(make_folder()).campaign
    said = load(
        make_folder(
            "said",
            {"campaign.toml": 'slug = "library"\n' + OPTIONAL.replace('email = "optional"', 'email = "required"')},
        )
    ).campaign
    optional = load(make_folder("optional", {"campaign.toml": 'slug = "library"\n' + OPTIONAL})).campaign
    assert plain is not None
    assert said is not None
    assert optional is not None
    assert plain.digest == said.digest != optional.digest
    assert "email" not in json.loads(plain.to_json())["fields"]
    assert [Campaign.from_json(one.to_json()).need("email") for one in (plain, optional)] == ["required", "optional"]
