"""A campaign as plain data: what a folder says once it is read and checked.

Everything above works on these dataclasses: the loader makes them, an edition stores them as
canonical JSON, pages and mails are rendered from them. They are frozen, so a published edition
cannot drift, and their JSON form is stable, so the same folder always has the same digest.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Self

Status = Literal["draft", "live", "paused", "closed"]
Need = Literal["no", "optional", "required"]

ASKABLE = ("postal_code", "country", "phone", "reason")
"""The fields of the sign form that a campaign may ask for besides name and email."""


@dataclass(frozen=True, slots=True)
class Text:
    """A campaign's words in one language; `ask`, `why` and `story` are Markdown, the rest plain."""

    language: str
    title: str
    ask: str
    why: str
    summary: str = ""
    """One sentence for search engines and link previews."""
    share: str = ""
    """What a signer's share link says beside the address."""
    thanks: str = ""
    """Markdown shown after signing and in the thank-you mail."""
    story: str = ""
    """Markdown shown once the campaign is closed: how it ended."""
    image_alt: str = ""
    privacy: str = ""
    """A sentence of the campaign's own beside what the platform says is kept."""
    field_reasons: dict[str, str] = field(default_factory=dict)
    """Why a field is asked, by field name: `{"postal_code": "…"}`."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A decision maker the petition is addressed to (`to`) or copied to (`cc`)."""

    role: Literal["to", "cc"]
    name: str
    office: dict[str, str]
    """The office held, by language; the campaign's first language is always there if any is."""
    district: dict[str, str]
    email: str = ""
    language: str = ""
    since: str = ""
    """First day of the term of office, ISO 8601, or empty."""
    until: str = ""

    def in_office(self, day: date) -> bool:
        """Whether the term covers this day; nothing is sent to whoever has left or not yet begun."""
        return self.since <= day.isoformat() and (not self.until or day.isoformat() <= self.until)


@dataclass(frozen=True, slots=True)
class Organisation:
    """A member of the coalition; exactly one leads."""

    id: str
    name: str
    lead: bool = False
    website: str = ""
    email: str = ""
    privacy: str = ""
    """Address of its privacy notice."""
    channels: tuple[str, ...] = ()
    """The channels it asks consent for: `email`, `sms`."""


@dataclass(frozen=True, slots=True)
class ConsentAsk:
    """One unticked box of the sign form, with the exact words shown, by language (rule 15)."""

    organisation: str
    channel: str
    wording: dict[str, str]

    @property
    def field_name(self) -> str:
        """The form field's name: `consent-<organisation>-<channel>`."""
        return f"consent-{self.organisation}-{self.channel}"


@dataclass(frozen=True, slots=True)
class Wording:
    """A campaign's own words for one kind of mail in one language, in place of the platform's."""

    subject: str
    body: str
    """Markdown."""


@dataclass(frozen=True, slots=True)
class HandingOver:
    """How the petition reaches those it is addressed to. With nothing here, staff hand it over themselves."""

    milestones: tuple[int, ...] = ()
    """Numbers of signatures at which the recipients get a mail."""
    digest: Literal["no", "daily", "weekly"] = "no"
    """How often they are told the new total."""
    letters: bool = False
    """Whether each signer's letter goes to the recipients of their district and to those without one."""
    letters_a_day: int = 50
    """The most letters that one recipient gets on a day."""


