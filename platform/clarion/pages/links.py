"""Addresses of pages, for mails and for sharing: always from the configured base URL, never from a request."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

import segno
from flask_babel import gettext
from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Links:
    """Makes absolute addresses."""

    base_url: str

    def page(self, slug: str, language: str) -> str:
        """The campaign page in a language."""
        return f"{self.base_url}/{slug}/{language}"

    def confirm(self, token: str) -> str:
        """The page that confirms a signature."""
        return f"{self.base_url}/confirm/{token}"

    def me(self, token: str) -> str:
        """A signer's own page."""
        return f"{self.base_url}/me/{token}"

    def unsubscribe(self, token: str) -> str:
        """The page that ends one kind of mail."""
        return f"{self.base_url}/unsubscribe/{token}"

    def media(self, digest: str) -> str:
        """An image."""
        return f"{self.base_url}/media/{digest}"


def feed_path(slug: str, language: str) -> str:
    """The feed of a campaign's news in a language, from the site's root."""
    return f"/{slug}/{language}/updates.atom"


def update_path(slug: str, language: str, name: str) -> str:
    """The page of one update, from the site's root."""
    return f"/{slug}/{language}/updates/{name}"


@dataclass(frozen=True, slots=True)
class ShareLink:
    """One way to pass the page on."""

    id: str
    label: str
    url: str


def share_links(url: str, text: str, title: str) -> list[ShareLink]:
    """Plain links that open the other service with the words filled in; nothing of theirs is loaded here."""
    both = quote(f"{text} {url}")
    return [
        ShareLink("whatsapp", "WhatsApp", f"https://wa.me/?text={both}"),
        ShareLink("sms", gettext("Text message"), f"sms:?&body={both}"),
        ShareLink("email", gettext("Email"), f"mailto:?subject={quote(title)}&body={quote(text)}%0A%0A{quote(url)}"),
        ShareLink("facebook", "Facebook", f"https://www.facebook.com/sharer/sharer.php?u={quote(url, safe='')}"),
        ShareLink("bluesky", "Bluesky", f"https://bsky.app/intent/compose?text={both}"),
        ShareLink("mastodon", "Mastodon", f"https://share.joinmastodon.org/#text={both}"),
    ]


@lru_cache(maxsize=256)
def qr_code(url: str) -> Markup:
    """A QR code of an address as an inline SVG that takes the page's colours.

    The mask is given: any can be read, and trying all eight takes twice as long as everything else.
    """
    svg = segno.make(url, error="m", mask=3).svg_inline(scale=4, border=2, dark="#000", omitsize=True)
    return Markup(svg.replace("#000", "currentColor"))  # noqa: S704 - made by segno from an address of our own
