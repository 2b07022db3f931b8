"""Faults of campaign.toml: each is told with its line, its key and what to do."""

import re
from collections.abc import Callable

import pytest

from clarion.campaigns.table import RESERVED
from clarion.domain.faults import Fault
from clarion.testing import TABLE

Faults = Callable[..., list[Fault]]
OnlyFault = Callable[..., Fault]


def with_lines(*lines: str) -> str:
    """The good table with these lines at its top, where they count as keys of the root."""
    kept = [line for line in TABLE.splitlines() if line.split("=")[0] not in {new.split("=")[0] for new in lines}]
    return "\n".join([*lines, *kept, ""])


def line_with(source: str, words: str) -> int:
    """The line, from 1, of the first occurrence."""
    return source[: source.index(words)].count("\n") + 1


ROOT_KEYS = [
    ("gaol = 100", "gaol", 'no key "gaol"', 'Did you mean "goal"?'),
    ("anything = 1", "anything", 'no key "anything"', "goal"),
    ("goal = 0", "goal", '"0"', ""),
    ("goal = -1", "goal", '"-1"', ""),
    ("goal = 9", "goal", '"9"', ""),
    ("goal = 1e12", "goal", "100000000", ""),
    ("goal = 1_000_000_000_000", "goal", "100000000", ""),
    ("goal = nan", "goal", "nan", ""),
    ("goal = 99.5", "goal", "99.5", ""),
    ('goal = "many"', "goal", '"many"', ""),
    ("goal = 0x" + "f" * 5000, "goal", "number", ""),
    ('status = "lvie"', "status", '"lvie"', 'Did you mean "live"?'),
    ("languages = []", "languages", "at least 1", ""),
    ('languages = "en"', "languages", '"en"', ""),
    ('accent = "#ffee00"', "accent", "too light", "#"),
    ('accent = "red"', "accent", '"red"', '"#a3321f"'),
    ("accent = 5", "accent", '"5"', ""),
    ('country = "us"', "country", '"us"', '"US"'),
    ('time_zone = "America/New York"', "time_zone", "America/New York", '"America/New_York"'),
    ('time_zone = "../../etc/passwd"', "time_zone", "etc/passwd", "America/New_York"),
    ("keep_days = 0", "keep_days", '"0"', ""),
    ("keep_days = 400", "keep_days", '"400"', ""),
    ("opens = 2026-07-12T09:00:00", "opens", "offset", "2026-07-12T09:00:00-04:00"),
    ("closes = 2026-07-12 09:00:00", "closes", "offset", "2026-07-12T09:00:00-04:00"),
    ('opens = "tomorrow"', "opens", '"tomorrow"', "2026-07-12"),
    ('opens = "12/07/2026"', "opens", '"12/07/2026"', "2026-07-12"),
    ("opens = 20260712", "opens", '"20260712"', "2026-07-12"),
    ("closes = 09:00:00", "closes", '"09:00:00"', "2026-07-12"),
    ("closes = 9999-12-31", "closes", '"9999-12-31"', "2026-07-12"),
    ("opens = true", "opens", "not a day", "2026-07-12"),
    ('lead = "raeders"', "lead", '"raeders"', 'Did you mean "readers"?'),
    ('lead = ""', "lead", 'No organisation ""', "readers"),
    ('image = "../../etc/passwd"', "image", "../../etc/passwd", "media/"),
    ('image = "media/../campaign.toml"', "image", "media/../campaign.toml", "media/"),
    ('image = "/etc/passwd"', "image", "/etc/passwd", "media/"),
    ('image = "https://a.example/a.png"', "image", "https://a.example/a.png", "media/"),
    ('image = "media/none.png"', "image", "missing", "media"),
    ('image = "media/\\u0000.png"', "image", "missing", "media"),
    ('slug = "Big_Slug"', "slug", '"Big_Slug"', '"dc-sanctuary"'),
    ('slug = "me"', "slug", '"me"', "another"),
]


@pytest.mark.parametrize(("line", "key", "message", "hint"), ROOT_KEYS)
def test_a_wrong_key_is_told_with_its_line(fault: OnlyFault, line: str, key: str, message: str, hint: str) -> None:
    source = "# a comment\n\n" + with_lines(line)
    found = fault({"campaign.toml": source})
    assert (found.file, found.line, found.key) == ("campaign.toml", 3, key)
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize(
    ("before", "after", "key", "message", "hint"),
    [
        ('phone = "optional"', 'phone = "maybe"', "fields.phone", '"maybe"', "optional"),
        ('phone = "optional"', 'fone = "optional"', "fields.fone", '"fone"', 'Did you mean "phone"?'),
        ('name = "Readers"', 'name = ""', "organisations.readers.name", "at least 1", ""),
        ('email = "hello@readers', 'email = "hello.readers', "organisations.readers.email", "not an email", "@"),
        ("email =", "mail =", "organisations.readers.mail", '"mail"', 'Did you mean "email"?'),
        ('["email"]', '["fax"]', "organisations.readers.channels.0", '"fax"', "email, sms"),
        ("[fields]", "[feilds]", "feilds", '"feilds"', 'Did you mean "fields"?'),
        (
            "email =",
            'website = "javascript:alert(1)"\nemail =',
            "organisations.readers.website",
            "javascript",
            "https://",
        ),
        (
            "email =",
            'privacy = "readers.example"\nemail =',
            "organisations.readers.privacy",
            "readers.example",
            "https",
        ),
    ],
)
def test_a_key_in_a_table_is_told_with_its_line(
    fault: OnlyFault, before: str, after: str, key: str, message: str, hint: str
) -> None:
    source = TABLE.replace(before, after, 1)
    found = fault({"campaign.toml": source})
    assert (found.file, found.line, found.key) == (
        "campaign.toml",
        line_with(source, after.split("\n", maxsplit=1)[0]),
        key,
    )
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize("key", ["languages", "lead"])
def test_a_needed_key_that_is_missing(fault: OnlyFault, key: str) -> None:
    source = "\n".join(line for line in TABLE.splitlines() if not line.startswith(key))
    found = fault({"campaign.toml": source})
    assert (found.file, found.line, found.key) == ("campaign.toml", None, key)
    assert f'"{key}" is missing' in found.message
    assert found.hint == f"Add a line {key} = …"


