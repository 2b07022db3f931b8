"""The names as CSV and XLSX, for whoever counts with them: no cell of either can become a formula."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xlsxwriter

ROWS = 1_000_000
"""Rows of one sheet; a spreadsheet takes 1,048,576."""

_UNSEEN = "\\s\u200b\u200c\u200d\u200e\u200f\u2060\u2066\u2067\u2068\u2069\ufeff"

_FORMULA = re.compile(rf"(^|[;,|\t\r\n])(?=[\"{_UNSEEN}]*[=+\-@＝＋－＠\t\r\n])")
"""Where a cell may begin, for whichever reader, and what follows makes a formula of it."""

Cells = Sequence[str]


def harmless(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet could take the rest for a formula (OWASP ASVS 1.2.10).

    That is at its start, and after every sign at which some spreadsheet parts cells: in much of Europe `;`, for which
    our own quotes are none. Spaces, quotes and what cannot be seen before the formula do not save it: some drop them.
    """
    return _FORMULA.sub(r"\1'", text)


def write_csv(path: Path, head: Cells, rows: Iterable[Cells]) -> None:
    """A table as RFC 4180 has it, every field in quotes, in UTF-8 with the mark by which spreadsheets know it."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(head)
        writer.writerows([harmless(cell) for cell in row] for row in rows)


def write_xlsx(path: Path, sheet_name: str, head: Cells, rows: Iterable[Cells]) -> None:
    """The same as a workbook in which every cell is a string; rows go to disk as they come."""
    with _workbook(path) as book:
        bold = book.add_format({"bold": True})
        sheet: Any = None
        for place, row in enumerate(rows):
            if place % ROWS == 0:
                sheet = _new_sheet(book, f"{sheet_name} {place // ROWS + 1}" if place else sheet_name, head, bold)
            for column, cell in enumerate(row):
                sheet.write_string(place % ROWS + 1, column, cell)
        if sheet is None:
            _new_sheet(book, sheet_name, head, bold)


@contextmanager
def _workbook(path: Path) -> Iterator[Any]:
    never = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    # what it sets aside meanwhile lies beside the book and goes with the folder, whatever happens
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent), **never})
    yield book
    book.close()


def _new_sheet(book: Any, name: str, head: Cells, bold: Any) -> Any:
    sheet = book.add_worksheet(name[:31])
    sheet.freeze_panes(1, 0)
    for column, (cell, width) in enumerate(zip(head, (10, 32, 18, 26, 14), strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, cell, bold)
    return sheet
