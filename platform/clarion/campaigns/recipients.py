"""The recipients' table: `recipients.csv` as people really save it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date

from ..domain.addresses import AddressError, clean_address
from ..domain.campaign import Recipient
from ..domain.faults import Fault, did_you_mean
from ..domain.names import MAX_NAME, clean_text
from .csvfile import CsvFile, unreadable
from .schema import RECIPIENT_COLUMNS

MAX_ROWS = 2000
MAX_REPEATS = 10
_TRANSLATED = ("office", "district")

NoteFault = Callable[[str, str, str], None]
"""`(key, what is wrong, what to do)`."""


def read_recipients(
    source: str, file: str, languages: Sequence[str], known: Collection[str] = ()
) -> tuple[tuple[Recipient, ...], list[Fault]]:
    """The recipients in order, and the faults with their lines; a faulty row is left out.

    `known` are further languages that columns may be in: one that is switched off keeps its words.
    Takes commas, semicolons or tabs, as spreadsheets in different countries write them.
    """
    faults: list[Fault] = []
    source = source.removeprefix("\ufeff")
    if "\0" in source:
        return (), [Fault(file, "The file holds a NUL character.", "Save it again as CSV, UTF-8.")]
    table = CsvFile(source)
    recipients: list[Recipient] = []
    lines: list[int] = []
    try:
        header = table.header()
        faults += _header_faults(header, file, {*languages, *known})
        if faults:
            return (), faults
        for line, row in table.rows(header):
            recipient, wrong = _read_row(row, header, file, line, languages)
            faults += wrong
            if recipient:
                recipients.append(recipient)
                lines.append(line)
            if len(recipients) > MAX_ROWS:
                faults.append(Fault(file, f"More than {MAX_ROWS} recipients.", "Keep those who decide.", lines[-1]))
                break
    except csv.Error as error:
        return (), [*faults, unreadable(file, error, table.line)]
    return tuple(recipients), faults + _repeats(recipients, lines, file)


def _header_faults(header: list[str], file: str, languages: Collection[str]) -> list[Fault]:
    known = [*RECIPIENT_COLUMNS, *(f"{name}_{code}".lower() for name in _TRANSLATED for code in languages)]
    if not set(header) & set(known):
        hint = f"Write {','.join(RECIPIENT_COLUMNS)} into the first line."
        return [Fault(file, "The first line does not name the columns.", hint, 1)]
    faults = [
        Fault(file, f'Unknown column "{name}".', did_you_mean(name, known), 1, name)
        for name in header
        if name not in known
    ]
    for name in {name for name in header if name in known and header.count(name) > 1}:
        faults.append(Fault(file, f'The column "{name}" is there twice.', "Keep one of the two.", 1, name))
    for needed in ("role", "name"):
        if needed not in header:
            hint = f"Write {','.join(RECIPIENT_COLUMNS)} into the first line."
            faults.append(Fault(file, f'The column "{needed}" is missing.', hint, 1, needed))
    return faults


def _read_row(
    row: list[str], header: list[str], file: str, line: int, languages: Sequence[str]
) -> tuple[Recipient | None, list[Fault]]:
    faults: list[Fault] = []

    def fault(key: str, message: str, hint: str) -> None:
        faults.append(Fault(file, message, hint, line, key))

    if len(row) > len(header):
        message = f"{len(row)} cells, but {len(header)} columns."
        fault("", message, "Put a cell that holds a comma in double quotes.")
        return None, faults
    cells = dict.fromkeys(header, "") | {n: _one_line(cell) for n, cell in zip(header, row, strict=False)}
    _check_cells(cells, languages, fault)
    since, until = _term(cells, fault)
    if faults:
        return None, faults
    recipient = Recipient(
        role="to" if cells["role"].lower() == "to" else "cc",
        name=cells["name"],
        office=_by_language("office", cells, languages),
        district=_by_language("district", cells, languages),
        email=cells.get("email", ""),
        language=cells.get("language", ""),
        since=since,
        until=until,
    )
    return recipient, []


def _check_cells(cells: Mapping[str, str], languages: Sequence[str], fault: NoteFault) -> None:
    if cells["role"].lower() not in ("to", "cc"):
        fault("role", f'The role "{cells["role"]}" does not exist.', 'Write "to" or "cc".')
    if not cells["name"]:
        fault("name", "A recipient without a name.", "Write the person's name.")
    for key, cell in cells.items():
        if len(cell) > MAX_NAME:
            fault(key, f"Longer than {MAX_NAME} characters.", "Shorten it.")
    if email := cells.get("email"):
        try:
            clean_address(email)
        except AddressError:
            fault("email", f'"{email}" is not an email address.', "Write it as name@city.example.")
    language = cells.get("language")
    if language and language not in languages:
        fault("language", f'The campaign has no language "{language}".', did_you_mean(language, languages))


def _term(cells: Mapping[str, str], fault: NoteFault) -> tuple[str, str]:
    days: dict[str, str] = {"from": "", "until": ""}
    for key in days:
        if cell := cells.get(key, ""):
            try:
                days[key] = date.fromisoformat(cell).isoformat()
            except ValueError:
                fault(key, f'"{cell}" is not a date.', "Write it as 2019-01-02.")
    if days["from"] and days["until"] and days["until"] < days["from"]:
        fault("until", "The term ends before it begins.", "Exchange the two dates.")
    return days["from"], days["until"]


def _by_language(column: str, cells: Mapping[str, str], languages: Sequence[str]) -> dict[str, str]:
    values = {code: cells.get(f"{column}_{code}".lower(), "") for code in languages}
    values[languages[0]] = values[languages[0]] or cells.get(column, "")
    return {code: value for code, value in values.items() if value}


def _one_line(cell: str) -> str:
    return " ".join(clean_text(cell).split())


def _repeats(recipients: Sequence[Recipient], lines: Sequence[int], file: str) -> list[Fault]:
    """Warnings for who is there twice, and for those who hold an office at the same time and share an address."""
    seen: set[tuple[str, str]] = set()
    at: dict[str, list[Recipient]] = {}
    faults = []
    for recipient, line in zip(recipients, lines, strict=True):
        address = recipient.email.casefold()
        key = (recipient.name.casefold(), address)
        beside = next((one for one in at.get(address, ()) if _overlap(one, recipient)), None)
        if key in seen:
            message = f'"{recipient.name}" is there twice.'
            faults.append(Fault(file, message, "Keep one of the two.", line, "name", "warning"))
        elif beside is not None:
            message = f'"{recipient.name}" shares the address of "{beside.name}": one mail goes there, not two.'
            first = min(beside, recipient, key=lambda one: one.role == "cc").name
            hint = f'It is written to "{first}". Write an address of their own, if there is one.'
            faults.append(Fault(file, message, hint, line, "email", "warning"))
        seen.add(key)
        if address:
            at.setdefault(address, []).append(recipient)
    more = len(faults) - MAX_REPEATS
    if more > 0:
        del faults[MAX_REPEATS:]
        hint = "Look for names and addresses that are there twice."
        faults.append(Fault(file, f"{more} further repeated names or addresses.", hint, key="name", level="warning"))
    return faults


def _overlap(one: Recipient, other: Recipient) -> bool:
    """Whether both are in office on some day: who follows in an office often takes over its address."""
    return all(not a.until or b.since <= a.until for a, b in ((one, other), (other, one)))
