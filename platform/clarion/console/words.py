"""What roles and states are called for people."""

from __future__ import annotations

import re

from flask import Flask, current_app, g, request
from flask_babel import gettext

from ..campaigns.live import organisation_name
from ..domain.languages import Language
from ..domain.pasting import Doubt
from ..staff import seconds

_LINK = re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|net|org|info|ru|cn|io|me|biz|shop|xyz)\b", re.IGNORECASE)
_REACH = re.compile(r"[\w.+-]+@[\w-]+\.\w+|(?:\+|\b)\d[\d ().-]{7,}\d\b")
_SHOUTING = 20
"""Letters, all capital, from which on words look shouted."""


def init_words(app: Flask) -> None:
    """Let templates say them."""
    app.jinja_env.globals.update(
        roles_here=role_words,
        organisation_name=organisation_name,
        languages_here=lambda: list(current_app.extensions["clarion.languages"].values()),
        language_called=language_called,
        here_path=lambda: request.full_path.rstrip("?") if request.method == "GET" else "/staff/",
        strong=lambda: seconds.has_second(g.staff),
        hints=hints,
    )


def language_called(code: str) -> str:
    """A language by its own name."""
    known: dict[str, Language] = current_app.extensions["clarion.languages"]
    return known[code].name if code in known else code


def hints(words: str) -> list[str]:
    """What a person had better look at twice. Nothing is decided by these."""
    letters = [letter for letter in words if letter.isalpha()]
    found = []
    if _LINK.search(words):
        found.append(gettext("link"))
    if _REACH.search(words):
        found.append(gettext("address or number"))
    if len(letters) >= _SHOUTING and all(letter.isupper() for letter in letters):
        found.append(gettext("all capitals"))
    return found


def role_words() -> dict[str, tuple[str, str]]:
    """Each role's name, and what it may do, in a sentence."""
    return {
        "owner": (gettext("Owner"), gettext("Does everything, and decides who else is in.")),
        "editor": (gettext("Editor"), gettext("Works on campaigns and reads signers' reasons.")),
        "moderator": (gettext("Moderator"), gettext("Decides which of the signers' reasons are shown.")),
        "analyst": (gettext("Analyst"), gettext("Sees figures, and no person.")),
    }


def doubt_words(doubt: Doubt) -> str:
    """What is doubtful, in the reader's language."""
    detail = doubt.detail
    words = {
        "cut off": gettext("it breaks off in the middle: %(detail)s", detail=detail),
        "no office": gettext("the office of %(detail)s is not told", detail=detail),
        "no title": gettext("there is no title"),
        "no ask": gettext("nothing says what is asked"),
        "no why": gettext("nothing says why it is important"),
        "no recipients": gettext("nobody is addressed"),
        "nothing": gettext("there is no text"),
        "language": gettext("some of it seems to be in a language that is not offered here: %(detail)s", detail=detail),
    }
    return str(words[doubt.code])


def source_words(source: str) -> str:
    """How people came to sign, in words; another source is shown as it is."""
    known = {
        "page": gettext("The petition's page"),
        "share": gettext("Links that signers passed on"),
        "link": gettext("Links of organizations"),
        "api": gettext("Other programs"),
        "osdi": gettext("Other programs (OSDI)"),
        "text": gettext("By text message"),
        "embed": gettext("The form on partners' sites"),
    }
    return str(known.get(source, source))


def state_words() -> dict[str, str]:
    """What a campaign's states are called."""
    return {
        "draft": gettext("Draft"),
        "live": gettext("Live"),
        "paused": gettext("Paused"),
        "closed": gettext("Closed"),
    }
