"""Where a key stands in a TOML file."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarion.campaigns.positions import DEEPEST, key_lines, line_of, too_deep
from clarion.testing import TABLE

SOURCE = """\
# goal = 1
goal = 100
"lead" = "x"
fields.phone = "no"
fields . reason = "no"
text = "a = b"

[ organisations.'a-b' ]  # a comment
name = "A"

[organisations.c]
email = "c@c.example"
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("goal",), 2),
        (("lead",), 3),
        (("fields",), 4),
        (("fields", "phone"), 4),
        (("fields", "reason"), 5),
        (("text",), 6),
        (("organisations",), 8),
        (("organisations", "a-b"), 8),
        (("organisations", "a-b", "name"), 9),
        (("organisations", "c", "email"), 12),
    ],
)
def test_a_key_is_found_however_it_is_written(path: tuple[str, ...], line: int) -> None:
    assert line_of(key_lines(SOURCE), path) == line


def test_a_key_that_is_not_there_is_sought_at_its_table() -> None:
    lines = key_lines(SOURCE)
    assert line_of(lines, ("organisations", "c", "name")) == 11
    assert line_of(lines, ("organisations", "c", "channels", 0)) == 11
    assert line_of(lines, ("nowhere",)) is None
    assert line_of(lines, ()) is None


def test_every_key_of_a_table_has_a_line() -> None:
    def paths(table: dict[str, object], above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
        found = []
        for key, value in table.items():
            found.append((*above, key))
            if isinstance(value, dict):
                found += paths(value, (*above, key))
        return found

    lines = key_lines(TABLE)
    assert set(paths(tomllib.loads(TABLE))) == set(lines)
    for path, line in lines.items():
        assert path[-1] in TABLE.splitlines()[line - 1]


@pytest.mark.parametrize("key", ["a" + ".a" * 25, "a . " * 25 + "a", '"a".' * 25 + "b"])
@pytest.mark.parametrize("shape", ["{} = 1", "[{}]", "x = {{ {} = 1 }}"])
def test_a_key_of_too_many_parts_is_seen_before_it_costs_anything(key: str, shape: str) -> None:
    source = f"goal = 1\n{shape.format(key)}\n"
    tomllib.loads(source)
    assert too_deep(source) == 2
    assert all(len(path) <= 2 * DEEPEST for path in key_lines(source))


@pytest.mark.parametrize("line", ["# " + "." * 80, 'x = "' + "." * 80 + '"', "x = '" + "/" * 80 + "'", "a.b.c = 1"])
def test_other_dots_are_no_parts(line: str) -> None:
    assert too_deep(f"{line}\n") is None


@pytest.mark.timeout(20)
@given(st.text(st.sampled_from("a.[]\"' =#"), min_size=1, max_size=6))
def test_no_line_takes_long(part: str) -> None:
    source = part * (100_000 // len(part))
    assert isinstance(key_lines(source), dict)
    assert too_deep(source) in (None, 1)
