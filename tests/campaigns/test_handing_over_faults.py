"""What a folder says about mails and recipients: each fault with its file, its line and what to do."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from clarion.domain.campaign import HandingOver, Wording
from clarion.domain.faults import Fault
from clarion.extensions import now
from clarion.testing import RECIPIENTS, TABLE

OnlyFault = Callable[..., Fault]

WORDS = "---\nsubject: One click\n---\n\nNeighbors, press **the button**.\n"
DISTRICTS = "postal_code,district\n20009,Ward 1\n20010,Ward 1\n"
WARD_1 = RECIPIENTS.replace("\n", ",district\n", 1).replace(".example\n", ".example,Ward 1\n")


@pytest.mark.parametrize(
    ("name", "source", "line", "message", "hint"),
    [
        ("mail/confirm.fr.md", WORDS, None, "no mail and language", "mail/confirm.en.md"),
        ("mail/confirm.md", WORDS, None, "no mail and language", "mail/confirm.en.md"),
        ("mail/confrim.en.md", WORDS, None, '"confrim"', 'Did you mean "confirm"?'),
        ("mail/confirm.en.txt", WORDS, None, "no mail and language", "mail/confirm.en.md"),
        ("mail/confirm.en.md", "Press.\n", 1, "head is missing", "---"),
        ("mail/confirm.en.md", WORDS.replace("subject", "subjekt"), 2, "subjekt", 'Did you mean "subject"?'),
        ("mail/confirm.en.md", "---\nsubject: a\n---\n", 4, "says nothing", "below the head"),
        ("mail/confirm.en.md", WORDS.replace("One click", "x" * 151), 2, "Longer than 150", "Shorten"),
        ("mail/confirm.en.md", WORDS.replace("press", "<b>press"), 5, '"<b>', "Markdown"),
        ("mail/confirm.en.md", WORDS.replace("press", "{{naem}} press"), 5, '"{{naem}}"', "count"),
        ("mail/confirm.en.md", WORDS.replace("the button", "[it](javascript:alert(1))"), 5, "javascript:", "https"),
        ("mail/confirm.en.md", WORDS.replace("One click", "{{title}}"), 2, "not filled in", "words themselves"),
        ("mail/confirm.en.md", WORDS.replace("Neighbors", "{{name}}"), 5, '"{{name}}"', "confirm_link"),
        ("mail/again.en.md", WORDS.replace("Neighbors", "{{code}}"), 5, '"{{code}}"', "count"),
        ("mail/thanks.en.md", WORDS.replace("One click", "{{name}}"), 2, "not filled in", "words themselves"),
        ("mail/thanks.en.md", WORDS.replace("the button", "[it]({{name}})"), 5, "part of a link", "everybody"),
        (
            "mail/thanks.en.md",
            WORDS.replace("the button", "![a]({{ name }})"),
            5,
            "part of a link",
            "everybody",
        ),
        (
            "mail/confirm.en.md",
            WORDS + "\n[a]\n\n[a]: https://a.example/?{{code}}\n",
            7,
            "part of a link",
            "everybody",
        ),
        ("mail/confirm.en.md", WORDS + "\n<https://spy.example/{{confirm_link}}>\n", 7, "part of a link", "everybody"),
        ("mail/confirm.en.md", WORDS.replace("press", "zq**slot**mezq"), 5, '"zqslot"', "Take it out"),
        ("mail/confirm.en.md", WORDS.replace("press", "zq![](no.png)slotmezq"), 5, '"zqslot"', "Take it out"),
        ("mail/confirm.en.md", WORDS.replace("press", "x" * 6001), 5, "longer than 6000", "Shorten"),
        ("districts.csv", "zip,district\n20009,Ward 1\n", 1, '"zip"', "postal_code"),
        ("districts.csv", DISTRICTS.replace("20010", "2010"), 3, '"2010" is no postal code', "zeros"),
        ("districts.csv", DISTRICTS + "20009,Ward 2\n", 4, "two districts", "most of it"),
        ("districts.csv", DISTRICTS + "20011,\n", 4, "district is missing", "recipients.csv"),
        ("districts.csv", DISTRICTS + '20011,"Ward 1\n', 4, "Not a table", "CSV"),
    ],
)
def test_a_fault_is_told_where_it_stands(faults, name, source, line, message, hint) -> None:
    found = faults({name: source, "recipients.csv": WARD_1})
    first = next(fault for fault in found if message in fault.message)
    assert (first.file, first.line, first.level) == (name, line, "error")
    assert hint in first.hint


@pytest.mark.parametrize(
    ("table", "message", "hint"),
    [
        ("milestones = [500, 100]", "do not grow", "[100, 500]"),
        ("milestones = [0]", "does not fit", "campaign-format"),
        ('digest = "montly"', "not a choice", "weekly"),
        ("letter = true", '"letter"', 'Did you mean "letters"?'),
    ],
)
def test_the_table_is_checked(fault: OnlyFault, table: str, message: str, hint: str) -> None:
    found = fault({"campaign.toml": f"{TABLE}\n[handing_over]\n{table}\n"})
    assert found.line == TABLE.count("\n") + 3
    assert message in found.message
    assert hint in found.hint


def test_all_of_it_is_in_the_campaign(make_folder, load) -> None:
    folder = make_folder(
        files={
            "campaign.toml": f'{TABLE}\n[handing_over]\nmilestones = [100, 500]\ndigest = "weekly"\n',
            "recipients.csv": WARD_1,
            "districts.csv": "\ufeffpostal_code;district;\n20009; Ward 1;\n",
            "mail/confirm.en.md": WORDS,
        }
    )
    loaded = load(folder)
    assert loaded.faults == []
    assert loaded.campaign.handing_over == HandingOver(milestones=(100, 500), digest="weekly")
    assert loaded.campaign.districts == {"20009": "Ward 1"}
    assert loaded.campaign.mail == {"confirm": {"en": Wording("One click", "Neighbors, press **the button**.")}}
    again = type(loaded.campaign).from_json(loaded.campaign.to_json())
    assert again == loaded.campaign


def test_a_district_for_which_nobody_stands_is_a_warning(fault: OnlyFault) -> None:
    found = fault({"districts.csv": DISTRICTS.replace("20010,Ward 1", "20010,Wrad 1"), "recipients.csv": WARD_1})
    assert (found.level, found.message) == ("warning", 'No recipient stands for "Wrad 1".')
    assert found.hint.startswith('Did you mean "Ward 1"')


def test_a_term_that_has_ended_is_told_and_stops_mails_that_reach_nobody(faults) -> None:
    yesterday = (now() - timedelta(days=1)).date().isoformat()
    ended = RECIPIENTS.replace("\n", ",until\n", 1).replace(".example\n", f".example,{yesterday}\n")
    (told,) = faults({"recipients.csv": ended})
    assert told.level == "warning"
    assert f'"Ana Mayor" ended on {yesterday}' in told.message
    table = f"{TABLE}\n[handing_over]\nmilestones = [100]\n"
    found = faults({"recipients.csv": ended, "campaign.toml": table}, "museum")
    assert [fault.level for fault in found] == ["warning", "warning"], "else no pause could be published either"
    assert "none can get one" in found[1].message


def test_a_district_without_postal_codes_gets_no_letters_and_that_is_told(faults) -> None:
    table = f"{TABLE}\n[handing_over]\nletters = true\n"
    mayor = WARD_1 + "to,Eva All,Mayor,all@city.example,\n"
    (told,) = faults({"recipients.csv": mayor, "campaign.toml": table, "districts.csv": None})
    assert (told.level, told.key) == ("warning", "district")
    assert told.message.startswith('No letter reaches those who stand for "Ward 1"')
    assert faults({"recipients.csv": WARD_1, "districts.csv": None}, "museum") == []


@pytest.mark.parametrize(("need", "districts"), [("optional", None), ("no", DISTRICTS)])
def test_letters_that_can_reach_nobody_are_an_error(faults, need: str, districts: str | None) -> None:
    table = f"{TABLE}\n[handing_over]\nletters = true\n".replace('code = "optional"', f'code = "{need}"')
    files = {"recipients.csv": WARD_1, "districts.csv": districts}
    found = faults({**files, "campaign.toml": table})
    assert [fault.key for fault in found if fault.level == "error"] == ["handing_over.letters"]
    draft = faults({**files, "campaign.toml": table.replace('"live"', '"draft"')}, "museum")
    assert "handing_over.letters" in [fault.key for fault in draft]
    assert not [fault for fault in draft if fault.level == "error"]