def test_organisations_that_are_missing(fault: OnlyFault) -> None:
    found = fault({"campaign.toml": TABLE.split("[organisations")[0]})
    assert (found.file, found.key) == ("campaign.toml", "organisations")


def test_an_organisation_without_a_name_is_told_at_its_table(fault: OnlyFault) -> None:
    source = TABLE.replace('name = "Readers"\n', "")
    found = fault({"campaign.toml": source})
    assert (found.line, found.key) == (line_with(source, "[organisations.readers]"), "organisations.readers.name")


def test_an_organisation_whose_id_cannot_stand_in_a_field(fault: OnlyFault) -> None:
    source = f'{TABLE}\n[organisations."The Friends"]\nname = "Friends"\n'
    found = fault({"campaign.toml": source})
    assert (found.line, found.key) == (line_with(source, '[organisations."The'), "organisations.The Friends")


def test_a_language_that_the_platform_does_not_have(faults: Faults) -> None:
    found = faults({"campaign.toml": with_lines('languages = ["en", "ess"]')})
    (error,) = (one for one in found if one.level == "error")
    assert (error.file, error.line, error.key) == ("campaign.toml", 1, "languages")
    assert '"ess"' in error.message
    assert error.hint == 'Did you mean "es"?'
    assert [one.file for one in found if one.level == "warning"] == ["es.md"]


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        ("2026-08-01", "2026-07-01"),
        ("2026-07-02T00:00:00-04:00", "2026-07-01"),
        ("2026-07-01T12:00:00-04:00", "2026-07-01T12:00:00-04:00"),
        ("2026-07-01T12:00:00-04:00", "2026-07-01T17:59:00+02:00"),
    ],
)
def test_dates_the_wrong_way_round(fault: OnlyFault, opens: str, closes: str) -> None:
    source = with_lines('time_zone = "America/New_York"', f"opens = {opens}", f"closes = {closes}")
    found = fault({"campaign.toml": source})
    assert (found.file, found.line, found.key) == ("campaign.toml", 3, "closes")
    assert "before it opens" in found.message


@pytest.mark.parametrize("slug", ["Library", "my_library", "a", "-x", "x-", "a--b", "lib.rary", "bücher", "x" * 61])
def test_a_folder_whose_name_cannot_stand_in_an_address(fault: OnlyFault, slug: str) -> None:
    found = fault({}, slug)
    assert (found.file, found.line, found.key) == ("campaign.toml", None, "slug")
    assert f'"{slug}"' in found.message
    assert "small letters" in found.hint


@pytest.mark.parametrize("slug", sorted(name for name in RESERVED if "." not in name))
def test_a_folder_that_would_hide_a_page(fault: OnlyFault, slug: str) -> None:
    assert "address of the platform" in fault({}, slug).message


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("goal = 1,500", "goal = 1500"),
        ("status = “live”", "straight quotes"),
        ("languages = [“en”]", "straight quotes"),
        ("status = live", 'status = "live"'),
        ("closes = 31/02/2026", "2026-07-12"),
        ("closes = 2026-02-31", "2026-07-12"),
        ("goal = 1\ngoal = 2", "one of the two"),
    ],
)
def test_what_people_write_by_habit_gets_a_fitting_hint(fault: OnlyFault, line: str, hint: str) -> None:
    assert hint in fault({"campaign.toml": f"{line}\n"}).hint


@pytest.mark.parametrize("value", ['"en"', "[]", "[1]"])
def test_languages_that_are_no_list_of_codes(fault: OnlyFault, value: str) -> None:
    table = re.sub(r"(?m)^languages = .*$", f"languages = {value}", TABLE)
    assert fault({"campaign.toml": table}).hint == 'Write languages = ["en", "es"].'


def test_a_key_below_the_tables_is_sent_above_them(fault: OnlyFault) -> None:
    found = fault({"campaign.toml": f"{TABLE}\nkeep_days = 30\n"})
    assert "above the first [ ]" in found.hint
    assert found.line == TABLE.count("\n") + 2


def test_a_table_of_nearly_the_right_name_is_named(fault: OnlyFault) -> None:
    found = fault({"campaign.toml": None, "campaign.toml.txt": TABLE})
    assert "campaign.toml.txt" in found.message


def test_a_campaign_without_organisations(fault: OnlyFault) -> None:
    found = fault({"campaign.toml": 'languages = ["en", "es"]\nlead = "readers"\n'})
    assert found.hint == 'Add a block [organisations.our-group] with name = "…".'
