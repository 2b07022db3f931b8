"""Keys and sealing: who signed stands nowhere in clear, and each process holds only its own keys.

A signer's details are kept twice. The sealed copy opens with the campaign's private key, which only
workers and the staff console hold. The record opens with the signer's own link, so that the public
pages can show it while the link is in hand. The mailbox itself is known by its blind index, an HMAC
under a key of the campaign. Destroying a campaign's keys erases its signers, in backups too (rule 6).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import stat
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from nacl.bindings import sodium_unpad
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import SecretBox

BLOCK = 128
"""Details are padded to a multiple of this many bytes, so that their length tells nothing."""

SEED_BYTES = 32

LOOK_AGAIN = 1.0
"""Seconds after which a key that every signature or mail needs is looked for on disk again."""

Key = TypeVar("Key")
Recent = dict[str, tuple[Key, float]]
"""Keys by campaign, each with the moment until which it is believed to be there."""


_ENCODER = json.JSONEncoder(ensure_ascii=False)


class KeyMissing(Exception):
    """A key is not in this process's keyring; nothing is done without it, never in clear instead."""


class SealBroken(Exception):
    """The bytes were not sealed with this key, or were changed since."""


class Keyring:
    """The keys in one folder: two for the instance, two for each campaign.

    `web.key` signs form tokens and codes, `index/<id>.key` makes a campaign's blind indexes; the
    public processes need these. `private/<id>.key` opens sealed details; they do without it. Where
    they run as a user of their own, the folder carries the set-group-ID bit: its group may then read
    all but `private/`.
    """

    def __init__(self, folder: Path, *, holds_private: bool = True) -> None:
        self.folder = folder
        self.holds_private = holds_private
        self._known: dict[Path, bytes] = {}
        self._secrets: dict[str, bytes] = {}
        self._index_keys: Recent[bytes] = {}
        self._private_keys: Recent[PrivateKey] = {}

    def prepare(self) -> None:
        """Make the instance's own keys where they are missing."""
        for name in ("web.key", "master.key"):
            if not (self.folder / name).exists():
                self._write(self.folder / name, secrets.token_bytes(32))

    def secret(self, purpose: str) -> bytes:
        """32 bytes for one purpose of the public pages, such as `form`; the same on every start."""
        if purpose not in self._secrets:
            self._secrets[purpose] = derive(self._read(self.folder / "web.key"), purpose)
        return self._secrets[purpose]

    def create(self, key_id: str) -> bytes:
        """Make a campaign's keys and return the public one. Both are on disk before anything is sealed.

        Keys that are there already stay, and the public one is theirs.
        """
        path = self.folder / "private" / f"{key_id}.key"
        self._write(self.folder / "index" / f"{key_id}.key", secrets.token_bytes(32))
        self._write(path, bytes(PrivateKey.generate()))
        return bytes(PrivateKey(path.read_bytes()).public_key)

    def index_key(self, key_id: str) -> bytes:
        """The key of a campaign's blind indexes: from the master secret and the campaign's own half.

        One that another process destroyed is not used here any more after `LOOK_AGAIN` seconds.
        """
        return _recent(self._index_keys, key_id, self._make_index_key)

    def _make_index_key(self, key_id: str) -> bytes:
        own = self._read(self.folder / "index" / f"{key_id}.key")
        return hmac.digest(self._read(self.folder / "master.key"), b"index" + own, "sha256")

    def private_key(self, key_id: str) -> PrivateKey:
        """What opens a campaign's sealed details. Raises `KeyMissing` in processes without it.

        One that another process destroyed is not used here any more after `LOOK_AGAIN` seconds.
        """
        if not self.holds_private:
            raise KeyMissing("this process does not hold private keys")
        return _recent(self._private_keys, key_id, self._make_private_key)

    def _make_private_key(self, key_id: str) -> PrivateKey:
        return PrivateKey(self._read(self.folder / "private" / f"{key_id}.key"))

    def holds(self, key_id: str) -> bool:
        """Whether a campaign's keys are here and can be read, as far as this process needs them."""
        try:
            self.index_key(key_id)
            if self.holds_private:
                self.private_key(key_id)
        except KeyMissing:
            return False
        return True

    def destroy(self, key_id: str) -> None:
        """Erase a campaign's signers for good: without these keys their details are noise."""
        for part in ("private", "index"):
            path = self.folder / part / f"{key_id}.key"
            if path.exists():
                path.write_bytes(secrets.token_bytes(path.stat().st_size))
                path.unlink()
            self._known.pop(path, None)
        # last, so that nobody reads them anew meanwhile
        self._index_keys.pop(key_id, None)
        self._private_keys.pop(key_id, None)

    def faults(self) -> list[str]:
        """What is wrong with the folder: missing keys, or files that others on the machine can read."""
        found = [f"{self.folder / n} is missing" for n in ("web.key", "master.key") if not (self.folder / n).exists()]
        shared = self.folder.exists() and _is_shared(self.folder)
        for path in [self.folder, *self.folder.rglob("*.key")]:
            allowed = stat.S_IRGRP | stat.S_IXGRP if shared and path.parent.name != "private" else 0
            if path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) & ~allowed:
                found.append(f"{path} can be read by others: chmod go= {path}")
        return found

    def _read(self, path: Path) -> bytes:
        if path not in self._known or not path.exists():
            self._known.pop(path, None)
            try:
                self._known[path] = path.read_bytes()
            except OSError as error:
                raise KeyMissing(f"the key {path.name} is not in the keyring {self.folder}") from error
        return self._known[path]

    def _write(self, path: Path, value: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in {self.folder, path.parent}:
            _close(folder)
        temporary = path.with_suffix(f".{secrets.token_hex(4)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            if _is_shared(path.parent):
                os.fchmod(descriptor, 0o640)
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
        _sync_folder(path.parent)


def _is_shared(folder: Path) -> bool:
    """Whether the group of a folder is meant to read what lies in it."""
    return bool(folder.stat().st_mode & stat.S_ISGID)


def _close(folder: Path) -> None:
    """Shut a folder to everyone else; a shared one is left open to its group, but private keys never are."""
    wanted = 0o2750 if _is_shared(folder) and folder.name != "private" else 0o700
    if stat.S_IMODE(folder.stat().st_mode) != wanted:
        folder.chmod(wanted)


def _sync_folder(folder: Path) -> None:
    """Put a new file's name on disk too: its bytes alone do not survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _recent(known: Recent[Key], key_id: str, make: Callable[[str], Key]) -> Key:
    """A key that was looked for a moment ago, or looked for now. Raises `KeyMissing`."""
    found = known.get(key_id)
    if found is not None and time.monotonic() < found[1]:
        return found[0]
    for old in [name for name, (_, until) in tuple(known.items()) if until <= time.monotonic()]:
        known.pop(old, None)
    key = make(key_id)
    known[key_id] = key, time.monotonic() + LOOK_AGAIN
    return key


def derive(key: bytes, purpose: str, size: int = 32) -> bytes:
    """A key or token of its own for each purpose; knowing one tells nothing of the others."""
    return hashlib.blake2b(purpose.encode(), key=key, digest_size=size, person=b"clarion").digest()


def blind_index(index_key: bytes, canonical: str) -> bytes:
    """16 bytes that stand for a mailbox within one campaign (rule 4)."""
    return hmac.digest(index_key, canonical.encode(), "sha256")[:16]


def seal(public_key: bytes, details: Mapping[str, str]) -> bytes:
    """Details that only the holder of the campaign's private key can read again."""
    return bytes(SealedBox(_public_key(public_key)).encrypt(_pack(details)))


def open_sealed(private_key: PrivateKey, sealed: bytes) -> dict[str, str]:
    """What `seal` was given. Raises `SealBroken`."""
    try:
        return _unpack(SealedBox(private_key).decrypt(sealed))
    except CryptoError as error:
        raise SealBroken from error


class Link:
    """A signer's own link: one random seed, and all that follows from it.

    The seed itself is the token of the signer's page. Everything else is derived one way, so the
    confirmation link opens no record, and the database, which keeps only look-ups, opens nothing.
    """

    def __init__(self, seed: bytes | None = None) -> None:
        self.seed = seed or secrets.token_bytes(SEED_BYTES)

    @classmethod
    def from_token(cls, token: str) -> Link | None:
        """The link whose page has this token, or `None` if it cannot be one."""
        seed = decode_token(token)
        return cls(seed) if seed is not None and len(seed) == SEED_BYTES else None

    @classmethod
    def from_text(cls, text: str) -> Link:
        """The link as `text` wrote it into the sealed details."""
        return cls(base64.urlsafe_b64decode(text))

    @property
    def text(self) -> str:
        """The seed, for the sealed details."""
        return base64.urlsafe_b64encode(self.seed).decode()

    @property
    def me_token(self) -> str:
        """The token of `/me/<token>`."""
        return encode_token(self.seed)

    @property
    def confirm_token(self) -> str:
        """The token of `/confirm/<token>`."""
        return encode_token(derive(self.seed, "confirm", 24))

    @property
    def code(self) -> str:
        """The six digits for those who would rather type than follow a link."""
        return f"{int.from_bytes(derive(self.seed, 'code'), 'big') % 1_000_000:06d}"

    def seal_record(self, details: Mapping[str, str]) -> bytes:
        """The second copy, which opens with this link alone."""
        return encrypt(SecretBox(derive(self.seed, "record")), _pack(details))

    def open_record(self, record: bytes) -> dict[str, str]:
        """What `seal_record` was given. Raises `SealBroken`."""
        try:
            return _unpack(SecretBox(derive(self.seed, "record")).decrypt(record))
        except CryptoError as error:
            raise SealBroken from error


def encrypt(box: SecretBox, content: bytes) -> bytes:
    """Encrypt with a fresh nonce.

    Each call into libsodium hands the interpreter to another thread, so with many signers at once the
    calls that can be spared count for more than what is done in them: the nonce is drawn here.
    """
    return bytes(box.encrypt(content, os.urandom(SecretBox.NONCE_SIZE)))


def look_up(token: str) -> bytes | None:
    """16 bytes by which the database finds a token that it does not know; `None` for garbage."""
    raw = decode_token(token)
    return None if raw is None else hashlib.blake2b(raw, digest_size=16, person=b"look-up").digest()


def encode_token(raw: bytes) -> str:
    """Bytes as they stand in an address."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_token(token: str) -> bytes | None:
    """The bytes of a token, or `None` if it is not written as `encode_token` writes."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if encode_token(raw) == token else None


def _pack(details: Mapping[str, str]) -> bytes:
    """Details as bytes, padded as ISO/IEC 7816-4 has it: one byte 0x80, then zeros."""
    plain = _ENCODER.encode(dict(details)).encode() + b"\x80"
    return plain + bytes(-len(plain) % BLOCK)


def _unpack(packed: bytes) -> dict[str, str]:
    return {str(k): str(v) for k, v in json.loads(sodium_unpad(packed, BLOCK)).items()}


@lru_cache(maxsize=256)
def _public_key(raw: bytes) -> PublicKey:
    return PublicKey(raw)
