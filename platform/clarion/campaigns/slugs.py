"""Slugs in addresses: small letters, digits and single hyphens, so that no route is taken for another."""

from __future__ import annotations

from werkzeug.routing import BaseConverter


class SlugConverter(BaseConverter):
    """`<slug:slug>` in a route."""

    regex = r"[a-z0-9]+(?:-[a-z0-9]+)*"
