"""What the worker does for messages. Tasks take ids; the database session is closed before the slow send."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from ..broker import Waker
from ..extensions import db
from ..monitoring import log, report
from ..outbox import service
from ..outbox.models import FAILED, SENT
from ..outbox.service import Leased
from .channels import Channel, Refused, Retry, Unsure
from .mails import NothingToSay, compose

SWEEP_PAGE = 200


def deliver(message_id: int) -> None:
    """Send one message if nobody else does, and write down what became of it."""
    leased = service.lease(message_id)
    if leased is None:
        return
    try:
        code = _send(leased)
    except NothingToSay:
        service.settle(leased, FAILED, "nothing to say any more")
    except Retry as error:
        service.put_off(leased, error.code, error.wait)
        log.warning("message put off", message_id=leased.id, kind=leased.kind, code=error.code, attempt=leased.attempt)
    except Unsure as error:
        # a confirmation may be repeated: the same Message-ID lets mail programs show it once (rule 9)
        service.put_off(leased, error.code)
        log.warning("message unsure", message_id=leased.id, kind=leased.kind, code=error.code)
    except Refused as error:
        service.settle(leased, FAILED, error.code)
        log.warning("message refused", message_id=leased.id, kind=leased.kind, code=error.code)
    except SQLAlchemyError:
        raise
    except Exception as error:  # noqa: BLE001 - a message that fails in an unknown way stays visible and is tried again
        service.put_off(leased, type(error).__name__)
        report(error, "message failed", message_id=leased.id, kind=leased.kind)
    else:
        if not service.settle(leased, SENT, code):
            log.warning("lease lost", message_id=leased.id, kind=leased.kind)


def _send(leased: Leased) -> str:
    channels: Mapping[str, Channel] = current_app.extensions["clarion.channels"]
    mail = compose(leased)
    db.session.remove()
    return channels[leased.channel].send(mail)


def sweep(waker: Waker) -> int:
    """Wake for messages that are due and that nobody was woken for; how many."""
    if waker.waiting >= SWEEP_PAGE:
        return 0
    ids = service.due_ids(SWEEP_PAGE)
    for message_id in ids:
        waker.wake("send_message", message_id)
    return len(ids)


def declare_tasks(app: Flask, waker: Waker) -> None:
    """Declare the tasks on the app's broker, each run inside the app's context."""

    def send_message(message_id: int) -> None:
        with app.app_context():
            try:
                deliver(message_id)
            except Exception as error:  # noqa: BLE001 - a message that fails in an unknown way stays visible and is tried again
                report(error, "send failed", message_id=message_id)

    waker.declare(send_message)
