"""`campaign.toml`: read, checked, and its faults put into words with their lines."""

from __future__ import annotations

import re
import tomllib
import zoneinfo
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from pydantic import ValidationError

from ..domain import colours
from ..domain.addresses import AddressError, clean_address
from ..domain.campaign import Organisation
from ..domain.faults import did_you_mean
from .folder import Folder
from .positions import key_lines, line_of, toml_hint, too_deep
from .schema import CampaignTable, FieldsTable, HandingOverTable, OrganisationTable

FILE = "campaign.toml"
RESERVED = frozenset(
    "api confirm embed.js favicon.ico healthz hooks me media metrics oembed partners readyz robots.txt staff static "
    "unsubscribe".split()
)
"""Slugs that would hide a page of the platform."""


def slug_fault(slug: str) -> tuple[str, str] | None:
    """What is wrong with a slug, and what to do."""
    if slug in RESERVED:
        return f'"{slug}" is an address of the platform.', "Choose another slug."
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug) or not 2 <= len(slug) <= 60:
        hint = "Name the folder with small letters, digits and hyphens, such as dc-sanctuary."
        return f'"{slug}" cannot stand in an address.', hint
    return None


class TableReader:
    """Reads the table of one folder; each step adds its faults and goes on."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.lines: dict[tuple[str, ...], int] = {}
        self.raw: dict[str, Any] = {}
        self.absent: set[str] = set()
        """The needed keys that are missing or not as they must be."""

    def fault(self, message: str, hint: str, key: str = "", line: int | None = None, *, warning: bool = False) -> None:
        """Note a fault at a key."""
        line = line or (self.line(*key.split(".")) if key else None)
        self.folder.fault(FILE, message, hint, line, key, warning=warning)

    def line(self, *path: str) -> int | None:
        """The line of a key."""
        return line_of(self.lines, path)

    def read(self) -> CampaignTable | None:
        """The table, or `None` where it cannot be understood.

        Where only parts of it are wrong, those are left out, so that the rest is checked in the same go.
        """
        if not self.folder.has(FILE):
            if near := self.folder.near(FILE):
                self.fault(f"The file is missing, but there is {near}.", f"Rename it to {FILE}.")
            else:
                self.fault("The file is missing.", "Take one from another folder, or from: clarion new my-campaign")
            return None
        source = self.folder.read(FILE)
        if source is None:
            return None
        if line := too_deep(source):
            self.fault("A key of too many parts.", 'Write each line as key = "value".', line=line)
            return None
        try:
            self.raw = tomllib.loads(source)
        except (ValueError, RecursionError) as error:
            message, line = _toml_error(error, source)
            self.fault(f"Not valid TOML: {message}.", toml_hint(source, line, message), line=line)
            return None
        self.lines = key_lines(source)
        try:
            return CampaignTable.model_validate(self.raw)
        except ValidationError as error:
            wrong = error.errors()
            self._table_faults(wrong)
            return self._mended(wrong)

    def _mended(self, wrong: Sequence[Mapping[str, Any]]) -> CampaignTable:
        table = _copied(self.raw)
        organisations = table.get("organisations")
        for entry in organisations.values() if isinstance(organisations, dict) else ():
            if isinstance(entry, dict):
                entry.setdefault("name", "-")
        while True:
            for one in wrong:
                _take_out(table, one["loc"])
            self.absent = {key for key in _STAND_INS if key not in table}
            try:
                return CampaignTable.model_validate({**_STAND_INS, **table})
            except ValidationError as error:
                wrong = error.errors()

    def guessed_languages(self, known: Collection[str]) -> list[str]:
        """The languages where the table does not say: those it lists rightly, or those with a text."""
        listed = self.raw.get("languages")
        codes = [c for c in listed if isinstance(c, str) and c in known] if isinstance(listed, list) else []
        there = [path.stem for path in sorted(self.folder.path.glob("*.md")) if path.stem in known]
        return list(dict.fromkeys(codes or there))

    def _table_faults(self, wrong: Sequence[Mapping[str, Any]]) -> None:
        told: set[tuple[Any, ...]] = set()
        for one in wrong:
            path = tuple(part for part in one["loc"] if part != "[key]" and not str(part).startswith("function-"))
            if path in told:
                continue
            if _is_misplaced(path):
                message = f'"{path[-1]}" stands below a line with [ ].'
                self.fault(message, "It belongs above the first [ ].", ".".join(map(str, path)))
            elif path[0] == "languages" and one["type"] != "missing":
                if path[:1] not in told:
                    self.fault(_explain(one)[0], 'Write languages = ["en", "es"].', "languages")
                told.add(path[:1])
            else:
                self._table_fault(one, path)
            told.add(path)

    def _table_fault(self, wrong: Mapping[str, Any], path: tuple[Any, ...]) -> None:
        key = ".".join(str(part) for part in path)
        if path == ("organisations",) and wrong["type"] == "missing":
            hint = 'Add a block [organisations.our-group] with name = "…".'
            self.fault("No organisation is named.", hint, key)
        elif wrong["type"] == "extra_forbidden":
            known = _keys_of(path[:-1])
            hint = did_you_mean(str(path[-1]), known)
            self.fault(f'There is no key "{path[-1]}".', hint, key)
        elif wrong["type"] == "missing":
            self.fault(f'"{path[-1]}" is missing.', f"Add a line {path[-1]} = …", key)
        else:
            message, hint = _explain(wrong)
            self.fault(message, hint, key)

    def check_slug(self, slug: str) -> None:
        """Whether the slug can stand in an address and hides no page of the platform."""
        if fault := slug_fault(slug):
            self.fault(*fault, key="slug")

    def languages(self, table: CampaignTable, known: Collection[str]) -> list[str]:
        """The campaign's languages that the platform has, in order."""
        if "languages" in self.absent:
            return self.guessed_languages(known)
        codes = list(dict.fromkeys(table.languages))
        for code in codes:
            if code not in known:
                self.fault(
                    f'The platform has no language "{code}".',
                    did_you_mean(code, known),
                    "languages",
                )
        for path in sorted(self.folder.path.glob("*.md")):
            if path.stem not in codes and path.stem in known:
                hint = f'Add "{path.stem}" to languages in campaign.toml to show it.'
                self.folder.fault(path.name, "This language is not switched on.", hint, warning=True)
        return [code for code in codes if code in known] or self.guessed_languages(known)

    def check_milestones(self, table: CampaignTable) -> None:
        """Whether the milestones come one after the other."""
        steps = table.handing_over.milestones
        if list(steps) != sorted(set(steps)):
            better = ", ".join(map(str, sorted(set(steps))))
            self.fault("The milestones do not grow.", f"Write milestones = [{better}].", "handing_over.milestones")

    def organisations(self, table: CampaignTable) -> tuple[Organisation, ...]:
        """The coalition, in the folder's order."""
        there = self.raw.get("organisations")
        if not self.absent & {"lead", "organisations"} and isinstance(there, dict) and table.lead not in there:
            hint = did_you_mean(table.lead, there)
            self.fault(f'No organisation "{table.lead}".', hint, "lead")
        organisations = []
        for id, entry in table.organisations.items():
            if entry.email:
                try:
                    clean_address(entry.email)
                except AddressError:
                    self.fault(
                        f'"{entry.email}" is not an email address.',
                        "Write it as hello@organisation.example.",
                        f"organisations.{id}.email",
                    )
            organisations.append(
                Organisation(
                    id=id,
                    name=entry.name,
                    lead=id == table.lead,
                    website=entry.website or "",
                    email=entry.email or "",
                    privacy=entry.privacy or "",
                    channels=tuple(dict.fromkeys(entry.channels)),
                )
            )
        return tuple(organisations)

    def dates(self, table: CampaignTable) -> tuple[str, str]:
        """When signing opens and closes, ISO 8601 with offset, or empty."""
        try:
            zone = zoneinfo.ZoneInfo(table.time_zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            hint = did_you_mean(table.time_zone, zoneinfo.available_timezones()).split(". Known")[0]
            hint = hint if hint.startswith("Did") else 'Write it as "America/New_York".'
            self.fault(f'No time zone "{table.time_zone}".', hint, "time_zone")
            zone = zoneinfo.ZoneInfo("UTC")
        moments = {}
        for key, value in (("opens", table.opens), ("closes", table.closes)):
            if isinstance(value, datetime) and value.tzinfo is None:
                self.fault(
                    "A time without its offset from UTC.",
                    "Write the day alone, or the time as 2026-07-12T09:00:00-04:00.",
                    key,
                )
            elif value is not None:
                moments[key] = _moment(value, zone, end_of_day=key == "closes")
        opens, closes = moments.get("opens"), moments.get("closes")
        if opens and closes and closes <= opens:
            self.fault("It closes before it opens.", "Exchange the two dates.", "closes")
        return opens.isoformat() if opens else "", closes.isoformat() if closes else ""

    def check_accent(self, accent: str) -> None:
        """Whether the colour reads on the page's paper."""
        weakest = min(colours.LIGHT_PAPERS, key=lambda paper: colours.contrast(accent, paper))
        if colours.contrast(accent, weakest) < colours.AA:
            better = colours.readable(accent, weakest, "#000000")
            self.fault(
                f"The colour {accent} is too light to be read on white.",
                f'Take a darker one, for instance "{better}".',
                "accent",
            )


_STAND_INS: dict[str, Any] = {"languages": ("-",), "lead": "-", "organisations": {"nobody": {"name": "-"}}}


def _copied(value: Any, depth: int = 3) -> Any:
    if depth and isinstance(value, dict):
        return {key: _copied(one, depth - 1) for key, one in value.items()}
    return value


def _take_out(table: dict[str, Any], path: Sequence[Any]) -> None:
    """Take the innermost key on the path out of the table."""
    holder, key = table, path[0]
    for part in path[1:]:
        inner = holder.get(key)
        if not isinstance(inner, dict) or part not in inner:
            break
        holder, key = inner, part
    holder.pop(key, None)


def _keys_of(path: tuple[Any, ...]) -> list[str]:
    if path[:1] == ("fields",):
        return list(FieldsTable.model_fields)
    if path[:1] == ("handing_over",):
        return list(HandingOverTable.model_fields)
    if path[:1] == ("organisations",):
        return list(OrganisationTable.model_fields)
    return list(CampaignTable.model_fields)


def _explain(wrong: Mapping[str, Any]) -> tuple[str, str]:
    context = wrong.get("ctx", {})
    given = wrong.get("input")
    shown = _shown(given)
    if wrong["type"] == "day":
        return f"{shown} is not a day.", "Write it as 2026-07-12."
    if wrong["type"] in ("literal_error", "enum"):
        options = str(context.get("expected", "")).replace("'", '"')
        options = options.replace(" or ", ", ")
        hint = did_you_mean(str(given), [o.strip().strip('"') for o in options.split(",")])
        return f"{shown} is not a choice here.", hint
    if wrong["type"] == "string_pattern_mismatch":
        return f"{shown} is not written as it must be.", f"It must look like {_example(wrong)}."
    if wrong["type"] == "dict_type" and "consent" in wrong["loc"][-2:-1]:
        return f"{shown} is in no language.", f'Write {wrong["loc"][-1]}.en = "…", and so for each language.'
    return f"{shown} does not fit: {wrong['msg'].rstrip('.')}.", "See docs/campaign-format.md."


def _shown(given: Any) -> str:
    if isinstance(given, int) and given.bit_length() > 64:
        return "The number"
    if isinstance(given, str | int | float | date | time):
        return f'"{str(given)[:60]}"'
    return "This"


def _example(wrong: Mapping[str, Any]) -> str:
    pattern = str(wrong.get("ctx", {}).get("pattern", ""))
    examples = {"[0-9a-fA-F]": '"#a3321f"', "https?": '"https://organisation.example"', "[A-Z]{2}": '"US"'}
    return next((shown for part, shown in examples.items() if part in pattern), '"dc-sanctuary"')


def _is_misplaced(path: tuple[Any, ...]) -> bool:
    """Whether a key of the whole campaign was written below the beginning of a table, so that it became its."""
    return len(path) in (2, 3) and path[-1] in CampaignTable.model_fields and path[-1] not in _keys_of(path[:-1])


def _toml_error(error: Exception, source: str) -> tuple[str, int | None]:
    if not isinstance(error, tomllib.TOMLDecodeError):
        return "tables too deep, or a number too long", None
    message, _, place = str(error).partition(" (at ")
    line = place.removeprefix("line ").split(",")[0]
    return message, int(line) if line.isdigit() else source.rstrip().count("\n") + 1


def _moment(value: date | datetime, zone: zoneinfo.ZoneInfo, *, end_of_day: bool) -> datetime:
    if isinstance(value, datetime):
        return value
    return datetime.combine(value + timedelta(days=1) if end_of_day else value, time(), zone)
