"""Every sentence that is ever texted, in one place, so that each can be read, counted and shown to carriers.

Each names who writes. What law and carriers ask for stands in the first text, in the one after a yes, and in the
answers to HELP and STOP: who, how often, what it costs, how to get help and how to end it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask_babel import force_locale

from clarion.api import translations

Own = Mapping[str, Mapping[str, str]]
"""A campaign's own words, by message and language."""

_CATALOGS = Path(__file__).parent / "translations"
_MARK = re.compile(r"%\((\w+)\)s")
_OWN_MARK = re.compile(r"\{\{ *(\w+) *\}\}")


@dataclass(frozen=True, slots=True)
class Phrase:
    """One message."""

    message: str
    """In English, as the catalogs know it."""
    segments: int = 1
    """As how many texts it is billed with usual values."""
    says: tuple[str, ...] = ()
    """Words that it has in every language, a campaign's own words too."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The values that are filled in."""
        return tuple(dict.fromkeys(_MARK.findall(self.message)))


def _(message: str) -> str:
    """Mark a message for the catalogs."""
    return message


PHRASES: Mapping[str, Phrase] = {
    "ask_name": Phrase(
        _(
            '%(who)s: to sign "%(title)s", reply with your name. Msg & data rates may apply. HELP for help, '
            "STOP to end."
        ),
        2,
        ("HELP", "STOP"),
    ),
    "ask_postal_code": Phrase(_("%(who)s: thank you. What is your ZIP code?")),
    "ask_consent": Phrase(_('%(who)s asks: "%(consent)s" Reply YES or NO.'), 2),
    "thanks": Phrase(_("%(who)s: thank you! Your name counts. To see or change what we keep about you: %(link)s"), 2),
    "already": Phrase(
        _("%(who)s: you have signed this petition before, and your name counts. To see or change it: %(link)s"), 2
    ),
    "stopped": Phrase(
        _("%(who)s: you get no more texts from any petition here. Reply START to get them again. Help: %(help)s"),
        says=("START",),
    ),
    "started": Phrase(
        _(
            "%(who)s: you can get our texts again, up to %(a_month)s a month. Msg & data rates may apply. "
            "HELP for help, STOP to end."
        ),
        says=("HELP", "STOP"),
    ),
    "help": Phrase(
        _(
            '%(who)s: help with "%(title)s": %(help)s. Up to %(a_month)s msgs a month. Msg & data rates may apply. '
            "STOP to end."
        ),
        2,
        ("STOP",),
    ),
    "code": Phrase(
        _("%(who)s: %(code)s is your code to confirm your signature. If you did not ask for it, do nothing.")
    ),
    "again": Phrase(_("%(who)s: sorry, we did not understand. %(question)s")),
    "bad_postal_code": Phrase(
        _("%(who)s: we do not know that ZIP code. Please reply with all its digits, such as 20009.")
    ),
    "bad_name": Phrase(
        _("%(who)s: that does not look like a name. Please reply with your first and last name, such as Ana Luna.")
    ),
    "closed": Phrase(_('%(who)s: "%(title)s" takes no signatures now. Thank you for wanting to sign. %(link)s'), 2),
    "confirm_number": Phrase(
        _(
            "Reply YES to get texts from %(who)s, up to %(a_month)s a month. Msg & data rates may apply. "
            "HELP for help, STOP to end."
        ),
        says=("HELP", "STOP"),
    ),
    "was_it_you": Phrase(
        _(
            '%(who)s: a signature on the web for "%(title)s" names this number. Was that you? Reply YES or NO. '
            "STOP to end."
        ),
        2,
        ("STOP",),
    ),
    "welcome": Phrase(
        _(
            "%(who)s: you will get our texts, up to %(a_month)s a month. Msg & data rates may apply. "
            "HELP for help, STOP to end."
        ),
        says=("HELP", "STOP"),
    ),
    "brief_foot": Phrase(_("STOP to end"), says=("STOP",)),
}
"""By the name under which a campaign may have its own words, `[plugins.sms.words.<name>]`."""

QUESTIONS: Mapping[str, str] = {
    "name": _("Please reply with your name."),
    "postal_code": _("Please reply with your ZIP code."),
    "consent": _("Please reply YES or NO."),
}
"""What `again` asks, by what is waited for."""

MOST = 320
"""Letters of a campaign's own words for one message: about two segments."""


def say(phrase: str, language: str, own: Own | None = None, /, **values: object) -> str:
    """A message in a language: in the campaign's own words where it has some, else in the plugin's.

    Raises `KeyError` where there is no such message, or one of its values is missing.
    """
    known = PHRASES[phrase]
    filled = {name: str(values[name]) for name in known.needs}
    words = (own or {}).get(phrase, {}).get(language)
    if words is not None:
        return _OWN_MARK.sub(lambda mark: filled[mark[1]], words)
    with force_locale(language):
        return translations(__name__).gettext(known.message, **filled)


def question(step: str, language: str) -> str:
    """What `again` asks when a name, a postal code or a yes is waited for. Raises `KeyError`."""
    with force_locale(language):
        return translations(__name__).gettext(QUESTIONS[step])


def unsaid(language: str, own: Own) -> list[str]:
    """The messages for which there are no words in a language, neither the plugin's nor the campaign's own."""
    if language == "en" or (_CATALOGS / language).is_dir():
        return []
    return [name for name in PHRASES if language not in own.get(name, {})]


def fault(phrase: str, words: str) -> str:
    """What is wrong with a campaign's own words for a message, and what to do; empty if nothing is."""
    known, marks = PHRASES[phrase], _OWN_MARK.findall(words)
    if not words.strip() or not words.isprintable():
        return "write one line of plain words"
    if len(words) > MOST:
        return f"it has {len(words)} letters: write {MOST} at most, as each text of 160 is billed"
    for mark in marks:
        if mark not in known.needs:
            places = ", ".join(f"{{{{{name}}}}}" for name in known.needs) or "no places to fill in"
            return f"{{{{{mark}}}}} is not filled in here: it has {places}"
    for name in known.needs:
        if name not in marks and name != "title":
            return f"it lacks {{{{{name}}}}}: write it where that belongs"
    for word in known.says:
        if word not in words:
            return f"it lacks the word {word}, which carriers look for: write it in capitals, as people text it"
    return ""
