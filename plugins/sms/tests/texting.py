"""The petition of this project, signed by text."""

from __future__ import annotations

import shutil
from pathlib import Path

from clarion.testing import Instance

ROOT = Path(__file__).parents[3]
SLUG = "dc-sanctuary"
TABLE = """
[plugins.sms]
number = "+12025550123"
keywords = { en = ["SANCTUARY"], es = ["SANTUARIO", "REFUGIO"] }
help = "hello@sanctuary-dc.example"
"""


def texting_folder(instance: Instance, more: str = "", **replaced: str) -> Path:
    """A copy of its folder with the table in it; `replaced` words of `campaign.toml` are others there."""
    folder = Path(shutil.copytree(ROOT / "campaigns" / SLUG, instance.home / "campaigns" / SLUG))
    table = folder / "campaign.toml"
    words = table.read_text("utf-8").replace('channels = ["email"]', 'channels = ["email", "sms"]')
    for old, new in replaced.items():
        assert old in words
        words = words.replace(old, new)
    table.write_text(words + TABLE + more, "utf-8")
    return folder
