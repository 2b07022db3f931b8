"""What a worker does for staff: letters at once, and by the hour what has ended is forgotten."""

from __future__ import annotations

from flask import current_app

from . import letters, people, sessions, tickets
from .marks import Marks


def write_to_staff() -> int:
    """Send what staff wait for."""
    return letters.send_due(Marks(current_app.extensions["clarion.keyring"]))


def forget_ended() -> int:
    """Take out tickets, sessions and invitations that have ended."""
    return tickets.forget() + sessions.forget() + people.forget_invitations()
