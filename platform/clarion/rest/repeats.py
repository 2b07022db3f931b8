"""Calls that may be sent twice: the header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).

Signing twice counts once by itself, and both are answered alike. So nothing of an answer is kept: only that a call was
made, for a day, as keyed hashes that tell nobody who it was about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import current_app
from flask_babel import gettext
from sqlalchemy import delete, select, update

from ..errors import Problem
from ..extensions import db, insert_if_new, now, transaction
from ..sealing import Keyring
from .models import ApiCall

LONGEST = 255
KEPT = timedelta(hours=24)
DIES = timedelta(minutes=1)
"""A call that was not answered by then has died, and may be made again."""


@contextmanager
def once(key: str | None, caller: str, content: bytes) -> Iterator[bool]:
    """Do something once for each key; gives whether it is to be done now.

    Raises `Problem` for a key that came with other content, or whose first call is not answered yet. If what is done
    fails, the key is free again.
    """
    if key is None:
        yield True
        return
    if not 1 <= len(key) <= LONGEST or not key.isprintable():
        words = gettext("An Idempotency-Key has 1 to %(most)s characters.", most=LONGEST)
        raise Problem(400, "idempotency-key-malformed", words)
    mark, digest = _hash(f"{caller}\n{key}".encode()), _hash(content)
    if not _take(mark, digest):
        yield False
        return
    try:
        yield True
    except BaseException:
        with transaction() as session:
            session.execute(delete(ApiCall).where(ApiCall.mark == mark))
        raise
    with transaction() as session:
        session.execute(update(ApiCall).where(ApiCall.mark == mark).values(done=True))


def forget() -> int:
    """Forget what is older than a day; how many."""
    with transaction() as session:
        return int(session.execute(delete(ApiCall).where(ApiCall.made_at < now() - KEPT)).rowcount)  # type: ignore[attr-defined]


def _take(mark: bytes, digest: bytes) -> bool:
    """Whether the call is ours to make; `False` if it was made. Raises `Problem`."""
    moment = now()
    with transaction() as session:
        session.execute(delete(ApiCall).where(ApiCall.mark == mark, ApiCall.made_at < moment - KEPT))
        row = {"mark": mark, "content": digest, "done": False, "made_at": moment}
        # the key that came back tells: such an INSERT has no row count on PostgreSQL
        if session.scalar(insert_if_new(ApiCall).values(row).returning(ApiCall.mark)) is not None:
            return True
    known = db.session.scalars(select(ApiCall).filter_by(mark=mark).execution_options(populate_existing=True)).first()
    if known is None:
        raise Problem(409, "idempotency-key-in-use", _in_use(), headers={"Retry-After": "1"})
    if known.content != digest:
        words = gettext("This Idempotency-Key was used with other content. Take a new one for each call.")
        raise Problem(422, "idempotency-key-reused", words)
    if known.done:
        return False
    with transaction() as session:
        died = ApiCall.mark == mark, ApiCall.done.is_(False), ApiCall.made_at < moment - DIES
        if session.execute(update(ApiCall).where(*died).values(made_at=moment)).rowcount:  # type: ignore[attr-defined]
            return True
    raise Problem(409, "idempotency-key-in-use", _in_use(), headers={"Retry-After": "1"})


def _in_use() -> str:
    return str(gettext("The first call with this Idempotency-Key is not answered yet. Please wait for it."))


def _hash(content: bytes) -> bytes:
    keyring: Keyring = current_app.extensions["clarion.keyring"]
    return hashlib.blake2b(content, key=keyring.secret("idempotency"), digest_size=32).digest()
