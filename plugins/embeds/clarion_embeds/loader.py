"""The loader: the script that puts a frame into a page and lets it grow."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from flask import Blueprint, Response, abort

from clarion.api import access

BODY = (Path(__file__).parent / "static" / "embed.js").read_bytes()
DIGEST = hashlib.sha256(BODY).hexdigest()[:12]
INTEGRITY = "sha384-" + base64.b64encode(hashlib.sha384(BODY).digest()).decode()
"""What a page may check the script against (Subresource Integrity)."""

NEWEST, VERSIONED = "/embed.js", "/embed.<digest>.js"
PATH = f"/embed.{DIGEST}.js"
"""The address of just these bytes."""


def _script(cache: str) -> Response:
    response = Response(BODY, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = cache
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def blueprint() -> Blueprint:
    """The routes of the loader."""
    pages = Blueprint("loader", __name__)

    @pages.get(NEWEST)
    @access("public")
    def newest() -> Response:
        return _script("public, max-age=600, stale-while-revalidate=86400")

    @pages.get(VERSIONED)
    @access("public")
    def versioned(digest: str) -> Response:
        if digest != DIGEST:
            abort(404)
        return _script("public, max-age=31536000, immutable")

    return pages
