"""What a helper is sent: the fields of OSDI and of Action Network are all known, and what is no use is thrown away.

Only what the campaign's form asks is taken out of it; everything else is read by nobody and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

COMMON = frozenset({"identifiers", "origin_system", "created_date", "modified_date", "_links", "_embedded"})
HELPER_FUNCTIONS = frozenset(
    {"add_tags", "add_tags_uri", "remove_tags", "add_lists", "add_lists_uri", "add_questions_responses_uri", "triggers"}
)


Short = Annotated[str, Field(max_length=2000)]


class Sent(BaseModel):
    """An object of OSDI: the fields below, those that are ignored, and no other."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
    ignored: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _leave_out(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if name not in cls.ignored and value is not None}


class EmailAddress(Sent):
    """An address of a person."""

    ignored = frozenset({"address_type"})
    address: str = ""
    primary: bool = False
    status: str = ""


class PhoneNumber(Sent):
    """A number of a person; OSDI's own examples write it as a number of JSON."""

    ignored = frozenset(
        {"number_type", "extension", "description", "operator", "country", "sms_capable", "do_not_call"}
    )
    number: str | int = ""
    primary: bool = False
    status: str = ""


class PostalAddress(Sent):
    """Where a person lives."""

    ignored = frozenset(
        {"address_lines", "address_type", "language", "locality", "location", "region", "status", "venue"}
    )
    postal_code: str = ""
    country: str = ""
    primary: bool = False


class Person(Sent):
    """Whoever signs."""

    ignored = COMMON | {
        "administrative_url",
        "birthdate",
        "browser_url",
        "custom_fields",
        "division_info",
        "employer",
        "employer_address",
        "ethnicities",
        "gender",
        "gender_identity",
        "gender_pronouns",
        "honorific_prefix",
        "honorific_suffix",
        "occupation",
        "parties",
        "party_identification",
        "preferred_language",
        "profiles",
        "source",
    }
    given_name: str = ""
    additional_name: str = ""
    family_name: str = ""
    email_addresses: Sequence[EmailAddress] = ()
    phone_numbers: Sequence[PhoneNumber] = ()
    postal_addresses: Sequence[PostalAddress] = ()
    languages_spoken: Sequence[str] = ()


class ReferrerData(Sent):
    """From where somebody came, as far as it has the form of a tag."""

    ignored = frozenset({"email_referrer", "mobile_message_referrer"})
    source: Short = ""
    referrer: Short = ""
    website: Short = ""
    url: Short = ""


class Control(Sent):
    """How the answer shall be."""

    return_response: bool = True


class SignatureHelper(Sent):
    """A signature with its person. What begins with `clarion:` is what OSDI has no word for."""

    ignored = COMMON | HELPER_FUNCTIONS | {"action_date"}
    person: Person
    comments: str = ""
    referrer_data: ReferrerData = Field(default_factory=ReferrerData)
    action_network_referrer_data: ReferrerData = Field(
        default_factory=ReferrerData, alias="action_network:referrer_data"
    )
    control: Control = Field(default_factory=Control, alias="osdi:control")
    form_token: str = Field("", alias="clarion:form_token")
    show_name: bool = Field(False, alias="clarion:show_name")
    consents: dict[str, bool] = Field(default_factory=dict, alias="clarion:consents")
