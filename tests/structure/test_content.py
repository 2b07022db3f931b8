"""What the repository ships is whole: campaigns load, catalogs and references are up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from clarion import i18n
from clarion.campaigns.loader import find_folders, load_folder
from clarion.campaigns.reference import campaign_format, campaign_schema

ROOT = Path(__file__).parents[2]
FOLDERS = find_folders(ROOT / "campaigns")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_campaign_loads_without_a_word(folder: Path) -> None:
    loaded = load_folder(folder, ROOT / "campaigns", i18n.read_languages(), lambda *words: " ".join(words))
    assert [str(fault) for fault in loaded.faults] == []
    assert loaded.campaign is not None


def test_the_petition_is_addressed_to_the_whole_council() -> None:
    loaded = load_folder(ROOT / "campaigns" / "dc-sanctuary", ROOT / "campaigns", ["en", "es"], lambda *words: "")
    assert loaded.campaign is not None
    recipients = loaded.campaign.recipients
    assert [r.name for r in recipients if r.role == "to"] == ["Muriel Bowser"]
    assert len([r for r in recipients if r.role == "cc"]) == 14
    assert all(r.email.endswith(".example") for r in recipients), "a demo never writes to real officials"
    assert all(r.office.keys() == {"en", "es"} for r in recipients)
    assert [o.lead for o in loaded.campaign.organisations] == [True, False]


def test_catalogs_are_complete_and_up_to_date(tmp_path: Path) -> None:
    folder = i18n.translations_folder()
    assert i18n.catalog_faults(folder) == []
    assert i18n.main(["check"]) == 0


def test_every_language_has_a_catalog(tmp_path: Path) -> None:
    (tmp_path / "languages.toml").write_text('[en]\nname = "English"\n[am]\nname = "አማርኛ"\n', "utf-8")
    with pytest.raises(i18n.CatalogMissing, match="am"):
        i18n.compile_catalogs(tmp_path, tmp_path / "compiled")


@pytest.mark.parametrize(
    ("name", "text"), [("campaign-format.md", campaign_format()), ("campaign.schema.json", campaign_schema())]
)
def test_references_are_made_from_the_code(name: str, text: str) -> None:
    assert (ROOT / "docs" / name).read_text("utf-8") == text, "run: clarion docs"
