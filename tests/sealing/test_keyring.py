"""The keyring: who holds which key, where they lie, and what is gone without them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from clarion.sealing import KeyMissing, Keyring, open_sealed, seal


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """A keyring with its own keys and those of one campaign."""
    made = Keyring(tmp_path / "var" / "secrets")
    made.prepare()
    return made


def modes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_mode & 0o777 for path in [folder, *folder.rglob("*")]}


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_keys_can_be_read_by_their_owner_only(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        keyring = Keyring(tmp_path / "any name")
        keyring.prepare()
        keyring.create("c1")
    finally:
        os.umask(before)
    assert modes(keyring.folder) == {
        ".": 0o700,
        "index": 0o700,
        "private": 0o700,
        "web.key": 0o600,
        "master.key": 0o600,
        "index/c1.key": 0o600,
        "private/c1.key": 0o600,
    }
    assert keyring.faults() == []


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_group_can_be_let_in_but_never_to_private_keys(tmp_path: Path, umask: int) -> None:
    """So the pages can run as a user of their own, who may read what they need and nothing else."""
    folder = tmp_path / "keyring"
    folder.mkdir()
    folder.chmod(0o2750)
    before = os.umask(umask)
    try:
        keyring = Keyring(folder)
        keyring.prepare()
        keyring.create("c1")
        keyring.create("c2")
    finally:
        os.umask(before)
    assert modes(folder) == {
        ".": 0o750,
        "index": 0o750,
        "private": 0o700,
        "web.key": 0o640,
        "master.key": 0o640,
        "index/c1.key": 0o640,
        "index/c2.key": 0o640,
        "private/c1.key": 0o600,
        "private/c2.key": 0o600,
    }
    assert keyring.faults() == []
    (folder / "private" / "c1.key").chmod(0o640)
    (folder / "web.key").chmod(0o644)
    assert len(keyring.faults()) == 2


def test_the_folder_above_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir(mode=0o755)
    Keyring(tmp_path / "var" / "keyring").prepare()
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o755


def test_keys_are_made_once(keyring: Keyring) -> None:
    kept = {path: path.read_bytes() for path in keyring.folder.glob("*.key")}
    assert all(len(key) == 32 for key in kept.values())
    assert len(set(kept.values())) == 2
    keyring.prepare()
    Keyring(keyring.folder).prepare()
    assert {path: path.read_bytes() for path in keyring.folder.glob("*.key")} == kept


STARTING = """
import sys
from pathlib import Path
from clarion.sealing import Keyring
print("ready", flush=True)
sys.stdin.read()
keyring = Keyring(Path(sys.argv[1]))
keyring.prepare()
public = keyring.create("c1")
print(keyring.secret("form").hex(), keyring.index_key("c1").hex())
print(public.hex(), bytes(keyring.private_key("c1").public_key).hex())
"""


def test_processes_that_start_at_once_agree(tmp_path: Path) -> None:
    """Several may find the folder empty; the keys of one of them are everyone's."""
    waiting, start = os.pipe()
    command = [sys.executable, "-c", STARTING, str(tmp_path / "keyring")]
    running = [subprocess.Popen(command, stdin=waiting, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    os.close(waiting)
    try:
        assert [one.stdout.readline() for one in running if one.stdout] == ["ready\n"] * 4
    finally:
        os.close(start)
    told = {one.communicate(timeout=60)[0] for one in running}
    assert [one.returncode for one in running] == [0] * 4
    assert len(told) == 1
    _, _, public, of_private = told.pop().split()
    assert public == of_private
    assert not [path for path in (tmp_path / "keyring").rglob("*") if path.is_file() and path.suffix != ".key"]


def test_secrets_are_the_same_on_every_start_and_differ_by_purpose(keyring: Keyring) -> None:
    assert keyring.secret("form") == Keyring(keyring.folder).secret("form")
    assert keyring.secret("form") != keyring.secret("code")
    assert len(keyring.secret("form")) == 32
    assert keyring.secret("form") != (keyring.folder / "web.key").read_bytes()


def test_each_campaign_has_keys_of_its_own(keyring: Keyring) -> None:
    one, other = keyring.create("c1"), keyring.create("c2")
    assert one != other
    assert keyring.index_key("c1") != keyring.index_key("c2")
    assert bytes(keyring.private_key("c1").public_key) == one
    assert bytes(Keyring(keyring.folder).private_key("c2").public_key) == other


def test_keys_that_are_there_are_never_replaced(keyring: Keyring) -> None:
    """What was sealed to them could not be opened any more."""
    first = keyring.create("c1")
    index = keyring.index_key("c1")
    assert keyring.create("c1") == first
    assert Keyring(keyring.folder).index_key("c1") == index


def test_an_index_needs_both_the_master_and_the_campaigns_half(keyring: Keyring, tmp_path: Path) -> None:
    keyring.create("c1")
    other = Keyring(tmp_path / "other")
    other.prepare()
    other.create("c1")
    (other.folder / "index" / "c1.key").write_bytes((keyring.folder / "index" / "c1.key").read_bytes())
    assert other.index_key("c1") != keyring.index_key("c1")


def test_a_public_process_holds_no_private_key(keyring: Keyring) -> None:
    keyring.create("c1")
    public = Keyring(keyring.folder, holds_private=False)
    assert public.secret("form") == keyring.secret("form")
    assert public.index_key("c1") == keyring.index_key("c1")
    with pytest.raises(KeyMissing, match="does not hold private keys"):
        public.private_key("c1")


def test_a_public_process_works_where_private_keys_are_not_even_there(keyring: Keyring) -> None:
    sealed_to = keyring.create("c1")
    (keyring.folder / "private" / "c1.key").unlink()
    public = Keyring(keyring.folder, holds_private=False)
    assert public.index_key("c1")
    assert seal(sealed_to, {"name": "Ana"})
    with pytest.raises(KeyMissing):
        Keyring(keyring.folder).private_key("c1")


def test_what_is_destroyed_cannot_be_opened(keyring: Keyring) -> None:
    sealed = seal(keyring.create("c1"), {"name": "Ana"})
    keyring.create("c2")
    assert open_sealed(keyring.private_key("c1"), sealed) == {"name": "Ana"}
    keyring.index_key("c1")
    keyring.destroy("c1")
    for ring in (keyring, Keyring(keyring.folder)):
        with pytest.raises(KeyMissing):
            ring.private_key("c1")
        with pytest.raises(KeyMissing):
            ring.index_key("c1")
        assert ring.private_key("c2")
        assert ring.index_key("c2")
    assert not list(keyring.folder.rglob("c1*"))
    keyring.destroy("c1")


def test_a_keys_bytes_are_written_over_before_it_is_removed(keyring: Keyring) -> None:
    keyring.create("c1")
    path = keyring.folder / "private" / "c1.key"
    kept = path.read_bytes()
    os.link(path, keyring.folder / "the same bytes on disk")
    keyring.destroy("c1")
    over = (keyring.folder / "the same bytes on disk").read_bytes()
    assert len(over) == len(kept)
    assert over != kept


@pytest.mark.parametrize("ask", ["secret", "index_key", "private_key"])
def test_without_a_key_nothing_is_done(tmp_path: Path, ask: str) -> None:
    with pytest.raises(KeyMissing, match=r"not in the keyring"):
        getattr(Keyring(tmp_path / "empty"), ask)("c1")
    assert not (tmp_path / "empty").exists()


def test_a_missing_key_is_told_by_name_not_by_content(keyring: Keyring) -> None:
    (keyring.folder / "web.key").unlink()
    assert keyring.faults() == [f"{keyring.folder / 'web.key'} is missing"]


@pytest.mark.parametrize("name", [".", "web.key", "private/c1.key", "index/c1.key"])
def test_a_key_that_others_can_read_is_a_fault(keyring: Keyring, name: str) -> None:
    keyring.create("c1")
    (keyring.folder / name).chmod(0o750)
    (fault,) = keyring.faults()
    assert fault.startswith(f"{keyring.folder / name} can be read by others")
    (keyring.folder / name).chmod(0o700)
    assert keyring.faults() == []
