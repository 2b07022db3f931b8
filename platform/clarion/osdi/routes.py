"""Puts OSDI into an application: all of it where the public is answered, signers into the console too."""

from __future__ import annotations

from flask import Flask

from . import records, views


def init_osdi(app: Flask) -> None:
    """Serve the whole of it, once the API is there whose keys and limits it shares."""
    app.register_blueprint(views.bp)
    init_records(app)


def init_records(app: Flask) -> None:
    """Serve what an organisation may read of its own."""
    app.register_blueprint(records.bp)
