"""The recipients' table: as spreadsheets save it, and its faults with line and column."""

from collections.abc import Callable
from datetime import date

import pytest

from clarion.campaigns.recipients import MAX_ROWS, read_recipients
from clarion.campaigns.schema import RECIPIENT_COLUMNS
from clarion.domain.faults import Fault
from clarion.testing import TABLE

OnlyFault = Callable[..., Fault]

HEADER = "role,name,office,office_es,district,district_es,email,language,from,until"
ROW = "to,Ana Mayor,Mayor,Alcaldesa,Ward 1,Distrito 1,mayor@city.example,es,2019-01-02,2023-01-02"


def faults_of(source: str) -> list[Fault]:
    return read_recipients(source, "recipients.csv", ["en", "es"])[1]


def test_a_row_says_everything_about_a_recipient() -> None:
    (ana,), faults = read_recipients(f"{HEADER}\n{ROW}\n", "recipients.csv", ["en", "es"])
    assert faults == []
    assert (ana.role, ana.name, ana.email, ana.language) == ("to", "Ana Mayor", "mayor@city.example", "es")
    assert ana.office == {"en": "Mayor", "es": "Alcaldesa"}
    assert ana.district == {"en": "Ward 1", "es": "Distrito 1"}
    assert date.fromisoformat(ana.since) < date.fromisoformat(ana.until)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_every_spreadsheets_way_of_saving(delimiter: str, end: str, mark: str) -> None:
    source = mark + end.join([HEADER, ROW, "", "CC , Bo Clerk "]).replace(",", delimiter)
    recipients, faults = read_recipients(source, "recipients.csv", ["en", "es"])
    assert faults == []
    assert [(one.role, one.name) for one in recipients] == [("to", "Ana Mayor"), ("cc", "Bo Clerk")]


def test_cells_in_quotes_may_hold_commas_and_line_breaks() -> None:
    source = 'role,name,office\nto,"Mayor, Ana","Head of\nthe City"\nxx,Bo,\n'
    (ana,), (fault,) = read_recipients(source, "recipients.csv", ["en"])
    assert (ana.name, ana.office) == ("Mayor, Ana", {"en": "Head of the City"})
    assert fault.line == 4


def test_the_main_languages_own_column_wins() -> None:
    source = "role,name,office,office_en\nto,Ana,Mayor,Lord Mayor\nto,Bo,Clerk,\n"
    (ana, bo), _ = read_recipients(source, "recipients.csv", ["en"])
    assert (ana.office, bo.office) == ({"en": "Lord Mayor"}, {"en": "Clerk"})


def test_columns_of_a_language_with_a_region() -> None:
    (ana,), faults = read_recipients("role,name,office_pt-BR\nto,Ana,Prefeita\n", "r.csv", ["en", "pt-BR"])
    assert faults == []
    assert ana.office == {"pt-BR": "Prefeita"}


@pytest.mark.parametrize(
    ("row", "column", "message", "hint"),
    [
        ("to,", "name", "without a name", "name"),
        ("to,  ,Mayor", "name", "without a name", "name"),
        ("to,\u200b,Mayor", "name", "without a name", "name"),
        (",Ana", "role", 'The role ""', '"to" or "cc"'),
        ("bcc,Ana", "role", '"bcc"', '"to" or "cc"'),
        ("=to,Ana", "role", '"=to"', '"to" or "cc"'),
        ("to,Ana,,,,,mayor@city", "email", '"mayor@city"', "name@city.example"),
        ("to,Ana,,,,,mayor.city.example", "email", '"mayor.city.example"', "@"),
        ('to,Ana,,,,,"a@city.example,b@city.example"', "email", "a@city.example", "@"),
        ("to,Ana,,,,,Ana <a@city.example>", "email", "<a@city.example>", "@"),
        ("to,Ana,,,,,,fr", "language", '"fr"', "en, es"),
        ("to,Ana,,,,,,ess", "language", '"ess"', 'Did you mean "es"?'),
        ("to,Ana,,,,,,,02/01/2019", "from", '"02/01/2019"', "2019-01-02"),
        ("to,Ana,,,,,,,,2019-02-31", "until", '"2019-02-31"', "2019-01-02"),
        ("to,Ana,,,,,,,2023-01-02,2019-01-02", "until", "before it begins", "Exchange"),
        ("to," + "x" * 121, "name", "120", "Shorten"),
        ("to,Ana," + "x" * 121, "office", "120", "Shorten"),
        ("to,Ana,a,b,c,d,e@city.example,es,,,surplus", "", "11 cells, but 10 columns", "quotes"),
        ("to,Mayor, Ana,a,b,c,d,e@city.example,es,,", "", "11 cells, but 10 columns", "quotes"),
    ],
)
def test_a_faulty_row_is_told_with_line_and_column(row: str, column: str, message: str, hint: str) -> None:
    (fault,) = faults_of(f"{HEADER}\n{ROW}\n\n{row}\n")
    assert (fault.file, fault.line, fault.key, fault.level) == ("recipients.csv", 4, column, "error")
    assert message in fault.message
    assert hint in fault.hint


