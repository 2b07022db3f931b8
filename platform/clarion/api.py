"""The one door: all that plugins may import from Clarion.

What is here stays, or `API_VERSION` rises. Everything else may change with any release.
"""

from __future__ import annotations

from .campaigns.live import LiveCampaign, live_campaigns
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
from .delivery.updatetexts import update_words
from .domain.areas import SMALL_AREA, clean_postal_code
from .domain.campaign import Campaign, ConsentAsk, Organisation
from .domain.colours import reads_on_paper
from .domain.languages import Language
from .domain.misnamed import misnamed
from .domain.names import TextRefused, clean_name
from .domain.person import Person
from .events import KINDS as EVENT_KINDS
from .extensions import AWAY, NEVER_REUSED, BigId, Moment, db, insert_if_new, now, own_metadata, transaction
from .handouts import hand_out, read_handout
from .hookspecs import API_VERSION, Chore, Event, Figure, Panel, Place, Plugin, PluginSettings, hookimpl
from .i18n import speak
from .limits import uses_this_hour
from .monitoring import log
from .outside.addresses import PAGE_PORTS, BadAddress, Target, target
from .outside.sending import Answer, NotSent, Sender
from .pages.frame import Petition, Stand, Step, petition, sign_form, take_signature, with_arrival
from .pages.gallery import show_picture
from .pages.render import language_choices, links
from .pages.share import SharedPicture
from .pages.theme import page_style
from .security import (
    access,
    allow_framing,
    allow_inline_script,
    allow_inline_style,
    allow_own_frames,
    body_limit,
    staff_roles,
)
from .sharing import Shared, known_to, shared_with
from .texting import (
    SignedByText,
    agree_by_text,
    agreed_to,
    claimed_by,
    disown,
    drop_texts,
    has_stopped,
    is_own,
    is_there,
    number_index,
    number_is_gone,
    open_for,
    own,
    put_text,
    refuse_by_text,
    schedule_texts,
    seal_for,
    sign_by_text,
    signed_by,
    start_number,
    stop_number,
    text_audience,
    text_failed,
    text_was_taken,
    wake_texts,
    was_asked,
)
from .typesetting.pictures import Drawing
from .vocabulary import translations

__all__ = (
    "API_VERSION",
    "AWAY",
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
    "ConsentAsk",
    "Drawing",
    "Due",
    "Event",
    "Figure",
    "FileChannel",
    "Language",
    "LiveCampaign",
    "Mail",
    "MailChannel",
    "Moment",
    "NotSent",
    "NotYet",
    "NothingToSay",
    "Organisation",
    "Panel",
    "Person",
    "Petition",
    "Place",
    "Plugin",
    "PluginSettings",
    "Refused",
    "Retry",
    "Sender",
    "Shared",
    "SharedPicture",
    "SignedByText",
    "Signer",
    "Stand",
    "Step",
    "Target",
    "Text",
    "TextChannel",
    "TextRefused",
    "Unreachable",
    "Unsure",
    "access",
    "agree_by_text",
    "agreed_to",
    "allow_framing",
    "allow_inline_script",
    "allow_inline_style",
    "allow_own_frames",
    "body_limit",
    "claimed_by",
    "clean_name",
    "clean_postal_code",
    "db",
    "disown",
    "drop_texts",
    "hand_out",
    "has_stopped",
    "hookimpl",
    "insert_if_new",
    "is_own",
    "is_there",
    "known_to",
    "language_choices",
    "links",
    "live_campaigns",
    "log",
    "misnamed",
    "now",
    "number_index",
    "number_is_gone",
    "open_for",
    "own",
    "own_metadata",
    "page_style",
    "petition",
    "put_text",
    "read_handout",
    "reads_on_paper",
    "refuse_by_text",
    "report_feedback",
    "schedule_texts",
    "seal_for",
    "shared_with",
    "show_picture",
    "sign_by_text",
    "sign_form",
    "signed_by",
    "speak",
    "staff_roles",
    "start_number",
    "stop_number",
    "take_signature",
    "target",
    "text_audience",
    "text_failed",
    "text_was_taken",
    "transaction",
    "translations",
    "update_words",
    "uses_this_hour",
    "wake_texts",
    "was_asked",
    "with_arrival",
)
