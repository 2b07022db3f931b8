"""What is sent and answered, as pydantic models: answers are made with them, and the OpenAPI document from them.

A description here is what developers read at `/api/`, so it is marked for the catalogs and kept in English until then.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


def _l(words: str) -> str:
    """Mark words for the catalogs; they are translated where they are shown."""
    return words


Number = Annotated[int, Field(ge=0)]
ByLanguage = dict[str, str]
Shares = dict[str, int]


class Shape(BaseModel):
    """The ground of all of them: nothing that is not written here is sent or taken."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CampaignSummary(Shape):
    """A campaign in the list."""

    slug: str = Field(description=_l("The campaign's name in addresses."))
    status: Literal["live", "paused", "closed"] = Field(description=_l("Only a live campaign takes signatures."))
    titles: ByLanguage = Field(description=_l("The title, by language. The first language is the main one."))
    urls: ByLanguage = Field(description=_l("The campaign's page, by language."))
    signatures: Number = Field(description=_l("Confirmed signatures, a second old at most."))
    goal: Number = Field(description=_l("The number that the page shows as the next goal."))


class CampaignList(Shape):
    """A page of campaigns, the newest first."""

    data: list[CampaignSummary]
    next: str | None = Field(description=_l("Give this as cursor to get the next page; null on the last one."))


class Member(Shape):
    """An organisation of the coalition."""

    id: str
    name: str
    lead: bool = Field(description=_l("Whether it answers for the campaign; exactly one does."))
    website: str | None
    privacy: str | None = Field(description=_l("The address of its privacy notice."))


class Addressee(Shape):
    """A decision maker whom the petition is addressed to, or who gets a copy. Mail addresses are not told."""

    role: Literal["to", "cc"]
    name: str
    office: ByLanguage
    district: ByLanguage


class AskedField(Shape):
    """A field of the sign form."""

    name: str
    required: bool


class AskedConsent(Shape):
    """A box of the sign form. Show it unticked and with these very words."""

    name: str = Field(description=_l("The name of the field to send as true if the box was ticked."))
    organisation: str
    channel: str
    wording: ByLanguage


class Campaign(CampaignSummary):
    """A campaign, and all that a sign form of your own needs."""

    languages: list[str]
    summaries: ByLanguage = Field(description=_l("One sentence about the campaign, by language."))
    opens: str | None = Field(description=_l("When signing begins."))
    closes: str | None = Field(description=_l("When signing ends."))
    organisations: list[Member]
    recipients: list[Addressee]
    fields: list[AskedField] = Field(description=_l("What the sign form asks besides consents."))
    consents: list[AskedConsent]
    form_token: str | None = Field(
        description=_l("What a call without a key sends as token, for some hours; null unless the campaign is live.")
    )


class Day(Shape):
    """How much a count grew on a day, in UTC."""

    day: date
    n: int


class Hour(Shape):
    """How much a count grew within an hour."""

    from_: datetime = Field(alias="from", serialization_alias="from")
    n: int


class Counts(Shape):
    """A campaign's count, exact, and how it grew."""

    slug: str
    total: Number
    by_language: Shares
    by_source: Shares = Field(description=_l("Where signatures came from: page, share, api and the like."))
    before: int = Field(description=_l("The part of the total from before growth was recorded."))
    by_day: list[Day] = Field(description=_l("Growth by day in UTC. Days without a change are left out."))
    by_hour: list[Hour] = Field(description=_l("Growth by hour in the last three days."))


class Breakdown(Shape):
    """What a count is made of, for members of the coalition. Small areas are put together in one number."""

    slug: str
    total: Number
    by_language: Shares
    by_source: Shares
    by_organisation: Shares = Field(description=_l("From whose place signatures came."))
    by_brought: Shares = Field(
        description=_l(
            "Who brought them: from whose place the first came of those who passed it on by their own links."
        )
    )
    by_share: Shares = Field(description=_l("How many of these came by a signer's own link."))
    origins: Shares = Field(
        description=_l(
            "From where your organisation brought them: host:… is a site that showed the form, utm:… the tags of an "
            "address. Those with few people are left out."
        )
    )
    by_area: Shares = Field(description=_l("Areas that are large enough to be shown."))
    small_areas: Number = Field(description=_l("The people of all other areas together."))
    area_unknown: Number = Field(description=_l("Those who gave no postal code."))


