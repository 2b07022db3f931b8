"""What the console edits of a campaign's files, field by field; everything else in them stays as it was written."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

import tomlkit
from tomlkit.exceptions import TOMLKitError

from ..domain.pasting import Pasted, Said
from ..domain.pasting.addressed import BROKEN, Addressed
from .csvfile import CsvFile
from .drafting import COLUMNS, text_file
from .sources import Source
from .textfile import parse_text

Fields = Mapping[str, str]
"""`en.title`, `en.ask`, `en.why`, `recipients`, `languages`, `goal`, `lead.name` and the like, each as it is typed."""

OF_TEXT = ("title", "ask", "why")
OF_LEAD = ("name", "email", "website", "privacy")
EDITED = ("role", "name", "office", "email")
TABLE, RECIPIENTS = "campaign.toml", "recipients.csv"


def read(source: Source) -> dict[str, str]:
    """The fields of a save."""
    found: dict[str, str] = {}
    for code in source.languages:
        parsed = parse_text(source.files.get(f"{code}.md", "---\n---\n"))
        found |= {f"{code}.title": parsed.head.get("title", ""), f"{code}.ask": parsed.head.get("ask", "")}
        found[f"{code}.why"] = parsed.body
    table = source.table
    found["recipients"] = as_field(_rows(source))
    named = table.get("languages")
    found["languages"] = ",".join(code for code in named if isinstance(code, str)) if isinstance(named, list) else ""
    found["goal"] = str(table.get("goal", ""))
    lead = table.get("organisations", {}).get(source.lead, {}) if isinstance(table.get("organisations"), dict) else {}
    found |= {f"lead.{name}": str(lead.get(name, "")) for name in OF_LEAD}
    return found


def as_field(rows: Iterable[Mapping[str, str]]) -> str:
    """Recipients as one field."""
    kept = [[row.get(name, "").strip() for name in EDITED] for row in rows if row.get("name", "").strip()]
    return json.dumps(kept, ensure_ascii=False)


def from_field(field: str) -> list[dict[str, str]]:
    """The recipients of such a field."""
    return [dict(zip(EDITED, row, strict=True)) for row in json.loads(field or "[]")]


def merge(base: Fields, mine: Fields, theirs: Fields) -> tuple[dict[str, str], list[str]]:
    """What two people made of one save, put together; and the fields in which both wrote something else.

    In those mine stands, for its writer to look at the other.
    """
    merged, both = dict(theirs), []
    for name, value in mine.items():
        if value == base.get(name) or value == theirs.get(name):
            continue
        if theirs.get(name) != base.get(name):
            both.append(name)
        merged[name] = value
    return merged, both


def apply(source: Source, fields: Fields) -> Source:
    """The save with these fields; only files in which one changed are written anew."""
    before, files = read(source), dict(source.files)
    changed = {name: value for name, value in fields.items() if before.get(name) != value}
    for code in dict.fromkeys(name.partition(".")[0] for name in changed if name.partition(".")[2] in OF_TEXT):
        files[f"{code}.md"] = _text(files.get(f"{code}.md", ""), code, fields)
    if "recipients" in changed:
        files[RECIPIENTS] = _recipients(source, from_field(changed["recipients"]))
    table = {
        name: value for name, value in changed.items() if name in ("languages", "goal") or name.startswith("lead.")
    }
    if table:
        files[TABLE] = _table(files.get(TABLE, ""), source.lead, table)
    return replace(source, files=files)


def with_status(source: Source, status: str) -> Source:
    """The save with another status."""
    document = tomlkit.parse(source.files[TABLE])
    document["status"] = status
    return replace(source, files={**source.files, TABLE: tomlkit.dumps(document)})


def as_pasted(source: Source) -> Pasted:
    """The save as a petition that was taken apart, to look for what is doubtful in it."""
    fields = read(source)
    people = [
        Addressed(
            row["name"],
            row["office"],
            row["email"],
            "cc" if row["role"] == "cc" else "to",
            cut=(row["office"] or row["name"]).endswith(BROKEN),
        )
        for row in from_field(fields["recipients"])
    ]
    texts = {
        code: Said(code, fields[f"{code}.title"], fields[f"{code}.ask"], [], [fields[f"{code}.why"]])
        for code in source.languages
    }
    return Pasted(people, texts)


def _text(content: str, code: str, fields: Fields) -> str:
    head = dict(parse_text(content).head) if content else {}
    head |= {name: fields.get(f"{code}.{name}", "").strip() for name in ("title", "ask")}
    first = {name: head.pop(name) for name in ("title", "summary", "ask") if name in head}
    return text_file([*first.items(), *head.items()], fields.get(f"{code}.why", ""))


def _rows(source: Source) -> list[dict[str, str]]:
    content = source.files.get(RECIPIENTS, "")
    try:
        table = CsvFile(content)
        header = table.header()
        return [dict(zip(header, row, strict=False)) for _, row in table.rows(header)]
    except csv.Error:
        return []


def _recipients(source: Source, people: list[dict[str, str]]) -> str:
    """The table with these people; what else it says of them, such as districts, stays."""
    known = {row.get("name", ""): row for row in _rows(source)}
    columns = list(dict.fromkeys([*(name for row in known.values() for name in row), *COLUMNS]))
    lines = io.StringIO()
    table = csv.DictWriter(lines, columns, lineterminator="\n", restval="", extrasaction="ignore")
    table.writeheader()
    table.writerows({**known.get(one["name"], {}), **one} for one in people)
    return lines.getvalue()


def _table(content: str, lead: str, changed: Fields) -> str:
    try:
        document = tomlkit.parse(content)
    except TOMLKitError:
        return content  # its fault is told with its line; nothing in it is overwritten
    for name, value in changed.items():
        if name == "languages":
            document["languages"] = [code for code in value.split(",") if code]
        elif name == "goal":
            document["goal"] = int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else value
        else:
            organisation = document.setdefault("organisations", tomlkit.table()).setdefault(lead, tomlkit.table())
            key = name.partition(".")[2]
            if value.strip():
                organisation[key] = value.strip()
            else:
                organisation.pop(key, None)
    return tomlkit.dumps(document)
