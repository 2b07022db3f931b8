"""The row of handing over: the pack of a campaign with 100,000 signers, made by the command in a process of its own.

The rows are copies of one real signature, but each sealed record is a person's and can be opened: names in a dozen
scripts, nine of ten of them shown.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
from sqlalchemy import insert, select

from clarion import migrations
from clarion.app import create_app
from clarion.extensions import db, transaction
from clarion.sealing import seal
from clarion.settings import load_settings
from clarion.signatures.models import Signature
from clarion.testing import RECIPIENTS, TABLE, TEXTS, Instance

from .results import Bound
from .rounds import spread

SIGNERS, SECONDS, MEGABYTES = 100_000, 60.0, 500.0
CHUNK = 5000
GIVEN = (
    "Ana María José Nguyễn Zoë Ñusta O’Brien Олена Ελένη Łukasz Fatima Kwame Siân Jean-Luc Ximena Béatrice "
    "ليلى محمد فاطمة אברהם አበበ ሰላም ብርሃን 李明 王芳 陳大文 김민준 이서연 さくら हरि สมชาย"
).split()
FAMILY = "López Reader García-Ruiz Smith Tran Иванова Παπάς Żak حسن יוסף ተስፋዬ कुमार".split()
DISTINCT = ("email_index", "confirm_look_up", "me_look_up")


def pack(folder: Path, signers: int) -> Iterator[Bound]:
    """Seconds and memory of `clarion deliver`, and what came out."""
    home = folder / "pack"
    (home / "campaigns" / "library" / "media").mkdir(parents=True)
    for name, words in {"campaign.toml": TABLE, "recipients.csv": RECIPIENTS}.items():
        (home / "campaigns" / "library" / name).write_text(words)
    for code, words in TEXTS.items():
        (home / "campaigns" / "library" / f"{code}.md").write_text(words)
    _fill(home, signers)
    took, peak = _deliver(home)
    (made,) = home.glob("var/deliveries/library/*/ana-mayor/petition.pdf")
    with pikepdf.open(made) as pdf:
        notes = (f"{len(pdf.pages):,} pages, {made.stat().st_size / 1e6:.1f} MB; {os.cpu_count()} cores",)
    yield Bound("pack", f"a pack of {signers:,} signatures", spread([took]), SECONDS, "s", notes)
    yield Bound("pack-memory", "the memory that takes, at its peak", spread([peak]), MEGABYTES, "MB")


def _fill(home: Path, signers: int) -> None:
    app = create_app(load_settings({"CLARION_HOME": str(home)}))
    with app.app_context():
        migrations.upgrade()
    instance = Instance(app, home)
    instance.publish(home / "campaigns" / "library")
    instance.sign("library")
    with app.app_context():
        live = app.extensions["clarion.live"].get("library")
        real = db.session.scalars(select(Signature)).one()
        pattern = {column.name: getattr(real, column.name) for column in Signature.__table__.columns}
        chance, start = random.Random(7), datetime.now(UTC) - timedelta(days=60)
        for first in range(2, signers + 2, CHUNK):
            rows = [
                pattern
                | {name: os.urandom(16) for name in DISTINCT}
                | {
                    "id": id,
                    "state": "confirmed",
                    "language": chance.choice(("en", "en", "es")),
                    "area": f"US-{200 + id % 7}",
                    "show_name": id % 10 > 0,
                    "signed_at": start + timedelta(minutes=id % 80_000),
                    "sealed": seal(live.public_key, _person(chance, id)),
                }
                for id in range(first, min(first + CHUNK, signers + 2))
            ]
            with transaction() as session:
                session.execute(insert(Signature), rows)
        db.session.remove()
        db.engine.dispose()


def _person(chance: random.Random, id: int) -> dict[str, str]:
    name = f"{chance.choice(GIVEN)} {chance.choice(FAMILY)}"
    return {"name": name, "email": f"person{id}@readers.example", "postal_code": f"{20001 + id % 35}", "country": "US"}


def _deliver(home: Path) -> tuple[float, float]:
    """The seconds, and the most megabytes in memory at once, of the command."""
    started = time.monotonic()
    command = [sys.executable, "-m", "clarion", "deliver", "library"]
    process = subprocess.Popen(command, env=os.environ | {"CLARION_HOME": str(home)}, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, "clarion deliver failed"
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return time.monotonic() - started, used.ru_maxrss / unit
