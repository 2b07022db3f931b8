"""A pasted petition as the files of a campaign folder: what was found is in its place, and the rest is left open."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from ..domain.languages import Language
from ..domain.pasting import Pasted, Said
from ..domain.pasting.addressed import Addressed
from .scaffold import starting_table

COLUMNS = ("role", "name", "office", "email", "district", "language", "from", "until")


def drafted(slug: str, pasted: Pasted, languages: Mapping[str, Language]) -> dict[str, str]:
    """The files of a draft, by name. Languages in which something is missing have their file and start later."""
    known = [code for code in pasted.texts if code in languages] or list(languages)[:1]
    whole = [code for code in known if is_whole(pasted.texts.get(code))] or known[:1]
    files = {
        "campaign.toml": starting_table(slug, whole),
        "recipients.csv": as_table(pasted.recipients),
        **{f"{code}.md": as_text(pasted.texts.get(code, Said(code))) for code in {*known, *pasted.texts}},
    }
    if pasted.reasons:
        files["reasons.txt"] = "\n\n".join(pasted.reasons) + "\n"
    return files


def is_whole(said: Said | None) -> bool:
    """Whether nothing is missing that a language needs to start."""
    return said is not None and bool(said.title and said.ask_as_markdown and said.why)


def as_table(people: Iterable[Addressed]) -> str:
    """The recipients as `recipients.csv`."""
    lines = io.StringIO()
    table = csv.writer(lines, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows([one.role, one.name, one.office, one.email, "", "", "", ""] for one in people)
    return lines.getvalue()


def as_text(said: Said) -> str:
    """The words of one language as its text file."""
    head = [("title", said.title), ("ask", said.ask_as_markdown)]
    return text_file(head, said.why_as_markdown)


def text_file(head: Sequence[tuple[str, str]], body: str) -> str:
    """A text file with these keys in its head; what has several lines stands indented below its key."""
    lines = ["---"]
    for key, words in head:
        if "\n" in words or words.startswith(("|", ">", '"', "'", " ")):
            lines.append(f"{key}:")
            lines += [f"  {line}".rstrip() for line in words.split("\n")]
        else:
            lines.append(f"{key}: {words}".rstrip())
    return "\n".join([*lines, "---", "", body.strip(), ""])
