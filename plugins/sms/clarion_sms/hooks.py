"""The routes by which gateways bring texts and tell of ours, below `/hooks/sms/`: read, checked on the raw body, kept.

What is not signed by the company is answered 401; what is signed and says nothing that we know is taken with 200, so
that nobody sends it again. A replay changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, Response, abort, request

from clarion.api import access

from . import told
from .gateways import Forged, Gateway
from .inbound import receive

BODY_LIMIT = 64 * 1024
"""Bytes: a text has 1,600 letters at most."""

EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
"""Twilio's own language: nothing is to be said in answer to this request."""


def blueprint(gateways: Sequence[Gateway]) -> Blueprint:
    """Routes for each gateway that is named in the settings."""
    made = Blueprint("gateways", __name__)
    for gateway in gateways:
        name = gateway.name
        made.add_url_rule(f"/{name}", name, _inbound(gateway), methods=["POST"])
        made.add_url_rule(f"/{name}/status", f"{name}_status", _status(gateway), methods=["POST"])
        made.add_url_rule(f"/{name}/status/<receipt>", f"{name}_receipt", _status(gateway), methods=["POST"])
    return made


def _inbound(gateway: Gateway) -> Callable[..., Response]:
    @access("machine")
    def view() -> Response:
        request.max_content_length = BODY_LIMIT
        try:
            received = gateway.received(request)
        except Forged:
            abort(401)
        if received is not None:
            receive(received)
        return Response(EMPTY, mimetype="text/xml")

    return view


def _status(gateway: Gateway) -> Callable[..., Response]:
    @access("machine")
    def view(receipt: str = "") -> Response:
        del receipt  # the gateway reads it from the address that was signed
        request.max_content_length = BODY_LIMIT
        try:
            one = gateway.told(request)
        except Forged:
            abort(401)
        if one is not None:
            told.take_in(gateway.name, one)
        return Response("ok\n", mimetype="text/plain")

    return view
