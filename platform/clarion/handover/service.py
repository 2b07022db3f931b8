"""Make the packs of a campaign: all of them and their row, or nothing.

Everything is made in a folder of its own, which gets its name only when it is whole and on disk. What a killed run
left there is swept away by the next one.
"""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import force_locale, gettext
from sqlalchemy import insert, select

from .. import __version__
from ..campaigns.live import LiveCampaign
from ..campaigns.models import CampaignRow, Edition
from ..delivery.models import Delivery
from ..domain.campaign import Campaign, Recipient
from ..events import Happened, tell
from ..extensions import db, now, transaction
from ..pages.render import language_named
from ..sealing import KeyMissing, Keyring
from ..typesetting.fonts import PACKAGES, Chosen, choose
from . import layout, sheets
from .figures import Labels, labels
from .manifest import seal_folder, settle, sync
from .paper import Press
from .progress import Progress, Step
from .snapshot import PACK, Since, Snapshot, last_pack, take

MAKING = ".making-"


class CannotHandOver(Exception):
    """Why no pack can be made, in one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was made."""

    folder: Path
    snapshot: Snapshot
    pages: dict[str, int]
    """By the folders of the recipients."""
    missing: tuple[str, ...]
    """Scripts that no font shows; there only where that was allowed."""


def recipients_today(campaign: Campaign, *, copies: bool) -> dict[str, Recipient]:
    """Those in office today by the names of their folders; with `copies` those copied to, too."""
    day = now().astimezone(ZoneInfo(campaign.time_zone)).date()
    wanted = ("to", "cc") if copies else ("to",)
    chosen = [r for role in wanted for r in campaign.recipients if r.role == role and r.in_office(day)]
    if not chosen:
        who = "recipients" if copies else "recipients with the role to"
        hint = "" if copies else " To make packs for those copied: --cc"
        raise CannotHandOver(f"{campaign.slug} has no {who} in office on {day}: look at recipients.csv.{hint}")
    return _folders(chosen)


def _folders(recipients: Sequence[Recipient]) -> dict[str, Recipient]:
    named: dict[str, Recipient] = {}
    for number, recipient in enumerate(recipients, 1):
        plain = unicodedata.normalize("NFKD", recipient.name).encode("ascii", "ignore").decode().lower()
        name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50] or f"recipient-{number}"
        names = chain([name], (f"{name}-{place}" for place in count(2)))
        named[next(free for free in names if free not in named)] = recipient
    return named


def language_of(recipient: Recipient, campaign: Campaign) -> str:
    """The language a recipient is written to: their own where the campaign has it, else the main one."""
    return recipient.language if recipient.language in campaign.languages else campaign.languages[0]


def since_last(live: LiveCampaign) -> Since | None:
    """Where the campaign's last pack ended, if one was made."""
    return last_pack(live.id)


def refuse_erased(live: LiveCampaign) -> None:
    """Raise `CannotHandOver` where the signers were erased after the end: there is nobody left to name."""
    row = db.session.get_one(CampaignRow, live.id)
    if row.erased_at is not None:
        raise CannotHandOver(
            f"The signers of {live.slug} were erased on {row.erased_at:%Y-%m-%d}, as the petition promised:"
            f" {row.erased_count:,} are still counted, and no name is left to hand over."
        )


def deliver(
    live: LiveCampaign,
    recipients: dict[str, Recipient],
    root: Path,
    progress: Progress,
    *,
    since: Since | None = None,
    allow_missing: bool = False,
) -> Made:
    """Make the packs. Raises `CannotHandOver`; `since` leaves out what the last pack held."""
    refuse_erased(live)
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    try:
        key = keyring.private_key(live.key_id)
    except KeyMissing as error:
        raise CannotHandOver(
            f"The names of {live.slug} cannot be opened here: {error}. Type this where the worker runs, as its user."
        ) from error
    with _workshop(root) as making:
        snapshot = take(live, key, since, making / "names.jsonl", progress)
        if not snapshot.new:
            words = f"since {since.moment:%Y-%m-%d %H:%M} UTC" if since else "yet"
            raise CannotHandOver(f"{live.slug} has no signatures to hand over {words}. Nothing was made.")
        fonts = _fonts(snapshot, live.campaign, recipients, allow_missing=allow_missing)
        making_of = _Making(live, snapshot, since, fonts, making)
        pages = making_of.all(recipients, progress)
        return making_of.finish(root, pages)


def _fonts(snapshot: Snapshot, campaign: Campaign, recipients: dict[str, Recipient], *, allow_missing: bool) -> Chosen:
    """Fonts for every character that comes onto paper, or `CannotHandOver` with the scripts that none shows."""
    letters = set(snapshot.letters)
    for recipient in recipients.values():
        language = language_of(recipient, campaign)
        text = campaign.text(language)
        own = (*recipient.office.values(), *recipient.district.values(), *campaign.districts.values())
        letters.update(recipient.name, text.title, text.ask, *own, language_named(language).name)
    letters.update(*(organisation.name for organisation in campaign.organisations))
    chosen = choose(letters)
    if chosen.missing and not allow_missing:
        raise CannotHandOver(
            f"No font on this machine can show: {', '.join(chosen.missing)}. Names would come out as empty boxes, so"
            f" nothing was made. Install {PACKAGES} and try again, or go on all the same with --allow-missing-glyphs."
        )
    return chosen


