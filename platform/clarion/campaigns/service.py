"""Publishing: a checked folder becomes an edition, and one step goes back to an earlier one."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from flask_babel import force_locale, gettext
from sqlalchemy import func, select, update

from ..domain.campaign import Campaign
from ..domain.languages import Language
from ..events import Happened, tell
from ..extensions import Transaction, db, now, transaction
from ..sealing import Keyring
from .loader import Loaded, load_all
from .models import CampaignRow, Edition, MediaRow


class NoSuchEdition(LookupError):
    """There is no such campaign, or it has no such edition."""


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did."""

    slug: str
    number: int
    digest: str
    new: bool
    """Whether the folder held something that was never published before."""
    live: bool
    """Whether this edition is the live one now."""


def consent_wording(language: str, channel: str, organisation: str) -> str:
    """The platform's words beside a box; a change of what is shown makes a new edition (rule 15).

    Those for texts say what carriers ask for: who, how often, what it costs, how to end it and where help is.
    """
    with force_locale(language):
        if channel == "sms":
            words = gettext(
                "%(organisation)s may text me about this campaign. Message frequency varies. Msg & data rates may "
                "apply. Reply STOP to end, HELP for help.",
                organisation=organisation,
            )
            return str(words)
        return str(gettext("%(organisation)s may email me about this campaign.", organisation=organisation))


def check(
    root: Path, languages: Mapping[str, Language], also: Callable[[Loaded], None], slugs: tuple[str, ...] = ()
) -> list[Loaded]:
    """Load the folders with these names, or all of them. Needs an app context for the wording.

    All are read in either case: only so does it show that another folder claims the same slug. `also` adds the
    faults that only others can see, such as plugins.
    """
    loaded = [one for one in load_all(root, languages, consent_wording) if not slugs or one.folder in slugs]
    for one in loaded:
        also(one)
    return loaded


def publish(loaded: Loaded, keyring: Keyring, *, again: bool = True) -> Published:
    """Store a checked folder as an edition and make it live.

    With `again` false an edition that exists already is not made live anew: the server publishes
    folders by itself, and must not undo a rollback. Raises `ValueError` if there are errors.
    """
    campaign = loaded.campaign
    if campaign is None:
        raise ValueError(f"{loaded.slug} has faults and cannot be published")
    with transaction() as session:
        row = session.scalar(select(CampaignRow).filter_by(slug=campaign.slug))
        if row is None:
            row = CampaignRow(slug=campaign.slug, created_at=now())
            _give_keys(row, keyring)
            session.add(row)
        session.flush()
        edition = session.scalar(select(Edition).filter_by(campaign_id=row.id, digest=campaign.digest))
        new = edition is None
        if edition is None:
            last = session.scalar(select(func.max(Edition.number)).filter_by(campaign_id=row.id))
            edition = Edition(
                campaign_id=row.id,
                number=(last or 0) + 1,
                digest=campaign.digest,
                content=campaign.to_json(),
                published_at=now(),
            )
            session.add(edition)
            for picture in loaded.pictures:
                session.merge(MediaRow(digest=picture.media.digest, mime=picture.media.mime, content=picture.content))
            session.flush()
        if new or again:
            _make_live(session, row, edition, campaign, keyring)
        return Published(campaign.slug, edition.number, edition.digest, new, row.live_edition_id == edition.id)


def _give_keys(row: CampaignRow, keyring: Keyring) -> None:
    """Keys of its own for a campaign that is new, or opened again after its signers were erased."""
    row.key_id = secrets.token_hex(8)
    row.public_key = keyring.create(row.key_id)
    row.erased_at = None


def _make_live(session: Transaction, row: CampaignRow, edition: Edition, campaign: Campaign, keyring: Keyring) -> None:
    """Point the campaign to an edition, and note what follows from its status and dates."""
    other, row.live_edition_id = row.live_edition_id != edition.id, edition.id
    if other and campaign.status != "draft":
        tell(session, [_happened("campaign.published", row.id, edition.number)])
    if campaign.state(now()) == "closed":
        if row.closed_at is None:
            tell(session, [_happened("campaign.closed", row.id, edition.number)])
        row.closed_at = row.closed_at or now()
        return
    if campaign.status == "draft":
        # hiding a campaign after its end does not begin the days anew
        return
    row.closed_at = None
    if row.erased_at is not None:
        _give_keys(row, keyring)


def note_end(campaign_id: int, edition_id: int) -> bool:
    """Note that the closing date of a live edition has passed, and tell of it; `False` if that was done before."""
    with transaction() as session:
        still_open = update(CampaignRow).where(
            CampaignRow.id == campaign_id, CampaignRow.live_edition_id == edition_id, CampaignRow.closed_at.is_(None)
        )
        if not session.execute(still_open.values(closed_at=now())).rowcount:  # type: ignore[attr-defined]
            return False
        number = session.scalars(select(Edition.number).filter_by(id=edition_id)).one()
        tell(session, [_happened("campaign.closed", campaign_id, number)])
    return True


def _happened(kind: str, campaign_id: int, edition: int) -> Happened:
    return Happened(kind, campaign_id, detail=json.dumps({"edition": edition}))


def editions(slug: str) -> list[tuple[Edition, bool]]:
    """The editions of a campaign, newest first, each with whether it is live. Raises `NoSuchEdition`."""
    row = db.session.scalar(select(CampaignRow).filter_by(slug=slug))
    if row is None:
        raise NoSuchEdition(f'No campaign "{slug}" has been published.')
    found = db.session.scalars(select(Edition).filter_by(campaign_id=row.id).order_by(Edition.number.desc()))
    return [(edition, edition.id == row.live_edition_id) for edition in found]


def rollback(slug: str, keyring: Keyring, number: int | None = None) -> Edition:
    """Make an earlier edition live, in all languages at once: the one before, or the one with this number.

    Raises `NoSuchEdition`.
    """
    known = editions(slug)
    live = next((edition.number for edition, is_live in known if is_live), 0)
    wanted = number if number is not None else max((e.number for e, _ in known if e.number < live), default=None)
    target = next((edition for edition, _ in known if edition.number == wanted), None)
    if target is None:
        raise NoSuchEdition(
            f'"{slug}" has no edition {number}.' if number is not None else f'"{slug}" has no edition before this one.'
        )
    with transaction() as session:
        row = session.scalars(select(CampaignRow).filter_by(slug=slug)).one()
        _make_live(session, row, target, Campaign.from_json(target.content), keyring)
    return target


def edition_campaign(edition_id: int) -> Campaign | None:
    """The campaign as an edition holds it."""
    edition = db.session.get(Edition, edition_id)
    return Campaign.from_json(edition.content) if edition else None
