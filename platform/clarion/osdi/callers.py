"""Who calls: a key in the header of OSDI, or where every other program here has it."""

from __future__ import annotations

from flask import request

from ..rest.callers import bearer

HEADER = "OSDI-API-Token"


def sent_key() -> str | None:
    """The key of a call, empty if there is something else; `None` where there is no header for one."""
    return request.headers[HEADER].strip() if HEADER in request.headers else bearer()