class _Making:
    """One run: the parts that recipients of one language share are made once."""

    def __init__(
        self, live: LiveCampaign, snapshot: Snapshot, since: Since | None, fonts: Chosen, folder: Path
    ) -> None:
        self.live, self.campaign, self.snapshot, self.since = live, live.campaign, snapshot, since
        self.fonts, self.parts, self.packs = fonts, folder / "parts", folder / "packs"
        self._presses: dict[str, tuple[Press, Labels, Path]] = {}
        for made in (self.parts, self.packs):
            made.mkdir(mode=0o700)
        query = select(Edition.number, Edition.digest).filter_by(id=live.edition_id)
        self.edition = db.session.execute(query).one()
        db.session.rollback()

    def all(self, recipients: dict[str, Recipient], progress: Progress) -> dict[str, int]:
        """Every recipient's folder; the pages of each PDF."""
        languages = {language_of(recipient, self.campaign) for recipient in recipients.values()}
        with progress("writing names", 2 * self.snapshot.named * len(languages)) as step:
            return {name: self._one(name, recipient, step) for name, recipient in recipients.items()}

    def _one(self, name: str, recipient: Recipient, step: Step) -> int:
        language = language_of(recipient, self.campaign)
        folder = self.packs / name
        folder.mkdir(mode=0o700)
        with force_locale(language):
            press, named, shared = self._press(language, step)
            first = {
                "letter": layout.letter(self.campaign, recipient, self.snapshot, self.since, language),
                "figures": layout.figures(self.campaign, recipient, self.snapshot, named),
            }
            pages = press.document(first, folder / "petition.pdf", step)
        for file in ("names.csv", "names.xlsx"):
            shutil.copyfile(shared / file, folder / file)
        seal_folder(folder, self._told(recipient, language, pages))
        return pages

    def _press(self, language: str, step: Step) -> tuple[Press, Labels, Path]:
        if language not in self._presses:
            folder = self.parts / language
            press = Press(self.campaign, self.snapshot, self.fonts, language, folder)
            named = labels(self.snapshot, self.campaign, language)
            head = (gettext("Number"), gettext("Name"), gettext("Language"), named.place, gettext("Date"))
            sheets.write_csv(folder / "names.csv", head, _rows(self.snapshot, named, step))
            sheets.write_xlsx(
                folder / "names.xlsx", gettext("Names"), head, _rows(self.snapshot, named, lambda _: None)
            )
            self._presses[language] = press, named, folder
        return self._presses[language]

    def _told(self, recipient: Recipient | None, language: str, pages: int) -> dict[str, Any]:
        """What a manifest says. Everything rests on one count, taken at one moment."""
        found, since = self.snapshot, self.since
        told: dict[str, Any] = {
            "campaign": self.campaign.slug,
            "title": self.campaign.text(language).title,
            "edition": {"number": self.edition.number, "sha256": self.edition.digest},
            "made_at": found.moment.isoformat(timespec="seconds"),
            "count": found.total,
            "signatures_in_pack": found.new,
            "names_shown": found.named,
            "names_not_shown": found.nameless,
            "up_to": found.up_to,
            "since": {"up_to": since.up_to, "made_at": since.moment.isoformat(timespec="seconds")} if since else None,
            "made_with": f"Clarion {__version__}",
        }
        if recipient:
            office = layout.office_of(recipient, self.campaign, language)
            told["recipient"] = {"name": recipient.name, "role": recipient.role, "office": office, "language": language}
            told["pages"] = pages
        return told

    def finish(self, root: Path, pages: dict[str, int]) -> Made:
        """Give the whole its name, and write down that it was made."""
        digest = seal_folder(self.packs, self._told(None, self.campaign.languages[0], 0))
        settle(self.packs)
        target = _free(root, self.snapshot.moment)
        self.packs.rename(target)
        sync(root)
        try:
            self._write_down(target.name, digest, len(pages))
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
        return Made(target, self.snapshot, pages, self.fonts.missing)

    def _write_down(self, name: str, digest: str, packs: int) -> None:
        found = self.snapshot
        content = {"new": found.new, "named": found.named, "unconfirmed": found.unconfirmed}
        detail = {"kind": PACK, "name": name, "count": found.total, "packs": packs, "manifest": digest}
        with transaction() as session:
            session.execute(
                insert(Delivery).values(
                    campaign_id=self.live.id,
                    kind=PACK,
                    name=name,
                    count=found.total,
                    up_to=found.up_to,
                    content=json.dumps(content, separators=(",", ":")),
                    digest=digest,
                    created_at=found.moment,
                )
            )
            tell(session, [Happened("delivery.sent", self.live.id, detail=json.dumps(detail))])


def _rows(snapshot: Snapshot, named: Labels, step: Step) -> Iterator[tuple[str, ...]]:
    """The lines of the sheets; a group too small for the totals is not named here either."""
    for number, line in enumerate(snapshot.lines(), 1):
        yield str(number), line.name, named.languages.get(line.language, ""), named.places.get(line.place, ""), line.day
        step(1)


def _free(root: Path, moment: datetime) -> Path:
    """A folder's name that is not taken: the moment, in UTC."""
    name = f"{moment:%Y-%m-%dT%H%M%SZ}"
    path, more = root / name, 1
    while path.exists():
        more += 1
        path = root / f"{name}-{more}"
    return path


@contextmanager
def _workshop(root: Path) -> Iterator[Path]:
    """A folder to work in that is gone afterwards; those that killed runs left are swept away first."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in root.glob(f"{MAKING}*"):
        _sweep(left)
    making = root / f"{MAKING}{now():%Y%m%dT%H%M%S%f}"
    making.mkdir(mode=0o700)
    with (making / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield making
        finally:
            shutil.rmtree(making, ignore_errors=True)


def _sweep(left: Path) -> None:
    """Remove what a killed run left; one that still works holds its lock."""
    try:
        with (left / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
    except BlockingIOError:
        return
    except OSError:
        shutil.rmtree(left, ignore_errors=True)
