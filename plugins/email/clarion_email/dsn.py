"""Bounces and complaints that come as mails: read from a mailbox in a file (mbox) or a folder (Maildir).

A bounce is a report of delivery (RFC 3464), a complaint a report of feedback (RFC 5965). Both return the headers of our
mail, and with them its Message-ID. Who sent the report does not matter: nobody else can make up such a Message-ID.
"""

from __future__ import annotations

import email
import hashlib
import mailbox
import os
import re
from collections.abc import Iterable
from contextlib import closing
from email.message import Message
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any

from clarion.api import log, report_feedback

from .hooks import Told

MOST = 500
"""Mails read in one go; the others a minute later."""

LONGEST = 1024 * 1024
"""Bytes of a mail that are read. What a report says stands at its beginning."""

COMPLAINTS = ("abuse", "fraud", "opt-out")
_FINAL = re.compile(r"\b(5\.\d{1,3}\.\d{1,3})\b")
_ID = re.compile(r"<[^<>\s]+>")
_STATUS = re.compile(rb"^Status:.*\n", re.IGNORECASE | re.MULTILINE)


class BounceMailbox:
    """The mailbox that reports are sent to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = (0, 0)
        """Length and time of the file when all in it had been read."""
        self._missed = False
        """Whether the log says that nothing is there."""

    def fault(self) -> str:
        """Why whoever asks could not read it, if so."""
        if not os.access(self._path, os.F_OK):
            return f"bounces: there is no mailbox {self._path}. Make it, or name the right one."
        is_folder = self._path.is_dir()
        if not os.access(self._path, os.R_OK | os.W_OK | (os.X_OK if is_folder else 0)):
            return f"bounces: this user may not read and write the mailbox {self._path}."
        if is_folder and not (self._path / "new").is_dir():
            return f"bounces: {self._path} is no Maildir, which has a folder new."
        return ""

    def read(self) -> int:
        """Act on the reports that are new, and mark them as read; how many mails were looked at."""
        if self._path.is_dir():
            return self._read_folder()
        if self._path.is_file():
            return self._read_file()
        if not self._missed:
            self._missed = True  # it may be made with the first mail, or its name be wrong
            log.warning("no mailbox for bounces", path=str(self._path))
        return 0

    def _read_folder(self) -> int:
        """A Maildir: what was read goes over from `new` to `cur`, as every mail program does it."""
        new = self._path / "new"
        found = sorted(path for path in new.iterdir() if path.is_file())[:MOST] if new.is_dir() else []
        for path in found:
            with path.open("rb") as file:
                _act_on(file.read(LONGEST))
            read = self._path / "cur"
            read.mkdir(exist_ok=True)
            path.rename(read / f"{path.name.partition(':')[0]}:2,S")
        return len(found)

    def _read_file(self) -> int:
        """An mbox: mails are marked as read in it, under the lock that mail servers use."""
        if self._stamp() == self._seen:
            return 0
        read = 0
        with closing(mailbox.mbox(self._path, create=False)) as box:
            try:
                box.lock()
            except mailbox.ExternalClashError:
                return 0  # something is being delivered; a minute later it is not
            for key in box.iterkeys():
                if read == MOST:
                    break
                read += _mark_read(box, key)
            # closing writes it and takes the lock away
        if read < MOST:
            self._seen = self._stamp()
        return read

    def _stamp(self) -> tuple[int, int]:
        found = self._path.stat()
        return found.st_size, found.st_mtime_ns


def _mark_read(box: mailbox.mbox, key: Any) -> int:
    """Act on a mail of a file if it is new; how many that were."""
    with box.get_file(key) as file:
        raw = file.read(LONGEST)
    if "R" in str(BytesHeaderParser().parsebytes(raw).get("Status", "")):
        return 0
    _act_on(raw)
    # as bytes: a mail that cannot be taken apart must not come back every minute
    whole = box.get_bytes(key, from_=True)
    first, _, mail = whole.partition(b"\n")
    head, gap, body = mail.partition(b"\n\n")
    box[key] = first + b"\nStatus: RO\n" + _STATUS.sub(b"", head + b"\n").rstrip(b"\n") + gap + body
    return 1


def _act_on(raw: bytes) -> None:
    try:
        found = list(reports(raw))
    except Exception as error:  # noqa: BLE001 - anybody can write to this mailbox, and one mail must not stop the rest
        log.warning("report unreadable", error=type(error).__name__)
        return
    for told in found:
        report_feedback("dsn", told.event_key, told.message_id, told.kind, told.code)


def reports(raw: bytes) -> Iterable[Told]:
    """What a mail tells of a mail of ours: nothing for most, one thing for a report."""
    message = email.message_from_bytes(raw)
    parts = list(message.walk())
    ids = [found for part in parts for found in _returned_ids(part)]
    if not ids:
        return
    own = str(message.get("Message-ID", "")).strip() or hashlib.sha256(raw).hexdigest()
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/delivery-status" and (status := _failed_with(part)):
            yield Told(f"{own} {ids[0]}", ids[0], "bounced", status)
            return
        if kind == "message/feedback-report" and _feedback_type(part) in COMPLAINTS:
            yield Told(f"{own} {ids[0]}", ids[0], "complained")
            return


def _blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _failed_with(part: Message) -> str:
    """The status of a recipient that the mail will never reach, or nothing."""
    for block in _blocks(part):
        final = _FINAL.search(str(block.get("Status", "")))
        if str(block.get("Action", "")).strip().lower() == "failed" and final:
            return final[1]
    return ""


def _feedback_type(part: Message) -> str:
    """What kind of report it is; the standard library reads its fields as the headers of a mail inside."""
    blocks = _blocks(part)
    return str(blocks[0].get("Feedback-Type", "")).strip().lower() if blocks else ""


def _returned_ids(part: Message) -> list[str]:
    """The Message-ID in the headers that came back, whole or as a text."""
    kind = part.get_content_type()
    returned: list[Message] = []
    if kind in ("message/rfc822", "message/global", "message/global-headers"):
        returned = _blocks(part)
    elif kind in ("text/rfc822-headers", "text/rfc822"):
        payload = part.get_payload(decode=True)
        returned = [email.message_from_bytes(payload)] if isinstance(payload, bytes) else []
    return [found for one in returned for found in _ID.findall(str(one.get("Message-ID", "")))]
