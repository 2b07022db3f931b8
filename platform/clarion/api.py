"""The one door: all that plugins may import from Clarion.

What is here stays, or `API_VERSION` rises. Everything else may change with any release.
"""

from __future__ import annotations

from .delivery.channels import Blocked, Channel, Mail, MailChannel, Refused, Retry, Unreachable, Unsure
from .delivery.feedback import report_feedback
from .delivery.mailfile import FileChannel
from .domain.campaign import Campaign
from .hookspecs import API_VERSION, Chore, Figure, Place, Plugin, PluginSettings, hookimpl
from .monitoring import log
from .security import access

__all__ = (
    "API_VERSION",
    "Blocked",
    "Campaign",
    "Channel",
    "Chore",
    "Figure",
    "FileChannel",
    "Mail",
    "MailChannel",
    "Place",
    "Plugin",
    "PluginSettings",
    "Refused",
    "Retry",
    "Unreachable",
    "Unsure",
    "access",
    "hookimpl",
    "log",
    "report_feedback",
)
