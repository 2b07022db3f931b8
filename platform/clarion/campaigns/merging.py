"""A folder and what was saved in the console, put together line by line (three-way merge)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from merge3 import Merge3


@dataclass(slots=True)
class Merged:
    """Both together."""

    files: dict[str, str] = field(default_factory=dict)
    clashes: list[str] = field(default_factory=list)
    """Files in which both changed the same lines."""


def merge_files(base: Mapping[str, str], mine: Mapping[str, str], theirs: Mapping[str, str]) -> Merged:
    """Merge what two made of the same files; a file that one took out and the other changed is a clash."""
    found = Merged()
    for name in sorted({*base, *mine, *theirs}):
        old, one, other = base.get(name), mine.get(name), theirs.get(name)
        if other in (one, old):
            kept = one
        elif one == old:
            kept = other
        elif one is None or other is None:
            found.clashes.append(name)
            kept = one if one is not None else other
        else:
            kept = _merged(name, old or "", one, other, found)
        if kept is not None:
            found.files[name] = kept
    return found


def _merged(name: str, old: str, one: str, other: str, found: Merged) -> str:
    before, mine, theirs = (part.splitlines(keepends=True) for part in (old, one, other))
    merge = Merge3(before, mine, theirs)
    if any(group[0] == "conflict" for group in merge.merge_groups()):
        found.clashes.append(name)
        return one
    return "".join(merge.merge_lines())
