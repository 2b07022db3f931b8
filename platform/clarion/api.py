"""The one door: all that plugins may import from Clarion.

What is here stays, or `API_VERSION` rises. Everything else may change with any release.
"""

from __future__ import annotations

from .delivery.channels import Blocked, Channel, Mail, MailChannel, Refused, Retry, Unreachable, Unsure
from .delivery.feedback import report_feedback
from .delivery.mailfile import FileChannel
from .domain.campaign import Campaign
from .events import KINDS as EVENT_KINDS
from .hookspecs import API_VERSION, Chore, Event, Figure, Panel, Place, Plugin, PluginSettings, hookimpl
from .monitoring import log
from .security import access, body_limit
from .sharing import Shared, shared_with
from .vocabulary import translations

__all__ = (
    "API_VERSION",
    "EVENT_KINDS",
    "Blocked",
    "Campaign",
    "Channel",
    "Chore",
    "Event",
    "Figure",
    "FileChannel",
    "Mail",
    "MailChannel",
    "Panel",
    "Place",
    "Plugin",
    "PluginSettings",
    "Refused",
    "Retry",
    "Shared",
    "Unreachable",
    "Unsure",
    "access",
    "body_limit",
    "hookimpl",
    "log",
    "report_feedback",
    "shared_with",
    "translations",
)
