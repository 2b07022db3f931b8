"""What `campaign.toml` may hold: the one source of the checks, the JSON Schema and the reference.

A description here is what staff read in their editor and in `docs/campaign-format.md`.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, StringConstraints
from pydantic_core import PydanticCustomError

Channel = Literal["email", "sms"]
Need = Literal["no", "optional", "required"]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", min_length=2, max_length=60)]
Plain = Annotated[str, Field(min_length=1, max_length=120)]
BoxWords = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=250)]
Web = Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=500)]

YEARS = range(2000, 3000)
"""A date outside is a slip of the keyboard."""


def _as_day(value: Any) -> Any:
    """A date or time as TOML has them, or one in quotes; a bare number such as 20260712 is neither."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = date.fromisoformat(value) if len(value) <= 10 else datetime.fromisoformat(value)
    if isinstance(value, date) and value.year in YEARS:
        return value
    raise PydanticCustomError("day", "not a day")


Day = Annotated[date | datetime, BeforeValidator(_as_day)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class FieldsTable(_Table):
    """Which fields the sign form asks besides the name. Ask for little: each field costs signatures."""

    email: Literal["required", "optional"] = "required"
    """The email address. `"optional"`: who has none signs with a phone number and gets a code by text. It needs
    `phone` asked, and a plugin that sends texts."""
    postal_code: Need = "no"
    """The signer's postal code. It is sealed; only totals for large areas are kept in clear."""
    country: Need = "no"
    """The signer's country, for campaigns across borders."""
    phone: Need = "no"
    """A phone number."""
    reason: Need = "no"
    """Why the person signs, in their own words; public once you have approved it."""


class OrganisationTable(_Table):
    """One member of the coalition. The table's name is its id: lower-case words joined by hyphens."""

    name: Plain
    """The name as signers know it."""
    website: Web | None = None
    """Its web site."""
    email: Annotated[str, Field(max_length=254)] | None = None
    """Where answers to mails go."""
    privacy: Web | None = None
    """Its privacy notice."""
    channels: tuple[Channel, ...] = ()
    """What it asks the signer's consent for: `"email"`, `"sms"`. Each becomes a box that is never ticked beforehand."""
    consent: dict[Channel, dict[str, BoxWords]] = {}
    """Its own words beside a box, such as `consent.email.es = "…"`: one plain line of at most 250 characters."""


class HandingOverTable(_Table):
    """How the petition reaches those it is addressed to. Without this table, you hand it over yourselves."""

    milestones: Annotated[tuple[Annotated[int, Field(ge=1, le=100_000_000)], ...], Field(max_length=50)] = ()
    """Numbers of signatures at which each recipient gets a mail: `[100, 500, 1000]`, growing."""
    digest: Literal["no", "daily", "weekly"] = "no"
    """How often the recipients are told the new total, totals by district, and newly approved reasons."""
    letters: bool = False
    """Whether each signer's letter goes to the recipients of their district and to those without one."""
    letters_a_day: Annotated[int, Field(ge=1, le=1000)] = 50
    """The most letters that one recipient gets on a day; the rest follows on the days after."""


class CampaignTable(_Table):
    """The file `campaign.toml`."""

    status: Literal["draft", "live", "paused", "closed"] = "draft"
    """`draft`: unseen. `live`: open. `paused`: shown, takes no signatures. `closed`: shown with how it ended."""
    languages: Annotated[tuple[str, ...], Field(min_length=1, max_length=40)]
    """The languages of the campaign, the main one first. Each has a text file: `en.md`, `es.md`."""
    lead: str
    """The id of the organisation that answers for the campaign."""
    organisations: Annotated[dict[Slug, OrganisationTable], Field(min_length=1, max_length=40)]
    """The members of the coalition."""
    slug: Slug | None = None
    """The campaign's name in addresses; without it, the name of the folder."""
    goal: Annotated[int, Field(ge=10, le=100_000_000)] = 100
    """The first goal. Once it is reached the page shows the next round figure by itself."""
    accent: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] = "#a3321f"
    """The campaign's colour, dark enough to be read on white."""
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "US"
    """The country of postal codes and phone numbers written without one: two capitals, ISO 3166."""
    time_zone: str = "UTC"
    """The time zone of the campaign's dates, such as `"America/New_York"`."""
    opens: Day | None = None
    """First day of signing: `2026-07-12`, or the moment `2026-07-12T09:00:00-04:00`. Without it, at once."""
    closes: Day | None = None
    """Last day of signing (the whole day), or the exact moment. Without it, open until you close it."""
    keep_days: Annotated[int, Field(ge=1, le=365)] = 90
    """Days after the end for which signers' details are kept."""
    image: str | None = None
    """The picture shown when the page is shared: `"media/share.png"`, 1200 by 630 pixels. Without it, a drawn one."""
    fields: FieldsTable = FieldsTable()
    """Which fields the sign form asks."""
    handing_over: HandingOverTable = HandingOverTable()
    """How the petition reaches those it is addressed to."""
    plugins: dict[str, dict[str, JsonValue]] = {}
    """What plugins are told about this campaign: a table for each, `[plugins.<name>]`, with what its page names."""


