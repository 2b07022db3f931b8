"""The page of a partner as a test opens it."""

from __future__ import annotations

import re
from typing import Any

from clarion.api import petition
from clarion.testing import Instance
from clarion_embeds import invitations

LISTED = "https://writers.example"


def path_of(instance: Instance, organisation: str = "writers") -> str:
    with instance.context():
        shown = petition("library")
        assert shown
        return invitations.path(shown, organisation)


def words(answer: Any) -> str:
    """What is read on a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).split())
