"""The mails that a campaign may send to its recipients, made once before it is published."""

from __future__ import annotations

from email.policy import SMTP
from functools import partial
from typing import Any

from ..campaigns.live import LiveCampaign
from ..campaigns.loader import Loaded
from ..delivery.mime import as_email
from ..delivery.moulds import LINE
from ..delivery.rehearsal import note, rehearse, settle
from ..domain.campaign import HandingOver, Recipient
from ..domain.names import MAX_NAME
from ..pages.render import links
from .figures import Figures
from .mails import language_of, words
from .service import DIGEST, LETTER, MILESTONE


def rehearse_all(loaded: Loaded) -> None:
    """Add what is wrong with any mail of a campaign to the faults of its folder. Needs an app context."""
    rehearse(loaded)
    campaign = loaded.campaign
    if campaign is None:
        return
    live = LiveCampaign(0, campaign.slug, "", b"", 0, 0, campaign)
    reached = [one for one in campaign.recipients if one.email]
    longest = {(language_of(one, live), one.role): one for one in sorted(reached, key=_length)}
    for kind in _kinds(campaign.handing_over):
        for (code, role), recipient in longest.items():
            if role == "cc" and kind == LETTER:
                continue  # nobody who is copied gets one
            note(loaded, f"{code}.md", kind, partial(_made, live, kind, recipient))
    settle(loaded)


def _length(recipient: Recipient) -> int:
    """How much a mail says of a recipient; of each language and role the one with most is tried."""
    return len(recipient.name) + sum(map(len, (*recipient.office.values(), *recipient.district.values())))


def _kinds(asked: HandingOver) -> list[str]:
    kinds = {MILESTONE: bool(asked.milestones), DIGEST: asked.digest != "no", LETTER: asked.letters}
    return [kind for kind, wanted in kinds.items() if wanted]


def _made(live: LiveCampaign, kind: str, recipient: Recipient) -> bytes:
    known: dict[str, Any] = {
        "figures": Figures(1000, 100),
        "reasons": [],
        "unsubscribe_url": links().unsubscribe("x" * 64),
    }
    if kind == LETTER:
        known |= {"signer": "Ñ" * MAX_NAME, "words": "", "written_in": "", "figures": None}
    mail = as_email(words(kind, live, recipient, recipient.email, known, "0@mailbox.example"))
    return mail.as_bytes(policy=SMTP.clone(cte_type="8bit", max_line_length=LINE))
