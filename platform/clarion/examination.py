"""`clarion doctor`: what can be found out about an instance without changing it."""

from __future__ import annotations

from collections.abc import Iterator

from flask import current_app
from sqlalchemy import func, select, text

from . import migrations
from .campaigns.live import live_campaigns
from .campaigns.models import CampaignRow
from .extensions import db
from .outbox.models import CAPPED, DUE, FAILED, HELD, NEEDLESS, SENT, Message
from .sealing import Keyring
from .signatures import counting
from .typesetting import fonts

Finding = tuple[bool | None, str]
"""Whether it is well, and one line about it; `None` where a person had better look."""


def examine() -> Iterator[Finding]:
    """Each finding. Needs an app context."""
    for plugin, current, head in migrations.behind():
        whose = f"the tables of {plugin} are" if plugin else "the database is"
        yield False, f"{whose} at {current or 'nothing'}, not {head}: clarion db upgrade"
        return
    yield True, f"the database is at {migrations.current()}"
    yield _durability()
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    faults = [*keyring.faults(), *_missing_keys(keyring)]
    yield from ((False, fault) for fault in faults)
    if not faults:
        yield True, f"the keyring {keyring.folder} is whole and private"
    yield _counts()
    yield _messages()
    yield from _held()
    yield from _fonts()
    campaigns = [live.campaign for live in live_campaigns().all()]
    yield from ((None, words) for words in current_app.extensions["clarion.plugins"].site_warnings(campaigns))


def _counts() -> Finding:
    """Whether a recount gives what is counted; else what is off by how much, the worst first."""
    drift = counting.drift()
    if not drift:
        return True, "counts agree with the signatures"
    words = [f"{db.session.get_one(CampaignRow, id).slug} {_off(cells)}" for id, cells in drift.items()]
    return False, "counts are off: " + "; ".join(words)


NAMED_CELLS = 6
"""How many of a campaign's numbers that are off are named."""


def _off(cells: dict[counting.Cell, int]) -> str:
    worst = sorted(cells.items(), key=lambda cell: (cell[0] != counting.TOTAL, -abs(cell[1]), cell[0]))
    words = [
        f"total {n:+}" if (of, name) == counting.TOTAL else f"{of} {name or 'unknown'} {n:+}" for (of, name), n in worst
    ]
    more = f" and {len(words) - NAMED_CELLS} more" if len(words) > NAMED_CELLS else ""
    return ", ".join(words[:NAMED_CELLS]) + more


def _missing_keys(keyring: Keyring) -> list[str]:
    """Campaigns whose keys are not in the keyring: nobody can sign them, and what was sealed stays sealed."""
    rows = db.session.execute(select(CampaignRow.slug, CampaignRow.key_id).where(CampaignRow.erased_at.is_(None)))
    return [f"the keys of {slug} are not in the keyring" for slug, key_id in rows if not keyring.holds(key_id)]


def _durability() -> Finding:
    if db.engine.dialect.name == "sqlite":
        full = db.session.scalar(text("PRAGMA synchronous")) == 2
        return full, "each answer is on disk" if full else "SQLite's synchronous is not FULL"
    setting = db.session.scalar(text("SHOW synchronous_commit"))
    return (
        setting == "on",
        "each answer is on disk" if setting == "on" else f"synchronous_commit is {setting}",
    )


def _messages() -> Finding:
    rows = db.session.execute(select(Message.state, func.count()).group_by(Message.state))
    states = {state: int(n) for state, n in rows}
    wrong = {state: n for state, n in states.items() if state not in (DUE, SENT, NEEDLESS, FAILED, HELD, CAPPED)}
    words = ", ".join(f"{n} {state}" for state, n in sorted(states.items())) or "none yet"
    return not wrong, f"messages: {words}" + (": clarion messages" if wrong else "")


def _held() -> Iterator[Finding]:
    """Campaigns with signatures that wait for a second look: their signers have no mail yet."""
    query = select(CampaignRow.slug, func.count()).join(Message, Message.campaign_id == CampaignRow.id)
    for slug, n in db.session.execute(query.where(Message.state == HELD).group_by(CampaignRow.slug)):
        yield False, f"{n} signatures wait for a look and have no mail yet: clarion held {slug} --release"


def _fonts() -> Iterator[Finding]:
    """Scripts of titles that no font of this machine shows: pictures for sharing go without those titles."""
    titles = (text.title for live in live_campaigns().all() for text in live.campaign.texts.values())
    for script in fonts.choose({letter for title in titles for letter in title}).missing:
        yield False, f"no font shows {script}, so pictures for sharing leave such titles out: install {fonts.PACKAGES}"