def test_a_row_that_stops_early_leaves_its_last_cells_empty() -> None:
    (ana,), faults = read_recipients("name,role,office\nAna,to\n", "recipients.csv", ["en"])
    assert faults == []
    assert ana.office == {}
    (fault,) = faults_of("name,role\nAna\n")
    assert (fault.line, fault.key) == (2, "role")


def test_every_faulty_row_is_told_not_only_the_first() -> None:
    found = faults_of(f"{HEADER}\nto,\n{ROW}\nxx,Ana,,,,,nowhere\n")
    assert [(fault.line, fault.key) for fault in found] == [(2, "name"), (4, "role"), (4, "email")]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("role,nmae", {("nmae", 'Did you mean "name"?'), ("name", "role,name")}),
        ("role,name,correo", {("correo", "email")}),
        ("role,name,e‑mail", {("e‑mail", 'Did you mean "email"?')}),
        ("role,name,office_fr", {("office_fr", 'Did you mean "office')}),
        ("role,name,name", {("name", "one of the two")}),
        ("role|name|email", {("", "role,name")}),
        ("to,Ana Mayor", {("", "role,name")}),
        ("", {("", "role,name")}),
    ],
)
def test_a_faulty_header_is_told_column_by_column(header: str, told: set[tuple[str, str]]) -> None:
    found = faults_of(f"{header}\nto,Ana\n")
    assert {(fault.line, fault.key) for fault in found} == {(1, key) for key, _ in told}
    for key, hint in told:
        assert any(fault.key == key and hint in fault.hint for fault in found)


def test_columns_may_be_written_with_capitals_and_spaces() -> None:
    (ana,), faults = read_recipients("Role , NAME,Email \nto,Ana,a@city.example\n", "recipients.csv", ["en"])
    assert faults == []
    assert ana.email == "a@city.example"


def test_a_recipient_that_is_there_twice_is_a_warning() -> None:
    (fault,) = faults_of("role,name,email\nto,Ana,a@city.example\ncc,Bo,\ncc,ANA,A@city.example\n")
    assert (fault.line, fault.key, fault.level) == (4, "name", "warning")


def test_two_people_of_one_name_are_two() -> None:
    assert faults_of("role,name,email\nto,Ana,a@city.example\ncc,Ana,b@city.example\n") == []


def test_a_table_without_end_is_refused() -> None:
    rows = "".join(f"to,Ana {number}\n" for number in range(MAX_ROWS + 50))
    (fault,) = faults_of(f"role,name\n{rows}")
    assert str(MAX_ROWS) in fault.message
    assert fault.line == MAX_ROWS + 2


@pytest.mark.parametrize("row", ['to,"Ana', 'to,"Ana"x', 'to,"' + "x" * 200_000])
def test_quotes_that_do_not_end_are_told(row: str) -> None:
    (fault,) = faults_of(f"role,name\ncc,Bo\n{row}\n")
    assert "Not a table" in fault.message
    assert fault.line is not None
    assert fault.line >= 3


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("role,name\nto,Pe\xf1a\n".encode("cp1252"), 2),
        ("role,name\ncc,Bo\nto,“Ana”\n".encode("cp1252"), 3),
        ("role,name\nto,Ana\n".encode("utf-16"), 1),
        ("role,name\nto,Ana\n".encode("utf-16-le"), 1),
        (b"role,name\nto,Ana\0\n", 2),
    ],
)
def test_a_table_in_another_encoding(fault: OnlyFault, source: bytes, line: int) -> None:
    found = fault({"recipients.csv": source})
    assert (found.file, found.line) == ("recipients.csv", line)
    if b"\0" not in source:
        assert '"CSV UTF-8"' in found.hint


