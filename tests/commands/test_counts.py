"""`clarion counts`: what a count is made of, for people and for programs, and no small area by itself."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import Result

from clarion.domain.areas import SMALL_AREA
from clarion.testing import Instance, link

Run = Callable[..., Result]


@pytest.fixture
def counted(either_instance: Instance) -> None:
    """A large area in English, and two people of another in Spanish."""
    for number in range(SMALL_AREA + 2):
        large = number < SMALL_AREA
        either_instance.sign(
            "library",
            "en" if large else "es",
            email=f"ana{number}@readers.example",
            postal_code="20009" if large else "10001",
        )
    either_instance.work()
    for mail in either_instance.mails():
        either_instance.client.post(link(mail, "confirm"), data={"action": "confirm"})
    either_instance.work()


def test_before_anyone_counts_it_says_so(run: Run) -> None:
    told = run("counts", "library")
    assert told.exit_code == 0, told.output
    assert told.output == "library: no confirmed signatures yet\n"


@pytest.mark.usefixtures("counted")
def test_people_read_the_parts_and_why_small_areas_are_missing(run: Run) -> None:
    told = run("counts", "library")
    assert told.exit_code == 0, told.output
    lines = [line.split() for line in told.output.splitlines()]
    assert told.output.startswith(f"library: {SMALL_AREA + 2} confirmed signatures\n")
    for share in (["en", str(SMALL_AREA)], ["es", "2"], ["page", "12"], ["readers", "12"]):
        assert share in lines
    assert "US-100" not in told.output
    assert f"fewer than {SMALL_AREA} people are not shown" in told.output
    assert "who knows a signer there" in told.output


@pytest.mark.usefixtures("counted")
def test_programs_read_json(run: Run) -> None:
    told = json.loads(run("counts", "library", "--format", "json").output)
    assert told.pop("note").startswith("Areas with fewer than")
    assert (told["slug"], told["total"]) == ("library", SMALL_AREA + 2)
    assert told["by_language"] == {"en": SMALL_AREA, "es": 2}
    assert told["by_source"] == {"page": SMALL_AREA + 2}
    assert told["by_organisation"] == {"readers": SMALL_AREA + 2}
    assert sum(told["by_area"].values()) + told["small_areas"] + told["area_unknown"] == told["total"]
    assert "US-100" not in told["by_area"]


def test_a_campaign_that_was_never_published_is_one_clear_line(run: Run) -> None:
    told = run("counts", "libary")
    assert told.exit_code == 2
    assert told.output == 'Error: No campaign "libary" has been published. Did you mean "library"?\n'
