"""The PDF: set in parts with Typst, so that memory stays small however many names there are; pikepdf joins them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any

import pikepdf
import typst
from flask_babel import gettext

from ..domain.campaign import Campaign
from ..i18n import format_day, format_number
from ..pages.render import language_named
from ..typesetting.fonts import Chosen, all_fonts
from . import layout
from .progress import Step
from .snapshot import Snapshot

PAGES = 5
"""Pages of names that are set together. The typesetter keeps what it made of its last dozen parts."""

REASONS = 100
LETTER_COUNTRIES = {"US", "CA", "MX", "CL", "CO", "CR", "PH", "PA", "VE", "GT", "DO", "SV", "PR"}
"""Where paper is US Letter (Unicode CLDR, paperSize)."""


class Press:
    """Sets the parts of the packs in one language; what does not differ between recipients is set once."""

    def __init__(self, campaign: Campaign, snapshot: Snapshot, fonts: Chosen, language: str, folder: Path) -> None:
        self.campaign, self.snapshot, self.fonts = campaign, snapshot, fonts
        self.language, self.folder = language, folder
        folder.mkdir(mode=0o700)
        source = resources.files("clarion.handover").joinpath("pack.typ").read_text("utf-8")
        (folder / "pack.typ").write_text(source, "utf-8")
        self.compiler = typst.Compiler(str(folder / "pack.typ"), root=str(folder), font_paths=all_fonts())
        self._shared: dict[int, list[Path]] = {}
        self._made = 0

    def document(self, first: dict[str, Any], target: Path, step: Step) -> int:
        """Write a recipient's PDF: their letter and figures, then what all get. Returns the number of its pages."""
        head = self._set("letter", 1, "", first)
        with pikepdf.open(head) as opened:
            at = len(opened.pages) + 1
        if at not in self._shared:
            self._shared[at] = self._set_shared(at, step)
        title = self.campaign.text(self.language).title
        return join([head, *self._shared[at]], target, title, self.campaign.lead.name, self.language)

    def _set_shared(self, at: int, step: Step) -> list[Path]:
        parts = []
        for place in range(0, len(self.snapshot.reasons), REASONS):
            some = layout.reasons(self.snapshot.reasons[place : place + REASONS], first=place == 0)
            parts.append(self._set("reasons", at, gettext("Reasons"), {"reasons": some}))
            with pikepdf.open(parts[-1]) as opened:
                at += len(opened.pages)
        measures = {
            "columns": layout.COLUMNS,
            "leading": 0.36,
            "number-width": 0.42 * len(format_number(self.snapshot.named)) + 0.2,
        }
        for pages in _portions(layout.name_pages(self.snapshot)):
            parts.append(self._set("names", at, gettext("Names"), {"names": {**measures, "pages": pages}}))
            at += len(pages)
            step(sum(len(column) for page in pages for column in page["columns"]))
        return parts

    def _set(self, kind: str, first: int, head: str, words: dict[str, Any]) -> Path:
        """Set one part; `first` is the number of its first page."""
        self._made += 1
        data, made = self.folder / "data.json", self.folder / f"{self._made:05}.pdf"
        given = {
            "kind": kind,
            "title": self.campaign.text(self.language).title,
            "lead": self.campaign.lead.name,
            "language": self.language,
            "rtl": language_named(self.language).direction == "rtl",
            "accent": self.campaign.accent,
            "paper": "us-letter" if self.campaign.country in LETTER_COUNTRIES else "a4",
            "serif": self.fonts.serif,
            "sans": self.fonts.sans,
            "head": head,
            "foot": f"{self.campaign.lead.name} · {format_day(self.snapshot.moment)}",
            "first": first,
            **words,
        }
        data.write_text(json.dumps(given, ensure_ascii=False), "utf-8")
        self.compiler.compile(
            output=str(made),
            sys_inputs={"data": "data.json"},
            timestamp=_whole(self.snapshot.moment),
            pdf_tags=False,
        )
        data.unlink()
        return made


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _portions(pages: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    source = iter(pages)
    while portion := list(islice(source, PAGES)):
        yield portion


def join(parts: Sequence[Path], target: Path, title: str, author: str, language: str) -> int:
    """Put the pages of several files into one and return how many they are."""
    with pikepdf.new() as whole, ExitStack() as opened:
        for part in parts:
            whole.pages.extend(opened.enter_context(pikepdf.open(part)).pages)
        whole.Root.Lang = pikepdf.String(language)
        whole.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        with whole.open_metadata(set_pikepdf_as_editor=False) as metadata:
            metadata["dc:title"] = title
            metadata["dc:creator"] = [author]
            metadata["dc:language"] = [language]
        whole.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate)
        return len(whole.pages)
