"""Twenty broken folders beside a good one: each is told what is wrong with it, and the good one is served."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from clarion.campaigns.loader import Loaded
from clarion.server import Publisher
from clarion.testing import TABLE, TEXTS, Instance, wait_for

Make = Callable[..., Path]

HEAD = "---\ntitle: T\nask: A\n---\n"


@dataclass
class Broken:
    """A folder with one fault: what is different in it, and what must be told."""

    slug: str
    told: str
    """What the line must start with below the folder, `file:line: [key]`."""
    words: str
    files: dict[str, str | bytes | None] = field(default_factory=dict)
    link: tuple[str, str] = ("", "")


def table(before: str, after: str) -> dict[str, str | bytes | None]:
    assert before in TABLE
    return {"campaign.toml": TABLE.replace(before, after)}


def root_key(line: str) -> dict[str, str | bytes | None]:
    return {"campaign.toml": f"# x\n{line}\n{TABLE}"}


TWENTY = [
    Broken("b01", "campaign.toml:3: [gaol]", 'Did you mean "goal"?', table("goal =", "gaol =")),
    Broken("b02", "es.md:", "missing", {"es.md": None}),
    Broken("b03", "en.md:1: [title]", "missing or empty", {"en.md": "---\nask: A\n---\nx"}),
    Broken("b04", "es.md:3: [ask]", "missing or empty", {"es.md": "---\ntitle: T\nask:\n---\nx"}),
    Broken("b05", "recipients.csv:3: [name]", "without a name", {"recipients.csv": "role,name\nto,Ana\nto,\n"}),
    Broken("b06", "recipients.csv:2: [email]", "not an email", {"recipients.csv": "role,name,email\nto,Ana,ana@\n"}),
    Broken("b07", "campaign.toml:2: [slug]", '"b06" too', root_key('slug = "b06"')),
    Broken("b08", "campaign.toml:3: [closes]", "before it opens", root_key("opens = 2026-08-01\ncloses = 2026-07-01")),
    Broken("b09", "campaign.toml:2: [opens]", "offset", root_key("opens = 2026-07-12T09:00:00")),
    Broken("b10", "campaign.toml:2: [languages]", 'Did you mean "es"?', table('"es"', '"ess"')),
    Broken("b11", "campaign.toml:2: [image]", "missing", root_key('image = "media/none.png"')),
    Broken("b12", "campaign.toml:2: [image]", "../../etc/passwd", root_key('image = "../../etc/passwd"')),
    Broken("b13", "media/a.svg:", "PNG", {**root_key('image = "media/a.svg"'), "media/a.svg": "<svg/>"}),
    Broken("b14", "en.md:7:", "raw HTML", {"en.md": f"{HEAD}\na\nb <img src=x onerror=alert(1)>\n"}),
    Broken("b15", "es.md:6:", "javascript:", {"es.md": f"{HEAD}\n[a](javascript:alert(1))\n"}),
    Broken("b16", "es.md:2:", "UTF-8", {"es.md": "---\ntitle: Ñandú\nask: A\n---\nx".encode("cp1252")}),
    Broken("b17", "en.md:", "link", {"en.md": None}, ("en.md", "es.md")),
    Broken("b18", "es.md:", "too large", {"es.md": "x" * 300_000}),
    Broken("b19", "campaign.toml:4:", "overwrite", table("goal = 100", "goal = 100\ngoal = 200")),
    Broken("b20", "campaign.toml:1:", "UTF-8", {"campaign.toml": TABLE.encode("utf-16")}),
]


@pytest.fixture
def folders(make_folder: Make) -> Path:
    """The good folder and the twenty."""
    good = make_folder("library")
    for broken in TWENTY:
        folder = make_folder(broken.slug, broken.files)
        name, target = broken.link
        if name:
            (folder / name).symlink_to(target)
    return good.parent


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person does, in the instance folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CLARION_")}
    command = [sys.executable, "-m", "clarion", *arguments]
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)


def lines_of(output: str, slug: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith(f"campaigns/{slug}/")]


def test_the_check_tells_each_fault_with_file_and_line(folders: Path) -> None:
    done = run(folders.parent, "check")
    assert done.returncode == 1
    assert len(TWENTY) == len({broken.slug for broken in TWENTY}) == 20
    for broken in TWENTY:
        told = lines_of(done.stdout, broken.slug)
        assert len(told) == (2 if broken.slug == "b06" else 1), told  # whose slug b07 claims
        assert told[0].startswith(f"campaigns/{broken.slug}/{broken.told} ")
        assert broken.words in told[0]
    assert "library: ready to publish" in done.stdout
    assert "21 faults in 20 of 21 folders" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_the_check_of_one_folder_tells_only_of_that(folders: Path) -> None:
    done = run(folders.parent, "check", "b01")
    assert done.returncode == 1
    assert [line for line in done.stdout.splitlines() if "/b01/" not in line] == []
    assert "1 fault in 1 of 1 folders" in done.stderr


def test_the_check_of_good_folders_is_content(folders: Path) -> None:
    for broken in TWENTY:
        (folders / broken.slug).rename(folders / f".{broken.slug}")
    done = run(folders.parent, "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("library: ready to publish (en, es; 1 recipient")


def test_a_check_writes_nothing(folders: Path) -> None:
    before = sorted(folders.parent.rglob("*"))
    run(folders.parent, "check")
    assert sorted(folders.parent.rglob("*")) == before


@pytest.fixture
def served(make_instance: Callable[..., Instance], folders: Path) -> tuple[Instance, Publisher, list[str]]:
    """An instance that publishes these folders as the server does, and what it says."""
    said: list[str] = []
    instance = make_instance()
    return instance, Publisher(instance.app, said.append), said


def test_the_good_one_is_served_all_the_same(served: tuple[Instance, Publisher, list[str]]) -> None:
    instance, publisher, said = served
    assert publisher.publish_all(changed=False) == 1
    assert instance.client.get("/library/en").status_code == 200
    for broken in TWENTY:
        assert instance.client.get(f"/{broken.slug}/en").status_code == 404
        assert any(line.startswith(f"  {instance.home}/campaigns/{broken.slug}/{broken.told} ") for line in said)


def test_a_broken_edit_keeps_the_last_good_edition(served: tuple[Instance, Publisher, list[str]]) -> None:
    instance, publisher, said = served
    publisher.publish_all(changed=False)
    text = instance.home / "campaigns" / "library" / "es.md"
    text.write_text(TEXTS["es"] + "\n<b>x</b>\n", "utf-8")
    said.clear()
    assert publisher.publish_all(changed=True) == 1
    assert "/campaigns/library/es.md:9: " in "\n".join(said)
    assert "Que siga la biblioteca" in instance.client.get("/library/es").get_data(as_text=True)
    text.write_text(TEXTS["es"].replace("siga", "viva"), "utf-8")
    publisher.publish_all(changed=True)
    assert "library: edition 2 is live" in said
    assert "Que viva la biblioteca" in instance.client.get("/library/es").get_data(as_text=True)


def test_what_was_said_of_a_folder_is_not_said_again(served: tuple[Instance, Publisher, list[str]]) -> None:
    _, publisher, said = served
    publisher.publish_all(changed=False)
    assert "b01: not published yet. Mend this:" in said
    said.clear()
    publisher.publish_all(changed=True)
    assert said == []


def test_a_folder_that_is_gone_is_named_once(make_instance: Callable[..., Instance], make_folder: Make) -> None:
    said: list[str] = []
    publisher = Publisher(make_instance().app, said.append)
    folder = make_folder("library")
    assert publisher.publish_all(changed=False) == 1
    folder.rename(folder.with_name(".library"))
    said.clear()
    publisher.publish_all(changed=True)
    publisher.publish_all(changed=True)
    assert said == ["library: has no folder any more; its page stays up"]


def test_a_draft_is_said_to_be_unseen(make_instance: Callable[..., Instance], make_folder: Make) -> None:
    said: list[str] = []
    publisher = Publisher(make_instance().app, said.append)
    make_folder("library", {"campaign.toml": TABLE.replace('"live"', '"draft"')})
    assert publisher.publish_all(changed=False) == 0
    assert said == ["library: edition 1 is stored as a draft: nobody sees it"]


def test_an_error_that_nobody_foresaw_is_a_fault_of_its_folder(
    folders: Path, load: Callable[..., Loaded], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("clarion.campaigns.loader.read_text", stumble)
    loaded = load(folders / "library")
    assert loaded.campaign is None
    assert "ZeroDivisionError" in loaded.errors[0].message


def test_the_watch_outlives_a_name_that_is_not_utf8_and_a_new_folder(
    make_instance: Callable[..., Instance], make_folder: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clarion.server.WATCH_PAUSE", 0.05)
    said: list[str] = []
    instance = make_instance()
    root = instance.home / "campaigns"
    shutil.rmtree(root, ignore_errors=True)
    stop = threading.Event()
    watch = threading.Thread(target=Publisher(instance.app, said.append).watch, args=(stop,))
    watch.start()
    try:
        wait_for(lambda: any("interrupted" in line for line in said), lambda: str(said))
        root.mkdir()
        Path(os.fsdecode(os.fsencode(root) + b"/odd\xff")).mkdir()
        wait_for(lambda: any("odd" in line for line in said), lambda: str(said))
        root.rename(root.with_name("before"))
        root.mkdir()
        make_folder("library")
        wait_for(lambda: "library: edition 1 is live" in said, lambda: str(said))
        assert "\n".join(said).isascii()
    finally:
        stop.set()
        watch.join(10)
    assert not watch.is_alive()


def test_a_check_names_a_folder_whose_name_is_not_utf8(folders: Path) -> None:
    Path(os.fsdecode(os.fsencode(folders) + b"/odd\xff")).mkdir()
    done = run(folders.parent, "check")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "odd\\udcff" in done.stdout
