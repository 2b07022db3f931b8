"""From a folder to a campaign, or to all of its faults at once."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from clarion.campaigns.loader import Loaded, load_all
from clarion.domain.campaign import Campaign
from clarion.domain.faults import Fault
from clarion.i18n import read_languages
from clarion.testing import TABLE

Make = Callable[..., Path]
Load = Callable[..., Loaded]
Faults = Callable[..., list[Fault]]


def wording(language: str, channel: str, organisation: str) -> str:
    return f"{organisation} by {channel} in {language}"


def campaign_of(loaded: Loaded) -> Campaign:
    assert loaded.campaign is not None, [str(fault) for fault in loaded.faults]
    return loaded.campaign


def test_a_folder_becomes_a_campaign(make_folder: Make, load: Load) -> None:
    campaign = campaign_of(load(make_folder()))
    assert (campaign.slug, campaign.status, campaign.languages) == ("library", "live", ("en", "es"))
    assert campaign.text("es").title == "Que siga la biblioteca"
    assert [one.id for one in campaign.organisations] == ["readers", "writers"]
    assert (campaign.lead.name, campaign.lead.email) == ("Readers", "hello@readers.example")
    assert [one.name for one in campaign.recipients] == ["Ana Mayor"]
    assert [campaign.need(name) for name in ("phone", "reason", "country")] == ["optional", "optional", "no"]
    assert [consent.field_name for consent in campaign.consents] == ["consent-readers-email", "consent-writers-email"]
    assert campaign.consents[1].wording == {code: f"Writers by email in {code}" for code in ("en", "es")}
    assert (campaign.opens, campaign.closes, campaign.media, campaign.image) == ("", "", (), None)


def test_the_same_folder_gives_the_same_campaign(make_folder: Make, load: Load) -> None:
    folder = make_folder()
    assert campaign_of(load(folder)).digest == campaign_of(load(folder)).digest


def test_words_are_made_one_line_where_they_are_shown_on_one(make_folder: Make, load: Load) -> None:
    text = "---\ntitle:\n  Keep it\n  open\nask: Fund it.\nsummary:\n  In\n  short\nwhy_phone: To call.\n---\nWhy.\n"
    found = campaign_of(load(make_folder(files={"en.md": text}))).text("en")
    assert (found.title, found.summary, found.field_reasons) == ("Keep it open", "In short", {"phone": "To call."})


@pytest.mark.parametrize(
    ("zone", "opens", "closes", "first", "last"),
    [
        ("UTC", "2026-07-12", "2026-07-12", "2026-07-12T00:00:00+00:00", "2026-07-13T00:00:00+00:00"),
        ("America/New_York", "2026-07-12", "2026-12-31", "2026-07-12T04:00:00+00:00", "2027-01-01T05:00:00+00:00"),
        ("America/New_York", "2026-03-08", "2026-03-08", "2026-03-08T05:00:00+00:00", "2026-03-09T04:00:00+00:00"),
        ("Asia/Kolkata", '"2026-07-12"', '"2026-07-13"', "2026-07-11T18:30:00+00:00", "2026-07-13T18:30:00+00:00"),
        (
            "Asia/Tokyo",
            "2026-07-12T09:00:00-04:00",
            "2026-07-12T20:00:00Z",
            "2026-07-12T13:00:00+00:00",
            "2026-07-12T20:00:00+00:00",
        ),
    ],
)
def test_dates_are_days_of_the_campaigns_own_clock(
    make_folder: Make, load: Load, zone: str, opens: str, closes: str, first: str, last: str
) -> None:
    """The last day counts whole, also where it is 23 hours long."""
    toml = f'time_zone = "{zone}"\nopens = {opens}\ncloses = {closes}\n{TABLE}'
    campaign = campaign_of(load(make_folder(files={"campaign.toml": toml})))
    assert datetime.fromisoformat(campaign.opens) == datetime.fromisoformat(first)
    assert datetime.fromisoformat(campaign.closes) == datetime.fromisoformat(last)
    assert campaign.state(datetime.fromisoformat(first)) == "live"
    assert campaign.state(datetime.fromisoformat(last)) == "closed"


def test_the_slug_may_differ_from_the_folder(make_folder: Make, load: Load) -> None:
    loaded = load(make_folder("2026-07-library", {"campaign.toml": f'slug = "library"\n{TABLE}'}))
    assert (loaded.folder, loaded.slug, campaign_of(loaded).slug) == ("2026-07-library", "library", "library")


def test_all_faults_are_told_at_once(make_folder: Make, load: Load) -> None:
    """Whoever mends a folder in a hurry must not find the next fault only after the first."""
    toml = (
        TABLE.replace('"readers"\n', '"raeders"\n')
        .replace('"live"', '"lvie"')
        .replace("goal = 100", "gaol = 100")
        .replace("hello@readers.example", "hello")
        .replace('phone = "optional"', "phone = 5")
    )
    more = 'accent = "#ffff00"\nopens = 2026-08-01\ncloses = 2026-07-01\nimage = "media/none.png"\ntime_zone = "Moon"\n'
    files = {
        "campaign.toml": more + toml,
        "en.md": "---\nask: Fund it.\nsumary: x\n---\n<b>x</b>\n\n[x](javascript:1) {{cuont}}\n![](../x.png)",
        "es.md": "---\ntitle: Peña\n---\n".encode("cp1252"),
        "recipients.csv": "role,name,email\nto,,x\nboss,Ana,\n",
        "notes.txt": "x" * 300_000,
        "media/a.svg": "<svg/>",
    }
    folder = make_folder(files=files)
    (folder / "link").symlink_to("/etc/passwd")
    told = {(fault.file, fault.key) for fault in load(folder).errors}
    assert told >= {
        ("campaign.toml", key)
        for key in "accent closes image time_zone status gaol lead organisations.readers.email fields.phone".split()
    }
    assert told >= {("en.md", "title"), ("en.md", "sumary"), ("en.md", ""), ("es.md", "")}
    assert told >= {("recipients.csv", key) for key in ("name", "email", "role")}
    assert told >= {("link", "")}
    assert "notes.txt" in {fault.file for fault in load(folder).faults if fault.level == "warning"}
    assert len([fault for fault in load(folder).errors if (fault.file, fault.key) == ("en.md", "")]) == 5


def test_a_table_that_cannot_be_read_does_not_hide_the_texts(make_folder: Make, load: Load) -> None:
    files = {"campaign.toml": "nonsense", "es.md": "---\ntitle: T\n---\nx", "recipients.csv": "role,name\nto,\n"}
    assert {fault.file for fault in load(make_folder(files=files)).errors} == {
        "campaign.toml",
        "es.md",
        "recipients.csv",
    }


def test_languages_that_are_not_as_they_must_be_do_not_hide_the_texts(faults: Faults) -> None:
    toml = TABLE.replace('["en", "es"]', '[["en"], 5]')
    found = faults({"campaign.toml": toml, "es.md": "---\ntitle: T\n---\nx"})
    assert ("es.md", "ask") in {(fault.file, fault.key) for fault in found}


def test_two_folders_with_one_slug_are_both_told(make_folder: Make) -> None:
    make_folder("library")
    make_folder("museum", {"campaign.toml": f'# ours\nslug = "library"\n{TABLE}'})
    root = make_folder("zoo").parent
    library, museum, zoo = load_all(root, read_languages(), wording)
    for loaded, line in ((library, None), (museum, 2)):
        (fault,) = loaded.faults
        assert loaded.campaign is None
        assert (fault.file, fault.line, fault.key) == ("campaign.toml", line, "slug")
        assert '"library"' in fault.message
        assert "slug = " in fault.hint
    assert campaign_of(zoo).slug == "zoo"


def test_a_slug_is_taken_even_by_a_folder_with_other_faults(make_folder: Make) -> None:
    make_folder("library", {"en.md": None})
    root = make_folder("museum", {"campaign.toml": f'slug = "library"\n{TABLE}'}).parent
    assert all(any(f.key == "slug" for f in one.faults) for one in load_all(root, read_languages(), wording))


def test_a_warning_does_not_stop_a_campaign(make_folder: Make, load: Load) -> None:
    table = TABLE.replace('"live"', '"draft"')
    loaded = load(make_folder(files={"campaign.toml": table, "recipients.csv": None}))
    assert campaign_of(loaded).recipients == ()
    assert [fault.level for fault in loaded.faults] == ["warning"]
    assert loaded.errors == []
