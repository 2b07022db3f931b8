"""What a campaign is made from, save by save: the files of its folder, whoever wrote them, in the console or on disk.

An edition is what was checked and published; a source is what was saved, with its faults. Neither is ever changed: each
save is a new one, built on the one that its writer had seen. So nobody overwrites another's work without noticing.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ..domain.languages import Language
from ..extensions import db, now, transaction
from .folder import MAX_TEXT, UPDATES
from .loader import Loaded
from .models import MediaRow, SourceRow
from .service import check

Place = Literal["console", "folder"]
TEXTS = (".md", ".toml", ".csv", ".txt")
MARK = ".source"
"""In a folder that `clarion pull` wrote: the number of the source that it is."""


class Stale(Exception):
    """Somebody else has saved since; nothing was written."""


@dataclass(frozen=True, slots=True)
class Source:
    """One save."""

    slug: str
    number: int
    files: Mapping[str, str]
    media: Mapping[str, str] = field(default_factory=dict)
    """Digests of pictures by their names, as `media/share.png`."""
    place: Place = "console"
    saved_by: int | None = None
    saved_at: Any = None

    @property
    def table(self) -> dict[str, Any]:
        """Its campaign.toml, as far as it can be read."""
        try:
            return tomllib.loads(self.files.get("campaign.toml", ""))
        except tomllib.TOMLDecodeError:
            return {}

    @property
    def lead(self) -> str:
        """The organisation that leads it."""
        return str(self.table.get("lead", ""))

    @property
    def organisations(self) -> tuple[str, ...]:
        """Those that take part."""
        found = self.table.get("organisations")
        return tuple(found) if isinstance(found, dict) else ()

    @property
    def languages(self) -> tuple[str, ...]:
        """Those that are switched on, then those that have a text only."""
        named = self.table.get("languages")
        on = [code for code in named if isinstance(code, str)] if isinstance(named, list) else []
        written = sorted(name[:-3] for name in self.files if name.endswith(".md") and "/" not in name)
        return tuple(dict.fromkeys([*on, *written]))


def latest(slug: str) -> Source | None:
    """The last save of a campaign."""
    query = select(SourceRow).filter_by(slug=slug).order_by(SourceRow.number.desc()).limit(1)
    row = db.session.scalar(query)
    return _source(row) if row else None


def numbered(slug: str, number: int) -> Source | None:
    """One save of a campaign."""
    row = db.session.scalar(select(SourceRow).filter_by(slug=slug, number=number))
    return _source(row) if row else None


def last_of_folder(slug: str) -> Source | None:
    """The last save that came from the folder."""
    query = select(SourceRow).filter_by(slug=slug, place="folder").order_by(SourceRow.number.desc()).limit(1)
    row = db.session.scalar(query)
    return _source(row) if row else None


def saves(slug: str) -> list[Source]:
    """All saves of a campaign, the latest first."""
    query = select(SourceRow).filter_by(slug=slug).order_by(SourceRow.number.desc())
    return [_source(row) for row in db.session.scalars(query)]


def slugs() -> list[str]:
    """Every campaign that was ever saved."""
    return list(db.session.scalars(select(SourceRow.slug).distinct().order_by(SourceRow.slug)))


def keep(source: Source, after: int) -> Source:
    """Save it as the next one after `after`; the same again is no new one. Raises `Stale`."""
    before = latest(source.slug)
    if (before.number if before else 0) != after:
        raise Stale(source.slug)
    if before and (before.files, before.media) == (dict(source.files), dict(source.media)):
        return before
    row = SourceRow(
        slug=source.slug,
        number=after + 1,
        files=json.dumps(dict(source.files), ensure_ascii=False, sort_keys=True),
        media=json.dumps(dict(source.media), sort_keys=True),
        place=source.place,
        saved_by=source.saved_by,
        saved_at=now(),
    )
    try:
        with transaction() as session:
            session.add(row)
    except IntegrityError:
        raise Stale(source.slug) from None
    return _source(row)


def _source(row: SourceRow) -> Source:
    files, media = json.loads(row.files), json.loads(row.media)
    return Source(row.slug, row.number, files, media, row.place, row.saved_by, row.saved_at)  # type: ignore[arg-type]


# -- Folders


def read_folder(folder: Path) -> dict[str, str]:
    """The texts of a folder, by name; what no text is stays where it is."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not path.is_file() or path.suffix not in TEXTS or name.startswith(f"{UPDATES}/"):
            continue
        if path.stat().st_size <= MAX_TEXT:
            with suppress(UnicodeDecodeError):  # what is no text of ours is not ours to write anew
                found[name] = path.read_text("utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
    return found


def write_out(source: Source, folder: Path, *, mark: bool = True, earlier: Iterable[str] = ()) -> list[Path]:
    """Write a save into a folder; the files that were written.

    Of what lies there only files of `earlier` saves are taken out that this one has not: whatever else is in the folder
    is somebody's.
    """
    written = []
    for name in (*source.files, *source.media, *earlier):
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise ValueError(f"{name} would lie outside the folder")
    for name in {*earlier} - source.files.keys():
        (folder / name).unlink(missing_ok=True)
    for name, content in source.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
        written.append(path)
    for name, digest in source.media.items():
        path = folder / name
        picture = db.session.get(MediaRow, digest)
        if picture is not None and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture.content)
            written.append(path)
    if mark:
        (folder / MARK).write_text(f"{source.number}\n", "utf-8")
    return written


def mark_of(folder: Path) -> int:
    """The number of the save that a folder was written from; 0 where it was not."""
    try:
        said = (folder / MARK).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return 0
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else 0


def load(source: Source, languages: Mapping[str, Language], also: Callable[[Loaded], None]) -> Loaded:
    """The campaign of a save with all its faults, read as a folder is. Needs an app context."""
    with TemporaryDirectory() as place:
        root = Path(place)
        (root / source.slug).mkdir()
        write_out(source, root / source.slug, mark=False)
        return check(root, languages, also, (source.slug,))[0]


def pictures_in(loaded: Loaded) -> dict[str, str]:
    """The digests of a loaded folder's pictures."""
    return {picture.media.name: picture.media.digest for picture in loaded.pictures}


# -- Folder and console


def newer_in_console(slug: str, folder: Path) -> Source | None:
    """What was saved in the console and a folder does not have: publishing it would undo that."""
    last = latest(slug)
    if last is None or last.place == "folder" or mark_of(folder) == last.number:
        return None
    return None if read_folder(folder) == last.files else last


def note_folder(slug: str, folder: Path, media: Mapping[str, str]) -> None:
    """Keep what was published from a folder."""
    last = latest(slug)
    number = last.number if last else 0
    try:
        kept = keep(Source(slug, number + 1, read_folder(folder), media, "folder"), number)
    except Stale:
        return  # somebody saved at this moment; the next publishing sees it
    if mark_of(folder):
        (folder / MARK).write_text(f"{kept.number}\n", "utf-8")
