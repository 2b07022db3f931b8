"""`clarion new`: a campaign folder with everything in place, ready to edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..domain.languages import Language
from .schema import EXAMPLE_TITLE

_TOML = """\
#:schema ../../docs/campaign.schema.json
# {slug}: what the campaign is made of. Every key is explained in docs/campaign-format.md.
status = "draft"              # draft, live, paused or closed
languages = [{codes}]         # the first one is the main language
goal = 1000                   # raises itself once it is reached
accent = "#1f5ea3"            # the campaign's colour, dark enough for white paper
country = "US"                # where postal codes and phone numbers belong
time_zone = "America/New_York"
# opens = 2026-07-12          # first day of signing; without it, at once
# closes = 2026-12-31         # last day of signing; without it, until you close it
# image = "media/share.png"   # shown when the page is shared, 1200 by 630 pixels
lead = "our-organisation"

[fields]                      # no, optional or required; name and email are always asked
postal_code = "optional"
reason = "optional"

# [handing_over]              # how it reaches the recipients; without it, you hand it over yourselves
# milestones = [100, 500]     # mails to them at these numbers
# digest = "weekly"           # no, daily or weekly
# letters = true              # each signer's letter to those who stand for their district (districts.csv)

# Mails to signers are in the platform's words. To use your own, write mail/confirm.{first}.md and the like.

[organisations.our-organisation]
name = "Our Organisation"
website = "https://our-organisation.example"
email = "hello@our-organisation.example"
channels = ["email"]          # what it asks signers' consent for
# consent.email.{first} = "Yes, Our Organisation may email me."   # your own words beside the box, for each language
"""

_RECIPIENTS = """\
role,name,office,email,district,language,from,until
to,Their Name,Mayor,mayor@city.example,,,,
"""

_TEXT = """\
---
title: {title}
summary: One sentence that says what this is about.
ask:
  What you ask for, in one sentence. Then, if it helps, point by point:

  1. The first demand.
  2. The second demand.
share: I signed. Will you sign too?
---

Why this is important: a few short paragraphs. What is happening, whom it touches, what would help.
"""


class FolderExists(FileExistsError):
    """There is a folder of this name already; nothing was changed."""


def new_folder(root: Path, slug: str, codes: Sequence[str], languages: Mapping[str, Language]) -> list[Path]:
    """Make the folder and return its files. Raises `FolderExists`."""
    folder = root / slug
    if folder.exists():
        raise FolderExists(slug)
    files = {
        "campaign.toml": starting_table(slug, codes),
        "recipients.csv": _RECIPIENTS,
        **{f"{code}.md": _TEXT.format(title=f"{EXAMPLE_TITLE} {languages[code].english}") for code in codes},
    }
    return write_folder(root, slug, files)


def write_folder(root: Path, slug: str, files: Mapping[str, str]) -> list[Path]:
    """Write a new folder with these files, and return them. Raises `FolderExists`."""
    folder = root / slug
    if folder.exists():
        raise FolderExists(slug)
    (folder / "media").mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_text(content, "utf-8")
    return [folder / name for name in files]


def starting_table(slug: str, codes: Sequence[str]) -> str:
    """The `campaign.toml` of a new campaign in these languages."""
    quoted = ", ".join(f'"{code}"' for code in codes)
    return _TOML.format(slug=slug, codes=quoted, first=codes[0])
