"""Whatever bytes lie in a folder, loading it gives a campaign or faults that help, and never raises."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from clarion.campaigns.loader import load_folder
from clarion.domain.campaign import Campaign
from clarion.i18n import read_languages
from clarion.testing import RECIPIENTS, TABLE, TEXTS

LANGUAGES = read_languages()
GOOD = {"campaign.toml": TABLE, "recipients.csv": RECIPIENTS, "en.md": TEXTS["en"], "es.md": TEXTS["es"]}
PIECES = [
    *'[]{}"=,;.:#-|<>()!*_`\\\t\r\n\0 ',
    *("---\n", "title:", "ask:", '"""', "'''", "\r\n", "\n\n", "{{count}}", "{{7*7}}", "<b>", "![x](media/a.png)"),
    *("[x](javascript:1)", "[fields]", "[organisations.x]", "[[x]]", "goal = ", "opens = ", "languages = ", "lead = "),
    *("accent = ", "image = ", "slug = ", "time_zone = ", "1e400", "nan", "-0", "0x" + "f" * 5000, "9" * 5000, "true"),
    *(
        "2026-07-12",
        "9999-12-31",
        "0001-01-01T00:00:00+23:59",
        "23:59:60",
        '"en"',
        '["en"]',
        '[["en"]]',
        '"media/a.png"',
    ),
    *("role,name", "to,Ana", "cc,", "office_es", "\ufeff", "\u2028", "\u202e", "é", "李", "\ud7ff", "𝒳"),
]

noise = st.lists(st.sampled_from(PIECES), max_size=6).map("".join).map(str.encode)
anything = st.one_of(noise, st.binary(max_size=60), st.text(max_size=30).map(lambda text: text.encode("utf-16")))


@st.composite
def altered(draw: st.DrawFn, good: str) -> bytes:
    """A good file with a stretch of it replaced, or something else altogether."""
    raw = good.encode()
    start = draw(st.integers(0, len(raw)))
    end = draw(st.integers(start, min(len(raw), start + 30)))
    return draw(st.one_of(st.just(raw[:start] + draw(anything) + raw[end:]), anything, st.just(raw)))


folders = st.fixed_dictionaries(
    {name: altered(good) for name, good in GOOD.items()},
    optional={"media/a.png": anything, "media/b.svg": anything, "fr.md": anything, ".notes": anything},
)


@settings(max_examples=300, deadline=None)
@given(folders)
def test_loading_never_raises_and_every_fault_helps(files: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / "library"
        (folder / "media").mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        loaded = load_folder(folder, Path(root), LANGUAGES, lambda language, channel, name: f"{name} {channel}")
        for fault in loaded.faults:
            assert fault.file
            assert fault.message.strip()
            assert fault.hint.strip()
            if fault.line is not None:
                lines = len(
                    (folder / fault.file).read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
                )
                assert 1 <= fault.line <= lines
        assert (loaded.campaign is None) == bool(loaded.errors)
        if loaded.campaign:
            assert Campaign.from_json(loaded.campaign.to_json()) == loaded.campaign
            assert loaded.campaign.lead.name
