"""A campaign's own words for mails, `mail/confirm.es.md` and its sisters, in place of the platform's.

They stand above what the mail is for, the button and the code: no wording can lose those. Whatever a campaign has not
worded is said in the platform's words.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..domain import placeholders, prose
from ..domain.campaign import Wording
from ..domain.faults import did_you_mean
from .folder import Folder
from .schema import MAIL_KEYS, MAIL_KINDS, MAX_MAIL, PERSONAL
from .textfile import TextFile, parse_text
from .texts import check_keys, check_words

FOLDER = "mail"


def read_wordings(folder: Folder, codes: Sequence[str], known: Collection[str] = ()) -> dict[str, dict[str, Wording]]:
    """The wordings by kind and language; `known` are further languages, whose wordings wait until they are shown."""
    found: dict[str, dict[str, Wording]] = {}
    for path in sorted((folder.path / FOLDER).glob("*")):
        file = f"{FOLDER}/{path.name}"
        kind, _, code = path.stem.rpartition(".")
        if path.name.startswith((".", "_")):
            continue
        if path.is_dir() or path.suffix != ".md" or not kind or (code not in codes and code not in known):
            hint = f"Name it for its mail and a language of the campaign, such as {FOLDER}/confirm.{codes[0]}.md."
            folder.fault(file, "This names no mail and language.", hint)
        elif kind not in MAIL_KINDS:
            folder.fault(file, f'There is no mail "{kind}" to word.', did_you_mean(kind, MAIL_KINDS))
        elif (wording := _read(folder, file, kind)) and code in codes:
            found.setdefault(kind, {})[code] = wording
    return found


def _read(folder: Folder, file: str, kind: str) -> Wording | None:
    source = folder.read(file)
    if source is None:
        return None
    parsed = parse_text(source, "subject")
    for line, message, hint in parsed.faults:
        folder.fault(file, message, hint, line)
    subject = " ".join(parsed.head.get("subject", "").split())
    if not parsed.faults and not subject:
        folder.fault(file, "The subject is missing.", 'Write "subject: …" in the head.', 1, "subject")
    if not parsed.faults and not parsed.body.strip():
        folder.fault(file, "The mail says nothing.", "Write below the head what it shall say.", parsed.body_line)
    check_keys(folder, file, parsed, MAIL_KEYS, MAX_MAIL)
    personal = PERSONAL.get(kind, {})
    check_words(folder, file, parsed, MAIL_KEYS, MAX_MAIL, (*placeholders.KNOWN, *personal))
    if len(parsed.body) <= MAX_MAIL:
        _check_targets(folder, file, parsed, tuple(personal))
        check_for_mail(folder, file, parsed.body, parsed.body_line)
    return Wording(subject, parsed.body)


def _check_targets(folder: Folder, file: str, parsed: TextFile, personal: Sequence[str]) -> None:
    """Note links that would carry somebody's name, link or code to another site, or lead where a name says."""
    marks = {name: f"{placeholders.RESERVED}{name}" for name in personal}
    for target, line in prose.targets(placeholders.fill(parsed.body, marks)):
        for name, mark in marks.items():
            if mark in target and not (name == "confirm_link" and target == mark):
                message = f'"{{{{{name}}}}}" cannot be part of a link.'
                hint = "Link to an address that is the same for everybody."
                folder.fault(file, message, hint, parsed.body_line + line - 1)


def check_for_mail(folder: Folder, file: str, words: str, first: int, key: str = "") -> None:
    """Note what no mail can hold: pictures, which would tell who opens it, and links within a page that is not there.

    `first` is the line on which the words begin.
    """
    for source, line in prose.images(words):
        hint = "Link to a page that shows it."
        folder.fault(file, f'A mail holds no pictures: "{source[:60]}".', hint, first + line - 1, key)
    for target, line in prose.targets(words):
        if target.startswith("#"):
            hint = "Write the whole address of the page that is meant."
            folder.fault(file, f'A mail has no place "{target[:60]}" to lead to.', hint, first + line - 1, key)
