"""Texts as files, for home: one for each, whole or not at all."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from pathlib import Path

from flask import Request

from clarion.api import Retry, Text

from .base import Accepted, Forged, Received, Told


class FileGateway:
    """Writes each text as `var/sms/000017-thanks-es.json`."""

    name = "file"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, text: Text) -> Accepted:
        """Write the file; a second try writes the same one again."""
        path = self._folder / f"{text.message_id:06d}-{text.name}.json"
        temporary = self._folder / f".{secrets.token_hex(8)}"
        said = {"to": text.recipient, "from": text.sender, "words": text.words}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", "utf-8")
            temporary.replace(path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink()
            raise Retry(type(error).__name__) from error
        return Accepted(path.name, "written")

    def received(self, _request: Request) -> Received | None:
        """Nobody writes to a folder."""
        raise Forged

    def told(self, _request: Request) -> Told | None:
        """Nor tells of one."""
        raise Forged
