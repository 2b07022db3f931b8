"""The mails of an update, made once before anybody gets one."""

from __future__ import annotations

from functools import partial

from ..campaigns.live import LiveCampaign
from ..campaigns.loader import Loaded
from ..domain import placeholders
from ..domain.faults import Fault
from ..pages.render import to_text
from ..updates.news import News
from .mime import as_email
from .moulds import Mould
from .rehearsal import Refused, somebodys, wrong
from .updatemails import words


def rehearse_updates(loaded: Loaded, found: list[News]) -> None:
    """Add what is wrong with the mails of a folder's updates to its faults, which do not stop the campaign itself."""
    if (campaign := loaded.campaign) is None:
        return
    live = LiveCampaign(0, campaign.slug, "", b"", 0, 0, campaign)
    for said in found:
        loaded.faults += rehearse_news(live, said, f"updates/{said.name}/")


def rehearse_news(live: LiveCampaign, said: News, place: str = "") -> list[Fault]:
    """What is wrong with the mails of an update: one fault for each of its files."""
    faults: dict[str, Fault] = {}
    for code in live.campaign.languages:
        written = code if code in said.texts else live.campaign.languages[0]
        file = f"{place}{written}.md"
        if file not in faults and (what := wrong(partial(_made, live, said, code))):
            hint = "Take back the last change, or leave out what is special in it."
            faults[file] = Fault(file, f"Its mail cannot be made: {what}.", hint)
    return list(faults.values())


def _made(live: LiveCampaign, said: News, code: str) -> bytes:
    for one in said.texts.values():
        if placeholders.RESERVED in to_text(one.body, live, code):
            raise Refused(f'"{placeholders.RESERVED}" cannot stand in it')
    return Mould.of(as_email(words(live, said, code))).cast(somebodys())
