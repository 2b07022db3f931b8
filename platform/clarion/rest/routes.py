"""Puts the API into an application: all of it where the public is answered, a part of it into the console too."""

from __future__ import annotations

from flask import Flask

from ..settings import Settings
from . import pages, records, views
from .cursors import init_cursors
from .pace import init_pace
from .service import init_counts


def init_api(app: Flask, settings: Settings) -> None:
    """Serve the whole API; who reads signers in a process without private keys is told where to ask."""
    init_records(app, settings)
    init_counts(app)
    app.register_blueprint(views.bp)
    app.register_blueprint(pages.bp)


def init_records(app: Flask, settings: Settings) -> None:
    """Serve what an organisation may read of its own."""
    init_pace(app, settings)
    init_cursors(app)
    app.register_blueprint(records.bp)
