"""Campaigns with signers to hand over, and readers of what a pack holds: CSV, XLSX and the words of a PDF."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pikepdf
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, insert, select

from clarion.cli import main
from clarion.extensions import now, transaction
from clarion.sealing import seal
from clarion.signatures.models import APPROVED, Reason, Signature
from clarion.testing import Instance
from clarion.typesetting.fonts import choose

UNKNOWN = "\ufffd"
"""Stands for a glyph that is no character's, such as an empty box."""

SCRIPTS = "José Ñ አበበ ليلى 李 김"


class Signers:
    """Signs for made-up people as the pages would, many at a time."""

    def __init__(self, instance: Instance, slug: str = "library") -> None:
        self.instance = instance
        with instance.context():
            self.live = instance.app.extensions["clarion.live"].get(slug)

    def add(self, *names: str, show: bool = True, **values: object) -> list[int]:
        """Sign for people of these names; the numbers of their signatures."""
        with self.instance.context(), transaction() as session:
            first = (session.scalar(select(func.max(Signature.id))) or 0) + 1
            rows = [self._row(first + n, name, show=show, **values) for n, name in enumerate(names)]
            session.execute(insert(Signature), rows)
        return [row["id"] for row in rows]

    def _row(self, id: int, name: str, *, show: bool, postal_code: str = "", **values: object) -> dict:
        details = {"name": name, "email": f"secret{id}@mail.example", "phone": "+12025550143", "country": "US"}
        details["postal_code"] = postal_code or "20009-4321"
        return {
            "id": id,
            "campaign_id": self.live.id,
            "edition_id": self.live.edition_id,
            "state": "confirmed",
            "language": "en",
            "source": "page",
            "area": "US-200",
            "organisation": "",
            "show_name": show,
            "reason_due": False,
            "sealed": seal(self.live.public_key, details),
            "record": b"",
            "code_mark": b"",
            "signed_at": now(),
            "confirmed_at": now(),
            **{column: secrets.token_bytes(16) for column in ("email_index", "confirm_look_up", "me_look_up")},
            **values,
        }

    def say(self, signature_id: int, words: str, name: str, state: str = APPROVED) -> None:
        """Write a reason for a signature."""
        with self.instance.context(), transaction() as session:
            row = {"signature_id": signature_id, "words": words, "name": name, "state": state}
            session.execute(insert(Reason).values(campaign_id=self.live.id, language="en", written_at=now(), **row))

    def become(self, id: int, state: str) -> None:
        """Change the state of a signature."""
        with self.instance.context(), transaction() as session:
            session.get_one(Signature, id).state = state


@pytest.fixture
def database() -> str:
    """SQLite, where a test does not ask for each in turn."""
    return "sqlite"


@pytest.fixture
def library(database: str, request: pytest.FixtureRequest, make_instance, make_folder) -> Instance:
    """An instance with the campaign `library` live."""
    made = make_instance() if database == "sqlite" else make_instance(request.getfixturevalue("postgres_url"))
    made.publish(make_folder())
    return made


@pytest.fixture
def signers(library: Instance) -> Signers:
    """Those who sign `library`."""
    return Signers(library)


@pytest.fixture
def environment(library: Instance) -> dict[str, str]:
    """What a process is told to find the instance."""
    url = library.app.extensions["clarion.settings"].database.url.get_secret_value()
    return {"CLARION_HOME": str(library.home), "CLARION_DATABASE__URL": url}


@pytest.fixture
def deliver(environment: dict[str, str]) -> Callable[..., Result]:
    """Type `clarion deliver library` with more behind it."""

    def typed(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["deliver", "library", *arguments], env=environment)

    return typed


@pytest.fixture
def packs(library: Instance) -> Callable[[], list[Path]]:
    """The finished packs, the oldest first."""

    def found() -> list[Path]:
        root = library.home / "var" / "deliveries" / "library"
        return sorted((path for path in root.glob("[!.]*")), key=lambda path: path.stat().st_mtime_ns)

    return found


def words_of(path: Path) -> str:
    """The words of a PDF, read through the tables that its fonts carry for copying text (ISO 32000-1, 9.10.3)."""
    with pikepdf.open(path) as pdf:
        return "\n".join("".join(_words(page)) for page in pdf.pages)


def _words(page: pikepdf.Page) -> Iterator[str]:
    fonts = {str(name): _to_unicode(font) for name, font in page.resources.get("/Font", {}).items()}
    known: dict[int, str] = {}
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "Tf":
            known = fonts[str(operands[0])]
        elif str(operator) in ("Tj", "TJ"):
            shown = operands[0] if str(operator) == "TJ" else operands
            for part in shown:
                if isinstance(part, pikepdf.String):
                    raw = bytes(part)
                    yield from (known.get(int.from_bytes(raw[at : at + 2]), UNKNOWN) for at in range(0, len(raw), 2))
        elif str(operator) == "ET":
            yield " "


def _to_unicode(font: pikepdf.Object) -> dict[int, str]:
    found: dict[int, str] = {}
    for operands, operator in pikepdf.parse_content_stream(font["/ToUnicode"]):
        if str(operator) == "endbfchar":
            for code, text in zip(operands[::2], operands[1::2], strict=True):
                found[int.from_bytes(bytes(code))] = bytes(text).decode("utf-16-be")
        elif str(operator) == "endbfrange":
            for first, last, text in zip(operands[::3], operands[1::3], operands[2::3], strict=True):
                start = int.from_bytes(bytes(text))
                for n in range(int.from_bytes(bytes(last)) - int.from_bytes(bytes(first)) + 1):
                    found[int.from_bytes(bytes(first)) + n] = chr(start + n)
    return found


@pytest.fixture
def noto() -> None:
    """Fonts for many scripts, which the set-up installs where it can."""
    assert not choose(set(SCRIPTS)).missing, "install fonts-noto-core and fonts-noto-cjk"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave tests of many scripts out at home where their fonts are missing; in CI they run, and fail without them."""
    if os.environ.get("CI") or not choose(set(SCRIPTS)).missing:
        return
    without = [item for item in items if "noto" in getattr(item, "fixturenames", ())]
    if without:
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if item not in without]
