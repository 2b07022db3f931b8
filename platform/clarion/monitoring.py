"""Logs, error reports and probes, none of which may ever name a person (rules 7 and 8)."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import MutableMapping
from typing import Any

import sentry_sdk
import structlog
from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from .extensions import db
from .sealing import KeyMissing, Keyring
from .security import access
from .settings import Settings

ALLOWED = frozenset(
    "event level timestamp endpoint method status ms campaign edition message_id signature_id kind channel state code "
    "attempt count error where file line key detail version url".split()
)
"""The only keys a log line may hold. Anything else is dropped, so a careless line leaks nothing."""

bp = Blueprint("monitoring", __name__)
log = structlog.get_logger("clarion")


def init_monitoring(app: Flask, settings: Settings) -> None:
    """Set up the log and, if a DSN is set, error reports; add the probes."""
    configure_log(settings)
    if dsn := settings.monitoring.sentry_dsn.get_secret_value():
        sentry_sdk.init(
            dsn=dsn,
            send_default_pii=False,
            include_local_variables=False,
            max_request_body_size="never",
            environment=settings.site.environment,
            before_send=scrub,
            before_breadcrumb=lambda crumb, hint: None,
        )
    app.register_blueprint(bp)
    app.before_request(_start_clock)
    app.after_request(_log_request)


def configure_log(settings: Settings) -> None:
    """JSON lines in production, readable lines at home; other libraries speak from warnings up."""
    level = getattr(logging, settings.monitoring.log_level.upper())
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.site.production
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=24)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            keep_allowed,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s")


def keep_allowed(_logger: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every key that is not on the list."""
    return {key: value for key, value in line.items() if key in ALLOWED}


def report(error: BaseException, event: str, **known: Any) -> None:
    """Log an unexpected error by its kind and place; its message may quote a signer and stays out."""
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{f.filename.rsplit('/', 1)[-1]}:{f.lineno} {f.name}" for f in reversed(frames[-6:]))
    log.error(event, error=type(error).__name__, where=where, **known)
    sentry_sdk.capture_exception(error)


def scrub(event: Any, _hint: Any) -> Any:
    """Take out of an error report whatever could name a person: request, user, and the messages."""
    for part in ("request", "user", "breadcrumbs", "extra", "contexts", "server_name", "logentry", "message"):
        event.pop(part, None)
    for exception in event.get("exception", {}).get("values", []):
        exception["value"] = ""
        for frame in exception.get("stacktrace", {}).get("frames", []):
            frame.pop("vars", None)
    return event


def _start_clock() -> None:
    g.started = time.perf_counter()


def _log_request(response: Response) -> Response:
    # the rule's name stands for the address, which may hold a signer's token
    log.debug(
        "request",
        endpoint=request.endpoint,
        method=request.method,
        status=response.status_code,
        ms=round((time.perf_counter() - g.get("started", time.perf_counter())) * 1000, 1),
    )
    return response


@bp.get("/healthz")
@access("machine")
def healthz() -> Response:
    """Tell that the process is alive; asks nothing else, so that a slow database restarts nobody."""
    return jsonify(status="ok")


@bp.get("/readyz")
@access("machine")
def readyz() -> tuple[Response, int]:
    """Tell whether the process can take signatures: the database answers and the keys are there."""
    parts = {
        "database": _database_answers(),
        "keyring": _keyring_answers(current_app.extensions["clarion.keyring"]),
    }
    ready = all(parts.values())
    return jsonify(status="ready" if ready else "not ready", **parts), 200 if ready else 503


def _database_answers() -> bool:
    try:
        db.session.execute(text("SELECT 1 FROM campaign LIMIT 1"))
    except Exception as error:  # noqa: BLE001 - a probe answers, whatever is wrong
        report(error, "not ready")
        return False
    return True


def _keyring_answers(keyring: Keyring) -> bool:
    """Whether the keys of all campaigns that can be signed are here."""
    try:
        keyring.secret("form")
        rows = db.session.scalars(text("SELECT key_id FROM campaign WHERE erased_at IS NULL"))
        return all(keyring.holds(key_id) for key_id in rows)
    except (KeyMissing, SQLAlchemyError):
        return False
