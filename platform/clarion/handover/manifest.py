"""What is in a folder, with the digest of each file: whoever gets it can see that nothing was changed on the way."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"


def seal_folder(folder: Path, told: Mapping[str, Any]) -> str:
    """Write the manifest and the sums of a folder's files; the SHA-256 of the manifest.

    `sha256sum -c SHA256SUMS` in the folder checks them all, the manifest among them.
    """
    own = (folder / MANIFEST, folder / SUMS)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path not in own]
    listed = [
        {"name": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size, "sha256": digest(path)}
        for path in files
    ]
    manifest = folder / MANIFEST
    manifest.write_text(json.dumps({**told, "files": listed}, ensure_ascii=False, indent=2) + "\n", "utf-8")
    sums = [(one["sha256"], one["name"]) for one in listed] + [(digest(manifest), MANIFEST)]
    (folder / SUMS).write_text("".join(f"{value}  {name}\n" for value, name in sums), "utf-8")
    return digest(manifest)


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def settle(folder: Path) -> None:
    """Shut a folder to everyone else and put all of it on disk."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    for path in (*folder.rglob("*"), folder):
        sync(path)


def sync(path: Path) -> None:
    """Put a file's bytes, or a folder's names, on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