def test_a_table_that_addresses_nobody(fault: OnlyFault) -> None:
    found = fault({"recipients.csv": "role,name\ncc,Ana\n"})
    assert (found.file, found.key, found.level) == ("recipients.csv", "role", "error")
    assert "Nobody is addressed" in found.message


@pytest.mark.parametrize("files", [{"recipients.csv": None}, {"recipients.csv": None, "recipients.csv/x.txt": "x"}])
def test_a_missing_table_is_an_error_once_people_can_sign(fault: OnlyFault, files: dict[str, str | None]) -> None:
    for status, level in (("live", "error"), ("paused", "error"), ("draft", "warning"), ("closed", "warning")):
        found = fault({"campaign.toml": TABLE.replace('"live"', f'"{status}"'), **files}, f"library-{status}")
        assert (found.file, found.level) == ("recipients.csv", level)


def test_a_table_without_rows_is_an_error_once_people_can_sign(fault: OnlyFault) -> None:
    for status, level in (("live", "error"), ("draft", "warning")):
        table = TABLE.replace('"live"', f'"{status}"')
        files = {"campaign.toml": table, "recipients.csv": "role,name\n"}
        assert fault(files, f"library-{status}").level == level


@pytest.mark.parametrize("name", ["Recipients.csv", "recipients.csv.txt", "recipients.xlsx"])
def test_a_table_of_nearly_the_right_name_is_named(fault: OnlyFault, name: str) -> None:
    found = fault({"recipients.csv": None, name: "role,name\nto,Ana\n"})
    assert found.level == "error"
    assert name in found.message
    assert "recipients.csv" in found.hint


def test_what_spreadsheets_add_is_no_fault() -> None:
    for source in ("sep=;\r\nrole;name;;\r\nto;Ana;;\r\n", '"sep=,"\nrole,name,,\nto,Ana,,\n'):
        (ana,), faults = read_recipients(source, "recipients.csv", ["en"])
        assert (ana.name, faults) == ("Ana", [])


def test_very_many_repeated_names_are_summed_up() -> None:
    found = faults_of("role,name\n" + "to,Ana\n" * 100)
    assert len(found) == 11
    assert "89 further" in found[-1].message
    assert {fault.level for fault in found} == {"warning"}


def test_every_column_is_understood() -> None:
    assert faults_of(",".join(RECIPIENT_COLUMNS) + "\nto,Ana,,,,,,\n") == []


@pytest.mark.parametrize(
    ("rows", "lines", "written_to"),
    [
        (["to,Ana,clerk@city.example,,", "cc,Bo,Clerk@City.example,,"], [3], "Ana"),
        (["cc,Bo,clerk@city.example,,", "to,Ana,clerk@city.example,,"], [3], "Ana"),
        (["to,Ana,clerk@city.example,,2026-06-30", "to,Bo,clerk@city.example,2026-06-30,"], [3], "Ana"),
        (["to,Ana,clerk@city.example,,2026-06-30", "to,Bo,clerk@city.example,2026-07-01,"], [], ""),
        (["to,Bo,clerk@city.example,2026-07-01,", "to,Ana,clerk@city.example,,2026-06-30"], [], ""),
        (["to,Ana,ana@city.example,,", "to,Bo,bo@city.example,,", "to,Cy,,,", "to,Di,,,"], [], ""),
    ],
)
def test_who_shares_an_address_at_the_same_time_is_told(rows: list[str], lines: list[int], written_to: str) -> None:
    recipients, faults = read_recipients("\n".join(["role,name,email,from,until", *rows]), "recipients.csv", ["en"])
    assert len(recipients) == len(rows)
    assert [(fault.line, fault.key, fault.level) for fault in faults] == [(line, "email", "warning") for line in lines]
    for fault in faults:
        assert "shares the address of" in fault.message
        assert "one mail goes there, not two" in fault.message
        assert f'It is written to "{written_to}"' in fault.hint
