"""The table of districts, `districts.csv`: which district a postal code lies in."""

from __future__ import annotations

import csv
from collections.abc import Collection

from ..domain.areas import clean_postal_code
from ..domain.faults import Fault, did_you_mean
from ..domain.names import MAX_NAME, clean_text
from .csvfile import CsvFile, unreadable
from .schema import DISTRICT_COLUMNS

FILE = "districts.csv"
MAX_ROWS = 20_000
MAX_TOLD = 10


def read_districts(source: str, country: str, recipients_in: Collection[str]) -> tuple[dict[str, str], list[Fault]]:
    """District by postal code, and the faults; `recipients_in` are the districts that recipients stand for."""
    table = CsvFile(source)
    districts: dict[str, str] = {}
    faults: list[Fault] = []
    try:
        header = table.header()
        if faults := _header_faults(header):
            return {}, faults
        for line, row in table.rows(header):
            cells = dict(zip(header, (" ".join(clean_text(cell).split()) for cell in row), strict=False))
            fault = _row_fault(row, header, cells, country, districts)
            if fault is None:
                districts[clean_postal_code(cells["postal_code"], country) or ""] = cells["district"]
            else:
                faults.append(Fault(FILE, fault[0], fault[1], line))
            if len(districts) > MAX_ROWS or len(faults) > MAX_TOLD:
                hint = f"Keep at most {MAX_ROWS} rows; mend what is told first."
                return {}, [*faults, Fault(FILE, "The table was not read further.", hint, line)]
    except csv.Error as error:
        return {}, [unreadable(FILE, error, table.line)]
    return districts, faults + _nobody_there(districts, recipients_in)


def _header_faults(header: list[str]) -> list[Fault]:
    known = list(DISTRICT_COLUMNS)
    hint = f"Write {','.join(known)} into the first line."
    faults = [
        Fault(FILE, f'Unknown column "{name}".', did_you_mean(name, known), 1, name)
        for name in header
        if name not in known
    ]
    missing = [Fault(FILE, f'The column "{name}" is missing.', hint, 1, name) for name in known if name not in header]
    return faults + missing


def _row_fault(
    row: list[str], header: list[str], cells: dict[str, str], country: str, districts: dict[str, str]
) -> tuple[str, str] | None:
    if len(row) > len(header):
        return f"{len(row)} cells, but {len(header)} columns.", "Put a cell that holds a comma in double quotes."
    code = clean_postal_code(cells.get("postal_code", ""), country)
    if code is None:
        shown = cells.get("postal_code", "")[:20]
        return f'"{shown}" is no postal code.', "A spreadsheet may have cut zeros off: store it as text."
    if not cells.get("district") or len(cells["district"]) > MAX_NAME:
        return "The district is missing or too long.", "Write it as in recipients.csv."
    if districts.get(code, cells["district"]) != cells["district"]:
        return f"{code} lies in two districts.", "Give each postal code the district most of it lies in."
    return None


def _nobody_there(districts: dict[str, str], recipients_in: Collection[str]) -> list[Fault]:
    """Warnings for districts that no recipient stands for: most often one of the two is misspelt."""
    alone = sorted({district for district in districts.values() if district not in recipients_in})
    return [
        Fault(
            FILE,
            f'No recipient stands for "{district}".',
            did_you_mean(district, recipients_in) if recipients_in else "Write the district into recipients.csv.",
            level="warning",
        )
        for district in alone[:MAX_TOLD]
    ]
