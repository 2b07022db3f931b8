"""Mails as files: a mailbox for home that any mail program opens."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from .channels import Mail, Retry


class FileChannel:
    """Writes each mail as an `.eml` file that any mail program opens: a mailbox for home."""

    def __init__(self, folder: Path, shown: str, sender: str = "petitions@localhost.example") -> None:
        self.folder = folder
        self.sender = sender
        self.way = f"are written to {shown}"

    def send(self, mail: Mail) -> str:
        """Write the file whole or not at all; a second attempt writes the same file again."""
        path = self.folder / f"{abs(mail.message_id):06d}-{mail.name}.eml"
        temporary = self.folder / f".{secrets.token_hex(8)}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                file.write(mail.content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise Retry(type(error).__name__) from error
        return "250 written"
