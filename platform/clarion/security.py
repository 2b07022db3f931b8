"""Headers, hosts, proxies and limits: one place for all routes.

Every view says who may call it, `@access("public")`; a test walks the routes and fails on one that
does not (rule 14). The answer's headers follow from that word.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, Literal, TypeVar

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import Forbidden

from .settings import Settings

Access = Literal["public", "personal", "machine"]
"""`public`: the same bytes for everyone, any cache may keep them. `personal`: one person's, kept
nowhere. `machine`: probes and metrics, kept nowhere, told no one."""

BODY_LIMIT = 64 * 1024
PARTS_LIMIT = 60
LARGEST_BODY = 2 * 1024 * 1024
"""What a view of a plugin may ask for; the servers themselves take no more."""

View = TypeVar("View", bound=Callable[..., Any])

_FRAMED = {
    "Cross-Origin-Opener-Policy": "unsafe-none",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
"""What lets a page be framed by one that isolates itself; it loads nothing from elsewhere anyway."""

_PERMISSIONS = ", ".join(
    f"{name}=()"
    for name in (
        "accelerometer",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "microphone",
        "payment",
        "usb",
    )
)


def access(kind: Access) -> Callable[[View], View]:
    """Declare who may call a view."""

    def declare(view: View) -> View:
        view.access = kind  # type: ignore[attr-defined]
        return view

    return declare


def body_limit(size: int) -> Callable[[View], View]:
    """Let a view of a plugin take bodies of so many bytes, 2 MB at most; others take 64 KB."""
    if not BODY_LIMIT <= size <= LARGEST_BODY:
        raise ValueError(f"a body may have {BODY_LIMIT} to {LARGEST_BODY} bytes, not {size}")

    def declare(view: View) -> View:
        view.body_limit = size  # type: ignore[attr-defined]
        return view

    return declare


def _widen_body() -> None:
    size = getattr(current_app.view_functions.get(request.endpoint or ""), "body_limit", None)
    if size is not None:
        request.max_content_length = request.max_form_memory_size = size


def access_of(app: Flask, endpoint: str | None) -> Access | None:
    """What the view behind an endpoint declared, or `None`."""
    view = app.view_functions.get(endpoint or "")
    return getattr(view, "access", None)


def init_security(app: Flask, settings: Settings) -> None:
    """Bind limits, hosts, proxies and headers to the app."""
    app.config.update(
        MAX_CONTENT_LENGTH=BODY_LIMIT,
        MAX_FORM_MEMORY_SIZE=BODY_LIMIT,
        MAX_FORM_PARTS=PARTS_LIMIT,
        TRUSTED_HOSTS=sorted(settings.site.hosts),
    )
    app.wsgi_app = ForwardedHeaders(app.wsgi_app, settings.site.trusted_proxies)  # type: ignore[method-assign]
    app.extensions["clarion.hsts"] = settings.site.production
    app.before_request(_widen_body)
    app.after_request(_add_headers)


def staff_roles() -> dict[str, str]:
    """The roles of whoever is logged in to the console, by the id of their organisation; elsewhere nobody has any."""
    return dict(g.get("roles", {}))


def refuse_cross_site() -> None:
    """Refuse a form that another site sent in the visitor's name, where the browser tells.

    Fetch Metadata (W3C): browsers that do not send the header are let through, the form token
    guards those.
    """
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise Forbidden


def allow_inline_style(css: str) -> None:
    """Let the current answer hold exactly this `<style>`: its hash goes into the policy."""
    g.style_hash = _hash(css)


def allow_inline_script(js: str) -> None:
    """Let the current answer hold exactly this `<script>`: its hash goes into the policy."""
    g.script_hash = _hash(js)


def allow_framing(origins: Iterable[str]) -> None:
    """Let pages of these origins, and no others, show the current answer in a frame; `*` stands for all.

    A frame may be sandboxed, and its page then has no origin: what it is to load must stand in it, and where it
    sends its form is written out, as some browsers take nothing for `'self'` there.
    """
    g.framed_by = " ".join(origins) or "'none'"


def allow_own_frames() -> None:
    """Let the current answer show pages of this site in frames; each of them has to allow that too."""
    g.own_frames = True


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _policy(style_hash: str, script_hash: str, framed_by: str, own_origin: str, own_frames: bool) -> str:
    own = f"'self' {own_origin}".rstrip()
    style = "'self'" + (f" '{style_hash}'" if style_hash else "")
    script = "'self'" + (f" '{script_hash}'" if script_hash else "")
    return (
        f"default-src 'none'; style-src {style}; script-src {script}; img-src {own} data:; "
        f"connect-src {own}; form-action {own}; frame-ancestors {framed_by}; base-uri 'none'"
        + ("; frame-src 'self'" if own_frames else "")
    )


@lru_cache(maxsize=256)
def _fixed_headers(
    style_hash: str, script_hash: str, framed_by: str, own_origin: str, own_frames: bool, hsts: bool
) -> tuple[tuple[str, str, str], ...]:
    """The headers of every answer, each with its name in small letters before it."""
    headers = {
        "Content-Security-Policy": _policy(style_hash, script_hash, framed_by or "'none'", own_origin, own_frames),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": _PERMISSIONS,
    }
    if framed_by:
        headers |= _FRAMED
        del headers["X-Frame-Options"]
    if hsts:
        headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"
    return tuple((name.lower(), name, value) for name, value in headers.items())


def _add_headers(response: Response) -> Response:
    own = {name.lower() for name, _value in response.headers}
    framed_by = g.get("framed_by", "")
    inline = g.get("style_hash", ""), g.get("script_hash", "")
    own_origin = request.host_url.rstrip("/") if framed_by else ""
    own_frames, hsts = g.get("own_frames", False), current_app.extensions["clarion.hsts"]
    for key, name, value in _fixed_headers(*inline, framed_by, own_origin, own_frames, hsts):
        if key not in own:
            response.headers.add(name, value)
    kind = access_of(current_app, request.endpoint)
    if kind != "public" or response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
    if kind == "personal":
        response.headers["X-Robots-Tag"] = "noindex"
    return response


class ForwardedHeaders:
    """Believe `X-Forwarded-*` from configured proxies only, and take them out otherwise.

    The client is the last address in the list that is not a proxy of ours: whatever stands before
    it was written by the client and may be invented.
    """

    def __init__(self, app: Any, proxies: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> None:
        self.app = app
        self.proxies = tuple(proxies)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass the request on with the address and scheme that can be believed."""
        chain = environ.pop("HTTP_X_FORWARDED_FOR", "")
        scheme = environ.pop("HTTP_X_FORWARDED_PROTO", "")
        for name in (
            "HTTP_X_FORWARDED_HOST",
            "HTTP_X_FORWARDED_PORT",
            "HTTP_X_FORWARDED_PREFIX",
            "HTTP_FORWARDED",
        ):
            environ.pop(name, None)
        if self._is_proxy(environ.get("REMOTE_ADDR", "")):
            for hop in reversed([part.strip() for part in chain.split(",") if part.strip()]):
                environ["REMOTE_ADDR"] = hop
                if not self._is_proxy(hop):
                    break
            if scheme in ("http", "https"):
                environ["wsgi.url_scheme"] = scheme
        return self.app(environ, start_response)  # type: ignore[no-any-return]

    def _is_proxy(self, address: str) -> bool:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self.proxies)
