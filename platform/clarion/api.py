"""The one door: all that plugins may import from Clarion.

What is here stays, or `API_VERSION` rises. Everything else may change with any release.
"""

from __future__ import annotations

from .delivery.channels import (
    Blocked,
    Channel,
    Due,
    Mail,
    MailChannel,
    NothingToSay,
    NotYet,
    Refused,
    Retry,
    Signer,
    Text,
    TextChannel,
    Unreachable,
    Unsure,
)
from .delivery.feedback import report_feedback
from .delivery.mailfile import FileChannel
from .domain.areas import SMALL_AREA
from .domain.campaign import Campaign
from .domain.colours import reads_on_paper
from .domain.languages import Language
from .domain.misnamed import misnamed
from .events import KINDS as EVENT_KINDS
from .extensions import NEVER_REUSED, BigId, Moment, db, insert_if_new, now, own_metadata, transaction
from .handouts import hand_out, read_handout
from .hookspecs import API_VERSION, Chore, Event, Figure, Panel, Place, Plugin, PluginSettings, hookimpl
from .i18n import speak
from .limits import uses_this_hour
from .monitoring import log
from .outside.addresses import PAGE_PORTS, BadAddress, Target, target
from .outside.sending import Answer, NotSent, Sender
from .pages.frame import Petition, Stand, Step, petition, sign_form, take_signature, with_arrival
from .pages.gallery import show_picture
from .pages.render import language_choices
from .pages.share import SharedPicture
from .pages.theme import page_style
from .security import access, allow_framing, allow_inline_script, allow_inline_style, allow_own_frames, body_limit
from .sharing import Shared, known_to, shared_with
from .typesetting.pictures import Drawing
from .vocabulary import translations

__all__ = (
    "API_VERSION",
    "EVENT_KINDS",
    "NEVER_REUSED",
    "PAGE_PORTS",
    "SMALL_AREA",
    "Answer",
    "BadAddress",
    "BigId",
    "Blocked",
    "Campaign",
    "Channel",
    "Chore",
    "Drawing",
    "Due",
    "Event",
    "Figure",
    "FileChannel",
    "Language",
    "Mail",
    "MailChannel",
    "Moment",
    "NotSent",
    "NotYet",
    "NothingToSay",
    "Panel",
    "Petition",
    "Place",
    "Plugin",
    "PluginSettings",
    "Refused",
    "Retry",
    "Sender",
    "Shared",
    "SharedPicture",
    "Signer",
    "Stand",
    "Step",
    "Target",
    "Text",
    "TextChannel",
    "Unreachable",
    "Unsure",
    "access",
    "allow_framing",
    "allow_inline_script",
    "allow_inline_style",
    "allow_own_frames",
    "body_limit",
    "db",
    "hand_out",
    "hookimpl",
    "insert_if_new",
    "known_to",
    "language_choices",
    "log",
    "misnamed",
    "now",
    "own_metadata",
    "page_style",
    "petition",
    "read_handout",
    "reads_on_paper",
    "report_feedback",
    "shared_with",
    "show_picture",
    "sign_form",
    "speak",
    "take_signature",
    "target",
    "transaction",
    "translations",
    "uses_this_hour",
    "with_arrival",
)
