"""A campaign as data: its JSON, its digest, its state at a moment."""

import json
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarion.domain.campaign import Campaign, ConsentAsk, Media, Organisation, Recipient, Text

NOON = datetime(2026, 7, 12, 12, tzinfo=UTC)


def library(**changes: object) -> Campaign:
    campaign = Campaign(
        slug="library",
        status="live",
        languages=("en", "es"),
        texts={code: Text(code, "Keep it open", "Fund it.", "We read.") for code in ("en", "es")},
        organisations=(Organisation("writers", "Writers"), Organisation("readers", "Readers", lead=True)),
        recipients=(Recipient("to", "Ana Mayor", {"en": "Mayor", "es": "Alcaldesa"}, {}),),
        fields={"phone": "optional", "reason": "required"},
        consents=(ConsentAsk("readers", "email", {"en": "May mail.", "es": "Puede escribir."}),),
        media=(Media("media/a.png", "00", "image/png", 1, 1),),
    )
    return replace(campaign, **changes)


JSON_VALUE = st.recursive(st.booleans() | st.integers() | st.text(), lambda value: st.lists(value, max_size=3))
"""What a TOML table may hold, as the folder's schema lets it through."""


@given(st.builds(Campaign, plugins=st.dictionaries(st.text(), st.dictionaries(st.text(), JSON_VALUE))))
def test_a_campaign_comes_back_from_its_json_as_it_was(campaign: Campaign) -> None:
    again = Campaign.from_json(campaign.to_json())
    assert again == campaign
    assert again.to_json() == campaign.to_json()
    assert again.digest == campaign.digest


def test_the_json_is_canonical() -> None:
    source = library().to_json()
    assert source == json.dumps(json.loads(source), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert set(json.loads(source)) == {f.name for f in fields(Campaign)} - set(library().unsaid)


def test_equal_campaigns_have_one_digest_however_they_were_made() -> None:
    turned = {code: library().texts[code] for code in ("es", "en")}
    assert library(texts=turned).digest == library().digest
    assert library(fields={"reason": "required", "phone": "optional"}).digest == library().digest


def test_another_process_finds_the_same_digest() -> None:
    code = (
        "import sys; from clarion.domain.campaign import Campaign; print(Campaign.from_json(sys.stdin.read()).digest)"
    )
    for seed in ("1", "2"):
        command = [sys.executable, "-c", code]
        found = subprocess.run(
            command, input=library().to_json().encode(), env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        assert found.stdout.decode().strip() == library().digest


@pytest.mark.parametrize(
    "changes",
    [
        {"slug": "museum"},
        {"status": "paused"},
        {"languages": ("es", "en")},
        {"texts": {"en": Text("en", "Keep it  open", "Fund it.", "We read.")}},
        {"organisations": (Organisation("readers", "Readers", lead=True),)},
        {"recipients": ()},
        {"fields": {"phone": "optional", "reason": "optional"}},
        {"consents": (ConsentAsk("readers", "email", {"en": "May mail me.", "es": "Puede escribir."}),)},
        {"goal": 101},
        {"keep_days": 91},
        {"media": (Media("media/a.png", "01", "image/png", 1, 1),)},
    ],
)
def test_any_change_makes_another_digest(changes: dict[str, object]) -> None:
    assert library(**changes).digest != library().digest


def test_a_campaign_cannot_be_changed() -> None:
    campaign = library()
    with pytest.raises(FrozenInstanceError):
        campaign.goal = 5  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        campaign.texts["en"].title = "x"  # type: ignore[misc]


def at(hours: int) -> str:
    """A moment so many hours from noon, written with an offset of its own."""
    return (NOON + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("status", "opens", "closes", "state"),
    [
        ("live", "", "", "live"),
        ("live", at(-1), "", "live"),
        ("live", at(0), "", "live"),
        ("live", at(1), "", "draft"),
        ("live", "", at(1), "live"),
        ("live", "", at(0), "closed"),
        ("live", "", at(-1), "closed"),
        ("live", at(-2), at(-1), "closed"),
        ("live", at(1), at(2), "draft"),
        ("live", "2026-07-12T08:00:00-04:00", "", "live"),
        ("live", "2026-07-12T08:00:01-04:00", "", "draft"),
        ("live", "", "2026-07-12T14:00:00+02:00", "closed"),
        ("draft", at(-1), "", "draft"),
        ("paused", at(1), "", "paused"),
        ("paused", "", at(-1), "paused"),
        ("closed", "", at(1), "closed"),
    ],
)
def test_the_state_is_the_status_within_its_dates(status: str, opens: str, closes: str, state: str) -> None:
    assert library(status=status, opens=opens, closes=closes).state(NOON) == state


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_campaign_goes_only_forward(moment: datetime) -> None:
    states = ["draft", "live", "closed"]
    campaign = library(opens=at(0), closes=at(24))
    later = campaign.state(moment + timedelta(hours=1))
    assert states.index(campaign.state(moment)) <= states.index(later)


def test_one_organisation_leads_and_the_others_are_partners() -> None:
    campaign = library()
    assert campaign.lead.id == "readers"
    assert [partner.id for partner in campaign.partners] == ["writers"]
    assert campaign.organisation("writers") == campaign.partners[0]
    assert campaign.organisation("nobody") is None


def test_words_in_a_language_that_is_not_offered_are_those_of_the_main_one() -> None:
    assert library().text("es").language == "es"
    assert library().text("fr").language == "en"


def test_name_and_email_are_always_asked_and_an_address_is_needed_unless_the_folder_says_otherwise() -> None:
    assert library(fields={"email": "optional"}).need("email") == "optional"
    campaign = library(fields={"name": "no", "email": "no", "reason": "optional"})
    needs = [campaign.need(name) for name in ("name", "email", "reason", "phone", "anything")]
    assert needs == ["required", "required", "optional", "no", "no"]


def test_a_consent_has_a_field_of_its_own() -> None:
    assert ConsentAsk("sanctuary-dc", "email", {}).field_name == "consent-sanctuary-dc-email"


def test_a_district_has_the_name_that_recipients_give_it() -> None:
    wards = [{"en": "Ward 1"}, {"en": "Ward 1", "es": "Distrito 1"}, {"en": "Ward 2"}, {"es": "Distrito 3"}, {}]
    campaign = library(recipients=tuple(Recipient("to", "Ana", {}, ward) for ward in wards))
    named = {ward: campaign.district_name(ward, "es") for ward in ("Ward 1", "Ward 2", "Ward 3")}
    assert named == {"Ward 1": "Distrito 1", "Ward 2": "Ward 2", "Ward 3": "Ward 3"}
    assert campaign.district_name("Ward 1", "en") == "Ward 1"
