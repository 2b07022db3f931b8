"""A campaign folder on disk: what may be in it, and how its files are read safely."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

from ..domain.campaign import Media
from ..domain.faults import Fault, did_you_mean
from .media import MAX_BYTES, SUFFIXES, ImageRefused, Picture, read_image

MAX_TEXT = 256 * 1024
MAX_FILES = 200
UPDATES = "updates"
"""The sub-folder of news to signers: there may be many in the life of a campaign, and their files are not counted."""
_SHEETS = (".csv.txt", ".csv.csv", ".xlsx", ".xls", ".ods", ".numbers")


class Folder:
    """One folder being read: its faults and pictures gather here."""

    def __init__(self, path: Path, root: Path) -> None:
        self.path, self.root = path, root
        self.faults: list[Fault] = []
        self.pictures: dict[str, Picture] = {}
        self._left_out: set[str] = set()
        self._too_large: dict[str, Fault] = {}
        """A large file that nothing asks for is only a warning."""

    @property
    def errors(self) -> list[Fault]:
        """The faults that stop publishing."""
        return [fault for fault in self.faults if fault.level == "error"]

    def fault(
        self,
        file: str,
        message: str,
        hint: str,
        line: int | None = None,
        key: str = "",
        *,
        warning: bool = False,
    ) -> None:
        """Note a fault."""
        self.faults.append(Fault(file, message, hint, line, key, "warning" if warning else "error"))

    def is_inside(self) -> bool:
        """Whether the folder really lies below the campaigns folder."""
        if self.path.is_symlink() or self.root.resolve() not in self.path.resolve().parents:
            self.fault(
                self.path.name,
                "The folder is a link, or lies outside the campaigns folder.",
                "Move the folder itself into the campaigns folder.",
            )
            return False
        return True

    def survey(self) -> bool:
        """Look at all files before any is read; links and those too large are left out. `False` if too many."""
        files = [p for p in sorted(self.path.rglob("*")) if not p.is_dir() or p.is_symlink()]
        if sum(p.relative_to(self.path).parts[0] != UPDATES for p in files) > MAX_FILES:
            self.fault(self.path.name, f"More than {MAX_FILES} files.", "Keep only what the campaign uses.")
            return False
        for path in files:
            name = path.relative_to(self.path).as_posix()
            limit = MAX_BYTES if path.suffix.lower() in SUFFIXES else MAX_TEXT
            if path.is_symlink():
                self._leave_out(name, "A link to another place.", "Put the file itself here.")
            elif path.stat().st_size > limit:
                message = f"The file is too large, more than {limit // 1024} KB."
                self._leave_out(name, message, "Make it smaller.", warning=True)
                self._too_large[name] = self.faults[-1]
        return True

    def has(self, name: str) -> bool:
        """Whether the file is there, fit to be read or not."""
        return self._is_left_out(name) or (self.path / name).is_file()

    def near(self, name: str) -> str:
        """A file whose name was meant to be this one: `EN.md`, `en.md.txt`, `recipients.xlsx`; else nothing."""
        stem = name.rpartition(".")[0]
        meant = [name, f"{name}.txt", f"{stem}.txt", *(stem + end for end in _SHEETS if name.endswith(".csv"))]
        wanted = {one.lower() for one in meant}
        close = sorted(p.name for p in self.path.iterdir() if p.name.lower() in wanted and p.name != name)
        return close[0] if close else ""

    def read(self, name: str) -> str | None:
        """The text of a file, or `None` if it is not there or cannot be read; the latter is a fault."""
        path = self.path / name
        if self._is_left_out(name) or not path.is_file():
            return None
        try:
            source = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            table = name.endswith(".csv")
            hint = 'Save it as "CSV UTF-8".' if table else "Save it with the encoding UTF-8."
            self.fault(name, "The text is not UTF-8.", hint, line)
            return None
        if "\0" in source:
            line = source[: source.index("\0")].count("\n") + 1
            self.fault(name, "The text holds a NUL character.", "Save it again as plain text, UTF-8.", line)
            return None
        return source.removeprefix("\ufeff")

    def picture(self, source: str, file: str, line: int | None, key: str) -> Media | None:
        """The image that a file refers to, read and checked once."""
        if source in self.pictures:
            return self.pictures[source].media
        if self._is_left_out(source):
            return None
        path = self._on_disk(source)
        if "://" in source or ".." in Path(source).parts or not source.startswith("media/"):
            self.fault(
                file,
                f'The image "{source}" is not in the campaign\'s media folder.',
                "Put it there and write media/name.png.",
                line,
                key,
            )
        elif not path.is_file():
            names = [p.relative_to(self.path).as_posix() for p in self.path.glob("media/*")]
            hint = did_you_mean(source, names) if names else "Put it into the folder media."
            self.fault(file, f'The image "{source}" is missing.', hint, line, key)
        else:
            try:
                self.pictures[source] = read_image(source, path.read_bytes())
            except ImageRefused as error:
                message, hint = str(error).split(". ", 1)
                self._leave_out(source, f"The image {message}.", hint)
            else:
                return self.pictures[source].media
        return None

    def _on_disk(self, source: str) -> Path:
        """The file of this name: `ñ` may be one character in the text and two in the name, or the other way round."""
        path = self.path / source
        if path.is_file() or source.isascii():
            return path
        wanted = unicodedata.normalize("NFC", source)
        names = (p for p in self.path.glob("media/*"))
        same = (p for p in names if unicodedata.normalize("NFC", p.relative_to(self.path).as_posix()) == wanted)
        return next(same, path)

    def _leave_out(self, name: str, message: str, hint: str, *, warning: bool = False) -> None:
        self._left_out.add(name)
        self.fault(name, message, hint, warning=warning)

    def _is_left_out(self, name: str) -> bool:
        if large := self._too_large.pop(name, None):
            self.faults[self.faults.index(large)] = replace(large, level="error")
        return not self._left_out.isdisjoint({name, *(p.as_posix() for p in Path(name).parents)})
