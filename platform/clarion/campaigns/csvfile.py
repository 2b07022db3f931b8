"""Tables as people really save them: commas, semicolons or tabs, a byte order mark, empty columns at the end."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from ..domain.faults import Fault

_SEPARATOR = re.compile(r"""["']?sep=([,;\t])["']?""", re.IGNORECASE)
"""A first line that spreadsheets write for each other."""


class CsvFile:
    """A table with its header; rows come with the line they start on. Raises `csv.Error` while it is read."""

    def __init__(self, source: str) -> None:
        first_line = source.split("\n", 1)[0]
        named = _SEPARATOR.fullmatch(first_line.strip())
        if named:
            first_line = source.partition("\n")[2].split("\n", 1)[0]
        delimiter = named[1] if named else max(",;\t", key=first_line.count)
        self._reader = csv.reader(io.StringIO(source, newline=""), delimiter=delimiter, strict=True)
        self._named = bool(named)
        self._first: list[str] = []

    @property
    def line(self) -> int:
        """The line that was read last."""
        return self._reader.line_num

    def header(self) -> list[str]:
        """The names of the columns, in small letters."""
        if self._named:
            next(self._reader)
        self._first = next(self._reader, [])
        return _without_empty_end([cell.strip().lower() for cell in self._first])

    def rows(self, header: list[str]) -> Iterator[tuple[int, list[str]]]:
        """The rows that hold anything, each with its line; what is beyond the header's names and empty is cut."""
        line = self._reader.line_num + 1
        for row in self._reader:
            if any(cell.strip() for cell in row):
                yield line, row[: len(header)] if self._is_padded(row, header) else row
            line = self._reader.line_num + 1

    def _is_padded(self, row: list[str], header: list[str]) -> bool:
        """Whether what is beyond the header's names is as empty as in the first line."""
        return len(row) <= len(self._first) and not any(cell.strip() for cell in row[len(header) :])


def unreadable(file: str, error: csv.Error, line: int) -> Fault:
    """The fault of a file that is no table from some line on."""
    return Fault(file, f"Not a table: {error}.", "Save it again as CSV, UTF-8.", line)


def _without_empty_end(cells: list[str]) -> list[str]:
    """The cells without empty ones at the end: a spreadsheet saves columns that were used once."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]