@dataclass(frozen=True, slots=True)
class Media:
    """An image of the campaign; its bytes are stored once, under `digest` (SHA-256, hex)."""

    name: str
    digest: str
    mime: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Campaign:
    """One petition: one folder, one slug, one count."""

    slug: str
    status: Status
    languages: tuple[str, ...]
    """The first one is the campaign's main language."""
    texts: dict[str, Text]
    organisations: tuple[Organisation, ...]
    recipients: tuple[Recipient, ...] = ()
    fields: dict[str, Need] = field(default_factory=dict)
    consents: tuple[ConsentAsk, ...] = ()
    goal: int = 100
    accent: str = "#a3321f"
    country: str = "US"
    """Where a phone number or postal code without a country belongs, ISO 3166-1 alpha-2."""
    time_zone: str = "UTC"
    opens: str = ""
    """First moment of signing, ISO 8601 with offset, or empty for at once."""
    closes: str = ""
    """Signing ends at this moment."""
    keep_days: int = 90
    """Days after the end for which signers' details are kept."""
    image: Media | None = None
    media: tuple[Media, ...] = ()
    plugins: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What plugins are told about this campaign, by their names."""
    mail: dict[str, dict[str, Wording]] = field(default_factory=dict)
    """Its own words for mails, by kind and then by language: `mail["confirm"]["es"]`."""
    handing_over: HandingOver = HandingOver()
    districts: dict[str, str] = field(default_factory=dict)
    """The district of a postal code, as `recipients.csv` names it in the campaign's main language."""

    @property
    def lead(self) -> Organisation:
        """The organisation that answers for the campaign."""
        return next(o for o in self.organisations if o.lead)

    @property
    def partners(self) -> tuple[Organisation, ...]:
        """The other members of the coalition, in the folder's order."""
        return tuple(o for o in self.organisations if not o.lead)

    def organisation(self, id: str) -> Organisation | None:
        """The member with this id, if it is one."""
        return next((o for o in self.organisations if o.id == id), None)

    def text(self, language: str) -> Text:
        """The words in this language, or in the main one where it is not offered."""
        return self.texts.get(language) or self.texts[self.languages[0]]

    def need(self, field_name: str) -> Need:
        """Whether a field is asked: always for name, for email unless the folder says so, else as the folder says."""
        said = self.fields.get(field_name, "no")
        if field_name == "email":
            return "optional" if said == "optional" else "required"
        return "required" if field_name == "name" else said

    def district_of(self, postal_code: str) -> str:
        """The district of a postal code, of a ZIP+4 by its first five digits; empty where it is not known."""
        return self.districts.get(postal_code) or self.districts.get(postal_code.partition("-")[0], "")

    @property
    def letters_arrive(self) -> bool:
        """Whether letters are asked for and there is a mailbox that some signer's letter can go to."""
        main, living = self.languages[0], set(self.districts.values()) if self.need("postal_code") != "no" else set()
        mailboxes = (one for one in self.recipients if one.role == "to" and one.email)
        return self.handing_over.letters and any(
            not one.district.get(main) or one.district[main] in living for one in mailboxes
        )

    def district_name(self, district: str, language: str) -> str:
        """A district in the words of a language, as far as recipients have it so; else in those of the main one."""
        main = self.languages[0]
        named = (one.district.get(language, "") for one in self.recipients if one.district.get(main) == district)
        return next(filter(None, named), district)

    def state(self, now: datetime) -> Status:
        """The state that counts at this moment: the folder's status within its dates (rule 11)."""
        if self.status != "live":
            return self.status
        if self.opens and now < datetime.fromisoformat(self.opens):
            return "draft"
        if self.closes and now >= datetime.fromisoformat(self.closes):
            return "closed"
        return "live"

    def to_json(self) -> str:
        """Canonical JSON: sorted keys, no spaces, so equal campaigns give equal bytes."""
        known = asdict(self)
        for name in self.unsaid:
            del known[name]
        return json.dumps(known, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def unsaid(self) -> tuple[str, ...]:
        """What a campaign says nothing about; left out of its JSON, so that editions from before it was there keep
        their digest."""
        empty = {"plugins": {}, "mail": {}, "districts": {}, "handing_over": HandingOver()}
        return tuple(name for name, nothing in empty.items() if getattr(self, name) == nothing)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON, in hex: the edition's name."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @classmethod
    def from_json(cls, source: str) -> Self:
        """The campaign that `to_json` wrote."""
        raw: dict[str, Any] = json.loads(source)
        raw["texts"] = {key: Text(**value) for key, value in raw["texts"].items()}
        raw["organisations"] = tuple(
            Organisation(**{**o, "channels": tuple(o["channels"])}) for o in raw["organisations"]
        )
        raw["recipients"] = tuple(Recipient(**r) for r in raw["recipients"])
        raw["consents"] = tuple(ConsentAsk(**c) for c in raw["consents"])
        raw["media"] = tuple(Media(**m) for m in raw["media"])
        raw["image"] = Media(**raw["image"]) if raw["image"] else None
        if handing_over := raw.pop("handing_over", None):
            raw["handing_over"] = HandingOver(**{**handing_over, "milestones": tuple(handing_over["milestones"])})
        raw["mail"] = {
            kind: {code: Wording(**words) for code, words in by_language.items()}
            for kind, by_language in raw.get("mail", {}).items()
        }
        return cls(**{**raw, "languages": tuple(raw["languages"])})
