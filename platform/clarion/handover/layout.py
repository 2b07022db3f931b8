"""What stands on the pages of a pack, as data: the letter, the figures, the reasons, the names."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from flask_babel import gettext, ngettext

from ..domain import goals, placeholders
from ..domain.campaign import Campaign, Recipient
from ..i18n import format_day, format_number
from ..pages.render import language_named, links
from .figures import Labels, tables
from .prose import blocks
from .snapshot import Line, Since, Snapshot, Words

COLUMNS, ROWS, FIRST_ROWS = 3, 52, 46
"""Names on a page: columns, lines of each, and lines where a heading stands above."""

Entry = tuple[str, str] | tuple[str, str, float]
"""A number and a name; a long name comes with the size at which it fits its line."""

ISOLATE, END = "\u2068", "\u2069"
"""Around a name, so that one written from right to left does not turn its neighbours around (UAX 9)."""


def office_of(recipient: Recipient, campaign: Campaign, language: str) -> list[str]:
    """A recipient's office and district in a language, as far as they are known."""
    main = campaign.languages[0]
    both = (recipient.office, recipient.district)
    return [words for told in both if (words := told.get(language) or told.get(main, ""))]


def letter(
    campaign: Campaign, recipient: Recipient, snapshot: Snapshot, since: Since | None, language: str
) -> dict[str, Any]:
    """The letter that lies on top; needs the locale of its language."""
    text = campaign.text(language)
    day = format_day(snapshot.moment)
    partners = ", ".join(organisation.name for organisation in campaign.partners)
    return {
        "sender": campaign.lead.name,
        "partners": gettext("with %(partners)s", partners=partners) if partners else "",
        "date": day,
        "to": gettext("To") if recipient.role == "to" else gettext("Copy to"),
        "name": recipient.name,
        "office": office_of(recipient, campaign, language),
        "title": text.title,
        "opening": _opening(campaign, recipient, snapshot, since),
        "total": format_number(snapshot.total),
        "total-words": ngettext(
            "person had signed on %(day)s", "people had signed by %(day)s", snapshot.total, day=day
        ),
        "more": _more(snapshot, since),
        "ask-head": gettext("What we ask"),
        "ask": blocks(_filled(text.ask, campaign, snapshot, language)),
        "closing": gettext(
            "The figures and the names follow. Each signature was confirmed from the signer’s own mailbox and counts"
            " once. Email addresses, phone numbers and postal codes are not passed on."
        ),
        "contact": [words for words in (campaign.lead.email, campaign.lead.website) if words],
    }


def _opening(campaign: Campaign, recipient: Recipient, snapshot: Snapshot, since: Since | None) -> str:
    if since:
        new = format_number(snapshot.new)
        return str(
            ngettext(
                "We hand you %(new)s more signature for this petition.",
                "We hand you %(new)s more signatures for this petition.",
                snapshot.new,
                new=new,
            )
        )
    if recipient.role == "cc":
        names = ", ".join(r.name for r in campaign.recipients if r.role == "to")
        if names:
            return str(gettext("We hand you a copy of this petition, which is addressed to %(names)s.", names=names))
    return str(gettext("We hand you this petition and ask you to act on it."))


def _more(snapshot: Snapshot, since: Since | None) -> list[str]:
    told = []
    if since:
        new, day = format_number(snapshot.new), format_day(since.moment)
        told.append(
            ngettext(
                "%(new)s of them is new since we last wrote on %(day)s",
                "%(new)s of them are new since we last wrote on %(day)s",
                snapshot.new,
                new=new,
                day=day,
            )
        )
    return [*told, _shown(snapshot)] if snapshot.named else told


def _shown(snapshot: Snapshot) -> str:
    named = format_number(snapshot.named)
    return str(
        ngettext(
            "%(named)s of them shows a first name and initial",
            "%(named)s of them show their first name and initial",
            snapshot.named,
            named=named,
        )
    )


def _filled(words: str, campaign: Campaign, snapshot: Snapshot, language: str) -> str:
    """Campaign words with their placeholders; the count is the pack's own."""
    return placeholders.fill(
        words,
        {
            "count": format_number(snapshot.total),
            "goal": format_number(goals.current_goal(snapshot.total, campaign.goal)),
            "title": campaign.text(language).title,
            "link": links().page(campaign.slug, language),
            "lead": campaign.lead.name,
        },
    )


def figures(campaign: Campaign, recipient: Recipient, snapshot: Snapshot, named: Labels) -> dict[str, Any]:
    """The page of totals, the recipient's own district in bold."""
    own = recipient.district.get(campaign.languages[0], "") if campaign.districts else ""
    total = format_number(snapshot.total)
    words = ngettext("%(total)s person in all.", "%(total)s people in all.", snapshot.total, total=total)
    return {
        "head": gettext("Who has signed"),
        "words": words,
        "tables": tables(snapshot, campaign, named, own),
    }


def reasons(part: Sequence[Words], *, first: bool) -> dict[str, Any]:
    """A part of the reasons; only the first one has the heading."""
    return {
        "head": gettext("Why people have signed") if first else "",
        "words": gettext("In their own words, each in the language in which it was written."),
        "list": [
            {
                "words": one.words,
                "name": one.name or gettext("Name not shown"),
                "language": one.language,
                "rtl": language_named(one.language).direction == "rtl",
            }
            for one in part
        ],
    }


def name_pages(snapshot: Snapshot) -> Iterator[dict[str, Any]]:
    """The pages of the list, one by one, filled column by column."""
    lines, done = snapshot.lines(), 0
    words = gettext("As their owners allowed: first name and initial.") if snapshot.named else ""
    tail = _tail(snapshot)
    while done < snapshot.named or done == 0:
        rows = ROWS if done else FIRST_ROWS
        part = list(islice(lines, rows * COLUMNS))
        first, last = done == 0, done + len(part) >= snapshot.named
        fits = len(part) <= (rows - 7) * COLUMNS
        high = min(rows, -(-len(part) // COLUMNS)) if last else rows
        entries = [entry(done + n, line) for n, line in enumerate(part, 1)]
        columns = [entries[at : at + high] for at in range(0, len(entries), high)] if entries else []
        yield {
            "head": gettext("The names") if first else "",
            "words": words,
            "columns": columns,
            "tail": tail if last and fits else "",
        }
        done += len(part)
        if last:
            if tail and not fits:
                yield {"head": "", "words": "", "columns": [], "tail": tail}
            return


def _tail(snapshot: Snapshot) -> str:
    """Those who are counted and not named."""
    n = snapshot.nameless
    if not n:
        return ""
    number = format_number(n)
    if not snapshot.named:
        return str(
            ngettext(
                "%(number)s person signed without showing their name.",
                "%(number)s people signed without showing their names.",
                n,
                number=number,
            )
        )
    return str(
        ngettext(
            "And %(number)s more person who signed without showing their name.",
            "And %(number)s more people who signed without showing their names.",
            n,
            number=number,
        )
    )


def entry(number: int, line: Line) -> Entry:
    """A name with its number, as one line shows them."""
    shown = f"{ISOLATE}{line.name}{END}"
    wide = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line.name)
    for most, size in ((22, 0.0), (30, 7.0), (52, 5.5), (90, 4.5)):
        if wide <= most:
            return (format_number(number), shown, size) if size else (format_number(number), shown)
    return format_number(number), shown, 3.2