class SignRequest(Shape):
    """A signature. Consents are further fields, named as the campaign says, each true or false."""

    model_config = ConfigDict(
        json_schema_extra={
            "patternProperties": {"^consent-[a-z0-9-]+-(email|sms)$": {"type": "boolean"}},
            "anyOf": [{"required": ["email"]}, {"required": ["phone"]}],
        }
    )

    name: str
    email: str = Field(
        "", description=_l("Needed, unless the campaign does not require it: then this or the phone is.")
    )
    postal_code: str = Field("", description=_l("This and what follows only where the campaign asks for it."))
    country: str = Field("", description=_l("Two letters, such as US (ISO 3166-1)."))
    phone: str = ""
    reason: str = Field("", description=_l("The signer's own words, shown in public once they were read."))
    show_name: bool = Field(False, description=_l("Whether first name and initial may be shown."))
    language: str = Field("", description=_l("The language of the form and the mail; without it, Accept-Language."))
    token: str = Field("", description=_l("The form_token of the campaign; not needed with a key."))
    via: str = Field(
        "", description=_l("The code of the share link that the signer came by, as it stood in its address.")
    )
    utm_source: str = Field(
        "",
        description=_l("A tag of the address that the signer came by, as are the next two. Never put a person in it."),
    )
    utm_medium: str = ""
    utm_campaign: str = ""


class SignAnswer(Shape):
    """The same for everyone, whether they sign for the first time or not: the truth goes to the mailbox."""

    slug: str
    language: str
    status: Literal["mail-sent", "text-sent"] = Field(
        description=_l(
            "The signature counts once it is confirmed from the mail, or with the code from the text message."
        )
    )
    detail: str
    confirm_url: str | None = Field(
        description=_l("The page where the code from the text message is typed; null where a mail is sent.")
    )


class Signer(Shape):
    """Somebody who said yes to your organisation, as far as they said yes."""

    signature: int = Field(description=_l("The number of the signature; it stays the same."))
    name: str
    email: str | None = Field(description=_l("Only with a yes to mails."))
    phone: str | None = Field(description=_l("Only with a yes to texts."))
    postal_code: str | None
    country: str | None
    language: str
    channels: list[str] = Field(description=_l("What they said yes to: email, sms."))
    confirmed_at: datetime | None = Field(description=_l("When they confirmed the signature, to the minute."))


class SignerList(Shape):
    """A page of signers. A page may be short, or empty, and still have a next one."""

    data: list[Signer]
    next: str | None = Field(description=_l("Give this as cursor to get the next page; null on the last one."))


class Consent(Shape):
    """A yes that a mailbox confirmed, and when it was taken back. Stop writing once it is no longer in force."""

    signature: int
    organisation: str
    channel: str
    language: str = Field(description=_l("The language of the words that were shown."))
    given_at: datetime
    confirmed_at: datetime
    withdrawn_at: datetime | None
    in_force: bool


class ConsentList(Shape):
    """A page of consents. A page may be short, or empty, and still have a next one."""

    data: list[Consent]
    next: str | None = Field(description=_l("Give this as cursor to get the next page; null on the last one."))


class PageQuery(Shape):
    """What may stand behind the question mark of a list."""

    cursor: str | None = Field(None, description=_l("The next of the page before."))
    limit: int = Field(50, ge=1, le=100, description=_l("How many at most."))


class SinceQuery(PageQuery):
    """The same of a list of an organisation's own."""

    since: datetime | None = Field(None, description=_l("Only what changed from this moment on, with its offset."))


class ProblemDetails(Shape):
    """Every error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = Field(description=_l("What is wrong and what to do, in the language of Accept-Language."))
    code: str = Field(description=_l("What is wrong, in a word that never changes."))
    errors: dict[str, list[str]] | None = Field(None, description=_l("What is wrong with each field."))