TEXT_KEYS: dict[str, tuple[str, int]] = {
    "title": ("The headline, as you would say it aloud. Needed.", 150),
    "ask": (
        "What the recipients are asked to do; Markdown, best as a sentence and a short list. Needed.",
        4000,
    ),
    "summary": ("One sentence for search engines and link previews.", 300),
    "share": ("What a shared link says beside the address.", 200),
    "thanks": ("A few words after signing; Markdown.", 2000),
    "story": ("How it ended, shown once the campaign is closed; Markdown.", 20_000),
    "image_alt": ("What the shared picture shows, for those who cannot see it.", 200),
    "privacy": ("A sentence beside what is said about signers' details: what you never ask, for instance.", 200),
    "why_postal_code": ("Why the postal code is asked.", 200),
    "why_country": ("Why the country is asked.", 200),
    "why_phone": ("Why the phone number is asked.", 200),
    "why_reason": ("A word of encouragement beside the reason.", 200),
}
"""The keys at the top of a text file: what each is for and the most characters it may hold."""

UPDATE_KEYS: dict[str, tuple[str, int]] = {
    "title": ("The headline, and the subject of the mail. Needed.", 150),
    "organisation": ("Who sends it, by its id; without it the lead. Only those who said yes to its emails get it.", 60),
    "public": ("`no` keeps it off the petition page and its feed.", 10),
}
"""The keys at the top of an update's file."""

MAX_UPDATE = 20_000

EXAMPLE_TITLE = "The headline in"
"""How a title starts that nobody has written yet."""

MAX_BODY = 60_000

RECIPIENT_COLUMNS: dict[str, str] = {
    "role": "`to` for those the petition is addressed to, `cc` for those copied.",
    "name": "The person's name. Needed.",
    "office": "The office held, such as Mayor. `office_es` and the like hold it in other languages.",
    "email": "Where messages to them go.",
    "district": "The district or ward they stand for; `district_es` and the like in other languages.",
    "language": "The language they are written to.",
    "from": "First day of the term, `2019-01-02`.",
    "until": "Last day of the term.",
}
"""The columns of `recipients.csv`."""


DISTRICT_COLUMNS: dict[str, str] = {
    "postal_code": "A postal code, as signers write it. Needed.",
    "district": "The district it lies in, written as in `recipients.csv` in the main language. Needed.",
}
"""The columns of `districts.csv`."""

MAIL_KEYS: dict[str, tuple[str, int]] = {
    "subject": ("The line that the mailbox shows. Needed; it holds no placeholders.", 150),
}
"""The keys at the top of a mail's wording."""

MAX_MAIL = 6000

MAIL_KINDS: dict[str, str] = {
    "confirm": "asks the owner of the mailbox to confirm",
    "again": "goes to who has signed before",
    "thanks": "thanks who has confirmed",
}
"""The mails that a campaign can word by itself."""

PERSONAL: dict[str, dict[str, str]] = {
    "confirm": {"confirm_link": "The address behind the button.", "code": "The six digits."},
    "thanks": {"name": "The signer's name, as they typed it."},
}
"""The placeholders that one kind of mail has beside the others. A name stands only where the mailbox has said yes:
before that it is what a stranger may have typed, and a mail would carry it to anybody."""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of `campaign.toml`, for editors that complete and check while typing."""
    schema = CampaignTable.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "A Clarion campaign"
    return schema
