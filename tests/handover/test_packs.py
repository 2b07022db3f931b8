"""`clarion deliver`: what a pack holds, what it never holds, and that there is a whole one or none."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import signal
import stat
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from clarion.campaigns.live import live_campaigns
from clarion.campaigns.models import CampaignRow
from clarion.delivery.models import Delivery
from clarion.domain.campaign import Recipient
from clarion.events import EventRow
from clarion.extensions import db, now, transaction
from clarion.handover import layout, service
from clarion.handover.figures import Labels, tables
from clarion.handover.progress import silence
from clarion.handover.service import _folders
from clarion.handover.snapshot import NO_PLACE, Snapshot
from clarion.testing import TABLE

from .conftest import SCRIPTS, UNKNOWN, Signers, words_of

FULL = layout.FIRST_ROWS + layout.ROWS
"""Lines of two whole pages, in each of their columns."""

ON_BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"])


def rows(pack: Path) -> list[list[str]]:
    with (pack / "names.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))[1:]


def sums_hold(folder: Path) -> bool:
    command = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


def names(pack: Path) -> list[str]:
    return [row[1] for row in rows(pack)]


@ON_BOTH
def test_a_pack_holds_what_signers_allowed_and_nothing_else(deliver, signers, packs, library) -> None:
    library.app.extensions["clarion.listeners"] = ("watcher",)
    ana, *_ = signers.add("Ana Maldonado", "José Ñúñez Ibarra", area="US-200")
    signers.add("Bartolomé Secreto", "Carla Callada", show=False)
    for state in ("pending", "withdrawn", "void"):
        signers.add(f"Never{state}", state=state)
    signers.say(ana, "Because we read.", "Ana M.")
    signers.say(signers.add("Dora Unread")[0], "Not read yet.", "Dora U.", state="waiting")
    typed = deliver()
    assert typed.exit_code == 0, typed.output
    assert "confirmed signatures: 5; names shown: 3, not shown: 2" in typed.output
    (whole,) = packs()
    pack = whole / "ana-mayor"
    assert [row[:3] for row in rows(pack)] == [["1", "Ana M.", ""], ["2", "José I.", ""], ["3", "Dora U.", ""]]
    told = words_of(pack / "petition.pdf")
    for shown in ("Keep the library open", "Fund it.", "Ana Mayor", "Mayor", "Because we read.", "José I.", "2 more"):
        assert shown in told
    sheet = load_workbook(pack / "names.xlsx").active
    assert [row[1].value for row in sheet.iter_rows(min_row=2)] == names(pack)
    unzipped = b"".join(
        zipfile.ZipFile(pack / "names.xlsx").read(n) for n in zipfile.ZipFile(pack / "names.xlsx").namelist()
    )
    everything = told.encode() + unzipped + b"".join(p.read_bytes() for p in whole.rglob("*") if p.is_file())
    for secret in ("secret", "@mail.example", "2025550143", "20009", "Maldonado", "Ibarra", "Bartolom", "Secreto"):
        assert secret.encode() not in everything
    for secret in ("Callada", "Never", "Not read yet"):
        assert secret.encode() not in everything


def test_the_manifest_verifies_and_a_changed_file_shows(deliver, signers, packs, library) -> None:
    signers.add("Ana Luna", "Bo Li")
    signers.add("Cy", show=False)
    assert deliver().exit_code == 0
    (whole,) = packs()
    assert sums_hold(whole)
    assert sums_hold(whole / "ana-mayor")
    manifest = json.loads((whole / "ana-mayor" / "manifest.json").read_text())
    told = ("campaign", "count", "signatures_in_pack", "names_shown", "names_not_shown", "up_to", "since")
    assert [manifest[key] for key in told] == ["library", 3, 3, 2, 1, 3, None]
    assert {one["name"] for one in manifest["files"]} == {"petition.pdf", "names.csv", "names.xlsx"}
    modes = {stat.S_IMODE(path.stat().st_mode) for path in whole.rglob("*")}
    assert modes == {0o700, 0o600}
    with library.context():
        row = db.session.scalars(select(Delivery)).one()
    assert (row.kind, row.name, row.count, row.up_to) == ("pack", whole.name, 3, 3)
    assert row.digest == hashlib.sha256((whole / "manifest.json").read_bytes()).hexdigest()
    (whole / "ana-mayor" / "names.csv").write_text("other")
    assert not sums_hold(whole)
    assert not sums_hold(whole / "ana-mayor")


@ON_BOTH
def test_plugins_that_listen_are_told_in_the_same_transaction(library, signers) -> None:
    library.app.extensions["clarion.listeners"] = ("watcher",)
    signers.add("Ana Luna")
    with library.context():
        live = signers.live
        recipients = service.recipients_today(live.campaign, copies=False)
        made = service.deliver(live, recipients, library.home / "out", silence)
        row = db.session.scalars(select(EventRow)).one()
    assert (row.kind, json.loads(row.detail)["name"]) == ("delivery.sent", made.folder.name)


@ON_BOTH
def test_a_later_pack_holds_only_what_is_new(deliver, signers, packs) -> None:
    """New is also who signed before the last pack and confirmed after it."""
    signers.add("Ana Luna")
    (late,) = signers.add("Late Confirmed", state="pending")
    signers.add("Bo Li", show=False)
    assert deliver("--new").exit_code == 0
    assert "no signatures to hand over since" in deliver("--new").output
    signers.become(late, "confirmed")
    signers.add("Cy Diaz")
    typed = deliver("--new")
    assert "confirmed signatures: 4; new and in this pack: 2; names shown: 2, not shown: 0" in typed.output
    assert [names(pack / "ana-mayor") for pack in packs()] == [["Ana L."], ["Late C.", "Cy D."]]
    words = words_of(packs()[1] / "ana-mayor" / "petition.pdf")
    assert "We hand you 2 more signatures" in words
    assert "Ana L." not in words
    assert deliver().exit_code == 0
    assert len(rows(packs()[2] / "ana-mayor")) == 3


@ON_BOTH
def test_a_dry_run_tells_and_writes_nothing(deliver, signers, library) -> None:
    signers.add("Ana Luna")
    signers.add("Bo Li", show=False)
    before = sorted(library.home.rglob("*"))
    told = deliver("--dry-run")
    assert told.exit_code == 0, told.output
    for words in ("Nothing is written", "ana-mayor/  for Ana Mayor, Mayor (to, en)", "names shown: 1, not shown: 1"):
        assert words in told.output
    assert [path for path in sorted(library.home.rglob("*")) if "clarion.db" not in path.name] == [
        path for path in before if "clarion.db" not in path.name
    ]
    with library.context():
        assert db.session.scalars(select(Delivery)).all() == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_is_killed_leaves_no_half_pack(deliver, signers, packs, environment, library, number) -> None:
    """It is killed while its files lie there; what SIGKILL leaves, the next run sweeps away."""
    signers.add("Ana Luna")
    code = (
        "import os; from clarion.handover import service; from clarion.cli import main;"
        f"service.settle = lambda folder: os.kill(os.getpid(), {int(number)}); main(['deliver', 'library'])"
    )
    ended = subprocess.run([sys.executable, "-c", code], env=os.environ | environment, capture_output=True, check=False)
    assert ended.returncode in (-number, 128 + number), ended.stderr
    root = library.home / "var" / "deliveries" / "library"
    assert packs() == []
    assert bool(list(root.iterdir())) == (number == signal.SIGKILL)
    with library.context():
        assert db.session.scalars(select(Delivery)).all() == []
    assert deliver().exit_code == 0
    assert list(root.iterdir()) == packs()
    assert len(packs()) == 1


def test_without_its_row_a_pack_does_not_stay(signers, library, monkeypatch) -> None:
    signers.add("Ana Luna")
    monkeypatch.setattr(service, "tell", lambda *_: 1 / 0)
    with library.context():
        recipients = service.recipients_today(signers.live.campaign, copies=False)
        with pytest.raises(ZeroDivisionError):
            service.deliver(signers.live, recipients, library.home / "out", silence)
        assert db.session.scalars(select(Delivery)).all() == []
    assert list((library.home / "out").iterdir()) == []


def test_recipients_get_a_pack_in_their_language_while_in_office(deliver, signers, packs, library) -> None:
    """Small groups are named neither in the figures nor beside a name."""
    people = (
        "role,name,office,office_es,email,language,from,until\n"
        "to,Ana Mayor,Mayor,Alcaldesa,mayor@city.example,es,,\n"
        "to,Gone Before,Mayor,,gone@city.example,,,2019-01-01\n"
        "to,Not Yet,Mayor,,next@city.example,,2999-01-01,\n"
        "cc,李 明,Clerk,Secretario,clerk@city.example,en,,\n"
    )
    folder = library.home / "campaigns" / "library"
    (folder / "recipients.csv").write_text(people)
    library.publish(folder)
    signers.add(*(f"Ana{n} Luna" for n in range(20)), language="es", area="US-200")
    signers.add(*(f"Bo{n} Li" for n in range(20)), language="en", area="US-207")
    signers.add("Few Here", language="en", area="US-999")
    typed = deliver("--cc")
    assert typed.exit_code == 0, typed.output
    (whole,) = packs()
    assert sorted(path.name for path in whole.iterdir() if path.is_dir()) == ["ana-mayor", "recipient-2"]
    spanish, english = (words_of(whole / name / "petition.pdf") for name in ("ana-mayor", "recipient-2"))
    for words in ("Que siga la biblioteca", "Alcaldesa", "Lo que pedimos", "Den fondos.", "Los nombres"):
        assert words in spanish
    assert "copy of this petition, which is addressed to Ana Mayor" in english
    assert "US-999" not in english
    assert "begin with 200" in english
    assert "Smaller groups, together" in english
    few = next(row for row in rows(whole / "recipient-2") if row[1] == "Few H.")
    assert few[2:4] == ["English", ""]
    assert [row[3] for row in rows(whole / "ana-mayor")[:1]] == ["Códigos postales que empiezan por 200"]


def test_districts_stand_in_place_of_areas_and_their_own_is_marked(make_folder, make_instance) -> None:
    """A district comes from the sealed postal code, which itself is never told."""
    from dataclasses import replace

    instance = make_instance()
    instance.publish(make_folder())
    signers = Signers(instance)
    campaign = signers.live.campaign
    districts = {"20001": "Ward 1", "20002": "Ward 2"}
    ward = replace(campaign.recipients[0], district={"en": "Ward 1"})
    live = replace(signers.live, campaign=replace(campaign, districts=districts, recipients=(ward,)))
    signers.add(*(f"Ana{n}" for n in range(12)), postal_code="20001-0001")
    signers.add(*(f"Bo{n}" for n in range(11)), postal_code="20002", show=False)
    signers.add("Cy", postal_code="99999")
    with instance.context():
        made = service.deliver(live, {"ward": ward}, instance.home / "out", silence)
    told = words_of(made.folder / "ward" / "petition.pdf")
    assert re.search(r"Ward 1\s+12", told)
    assert re.search(r"Ward 2\s+11", told)
    assert re.search(r"No district known\s+1", told)
    assert {row[3] for row in rows(made.folder / "ward")} == {"Ward 1", ""}


@pytest.mark.usefixtures("noto")
def test_a_few_signers_who_told_no_place_make_a_pack_without_tables(make_folder, make_instance) -> None:
    texts = {"es.md": None, "campaign.toml": TABLE.replace('["en", "es"]', '["en"]').replace("postal_code", "country")}
    instance = make_instance()
    instance.publish(make_folder(files=texts))
    with instance.context():
        live = live_campaigns().get("library")
        named = Labels({"en": "English"}, {}, "Area")
        few = Snapshot(now(), 3, Path("none"), total=3, by_language=Counter(en=3), by_place=Counter({NO_PLACE: 3}))
        assert live is not None
        assert tables(few, live.campaign, named, "") == []


def test_recipients_of_one_name_get_a_folder_each() -> None:
    ana = [Recipient("to", name, {}, {}) for name in ("Ana", "Ana 3", "Ana", "Ana", "安娜")]
    assert list(_folders(ana)) == ["ana", "ana-3", "ana-2", "ana-4", "recipient-5"]


def test_every_script_is_shown(deliver, signers, packs) -> None:
    signers.add("María José Ñúñez", "አበበ ተስፋዬ", "ليلى حسن", "李明", "김민준", "Nguyễn Văn Tài")
    assert deliver().exit_code == 0
    told = words_of(packs()[0] / "ana-mayor" / "petition.pdf")
    # a name in two fonts is set in two goes, and right to left as it is seen
    bare = "".join(told.split())
    for shown in ("MaríaÑ.", "አበበተ.", "李.", "김.", "NguyễnT."):
        assert shown in bare
    assert set("ليلى") < set(told)
    assert UNKNOWN not in told


def test_a_script_without_a_font_is_told_and_nothing_is_made(deliver, signers, packs, monkeypatch) -> None:
    import typst

    from clarion.handover import paper
    from clarion.typesetting import fonts

    for module in (fonts, paper):
        monkeypatch.setattr(module, "all_fonts", lambda: typst.Fonts(include_system_fonts=False))
    signers.add(*SCRIPTS.split())
    told = deliver()
    assert told.exit_code == 2
    assert "No font on this machine can show: Arabic, Chinese, Ethiopic, Korean." in told.output
    assert packs() == []
    allowed = deliver("--allow-missing-glyphs")
    assert allowed.exit_code == 0
    assert "no font shows Arabic" in allowed.output


def test_long_lists_fill_their_pages_and_long_names_keep_their_line(deliver, signers, packs) -> None:
    """A letter, the figures, and two pages that are full to the last line."""
    signers.add("W" * 119, "Ab" * 30, "字" * 40, *(f"Ana{n} Luna" for n in range(layout.COLUMNS * FULL - 3)))
    assert "pages: 4" in deliver().output
    told = words_of(packs()[0] / "ana-mayor" / "petition.pdf")
    assert f"Ana{layout.COLUMNS * FULL - 4} L." in told
    assert "W" * 40 in told.replace(" ", "")


def test_what_cannot_be_handed_over_is_said_in_one_line(deliver, signers, library) -> None:
    assert "has no signatures to hand over yet" in deliver().output
    signers.add("Ana Luna")
    folder = library.home / "campaigns" / "library"
    people = "role,name,until\nto,Ana Mayor,2019-01-01\ncc,Bo Clerk,\n"
    (folder / "recipients.csv").write_text(people)
    library.publish(folder)
    told = deliver()
    assert told.exit_code == 2
    assert "no recipients with the role to in office" in told.output
    assert "--cc" in told.output
    keys = library.home / "var" / "keyring" / "private"
    kept = {path: path.read_bytes() for path in keys.iterdir()}
    for path in kept:
        path.unlink()
    assert "cannot be opened here" in deliver("--cc").output
    with library.context(), transaction() as session:
        row = session.scalars(select(CampaignRow)).one()
        row.erased_at, row.erased_count = row.created_at, 41
    told = deliver("--cc")
    assert told.exit_code == 2
    assert "were erased" in told.output
    assert "Traceback" not in told.output


def test_a_record_that_is_broken_counts_without_a_name(deliver, signers, packs) -> None:
    signers.add("Ana Luna")
    signers.add("Bo Li", sealed=b"noise")
    typed = deliver()
    assert typed.exit_code == 0
    assert "cannot be opened, counted without a name: 1" in typed.output
    assert names(packs()[0] / "ana-mayor") == ["Ana L."]
