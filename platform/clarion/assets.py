"""Static files: read once, served from memory under a name that holds their digest, kept for ever."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, url_for

from .security import access

FOLDER = Path(__file__).parent / "static"

bp = Blueprint("assets", __name__)


class Assets:
    """The files of `static/` by their public name, `clarion.3f9a2c1b.css`."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.bodies: dict[str, bytes] = {}
        self.names: dict[str, str] = {}
        for path in sorted(folder.iterdir()):
            body = path.read_bytes()
            name = f"{path.stem}.{hashlib.sha256(body).hexdigest()[:8]}{path.suffix}"
            self.bodies[name] = body
            self.names[path.name] = name

    def url(self, name: str) -> str:
        """The address of a file, `asset("clarion.css")` in templates."""
        return url_for("assets.file", name=self.names[name])


def init_assets(app: Flask) -> None:
    """Load the files and offer `asset` to templates."""
    assets = Assets()
    app.extensions["clarion.assets"] = assets
    app.jinja_env.globals["asset"] = assets.url
    app.register_blueprint(bp)


@bp.get("/static/<name>")
@access("public")
def file(name: str) -> Response:
    """One file; its name changes with its content, so it never needs asking for again."""
    assets: Assets = current_app.extensions["clarion.assets"]
    if name not in assets.bodies:
        abort(404)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    response = Response(assets.bodies[name], content_type=kind)
    if kind.startswith(("text/", "application/javascript")):
        response.headers["Content-Type"] = f"{kind}; charset=utf-8"
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
