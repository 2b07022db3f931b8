"""The sign form: built from what the campaign asks, with errors in the signer's language."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import phonenumbers
from flask import current_app
from flask_babel import force_locale, gettext, lazy_gettext
from wtforms import (
    BooleanField,
    Field,
    Form,
    HiddenField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, Optional

from ..domain.addresses import AddressError, number_mailbox, read_address
from ..domain.areas import clean_postal_code
from ..domain.campaign import Campaign, ConsentAsk, Need
from ..domain.names import MAX_REASON, TextRefused, clean_name, clean_text
from ..domain.person import Person
from ..i18n import country_names
from .models import BY_MAIL, BY_TEXT

_NAME_ERRORS = {
    "empty": lazy_gettext("Please write your name."),
    "too_long": lazy_gettext("This name is too long. Please shorten it to 120 characters."),
    "link": lazy_gettext("Please write your name without a web address."),
    "start": lazy_gettext("A name starts with a letter. Please check it."),
    "characters": lazy_gettext("This name holds characters that cannot be shown. Please type it again."),
}


class NameField(StringField):
    """A name in any script; the errors say what to change."""

    def pre_validate(self, form: Any) -> None:
        """Clean the name or say what is wrong with it."""
        try:
            self.data = clean_name(self.data or "")
        except TextRefused as error:
            raise ValidationError(str(_NAME_ERRORS[error.reason])) from error


class AddressField(StringField):
    """An email address; once it validated, `canonical` is the one spelling of its mailbox, empty without one."""

    canonical: str = ""

    def pre_validate(self, form: Any) -> None:
        """Check the address as mail servers would, without asking any."""
        if form.email_need == "optional" and not (self.data or "").strip():
            self.data = ""
            if form.phone_need == "optional" and not (form["phone"].data or "").strip():
                raise ValidationError(gettext("Please write your email address or your phone number."))
            return
        try:
            address = read_address(self.data or "")
        except AddressError as error:
            message = gettext("Please write your email address, such as ana@example.org.")
            raise ValidationError(message) from error
        self.data, self.canonical = address.written, address.canonical


class SignForm(Form):
    """What every campaign asks; `build` adds the rest."""

    name = NameField(lazy_gettext("Name"))
    email = AddressField(lazy_gettext("Email"))
    token = HiddenField()
    website = StringField(lazy_gettext("Leave this empty"))

    asks: tuple[ConsentAsk, ...] = ()
    country_code: str = ""
    email_need: Need = "required"
    phone_need: Need = "no"

    @property
    def consents(self) -> list[Field]:
        """The consent boxes in the campaign's order."""
        return [self[ask.field_name] for ask in self.asks]

    @property
    def given_consents(self) -> tuple[ConsentAsk, ...]:
        """The asks whose box was ticked by somebody who could be written to; call it on a form that validated."""
        person = self.person()
        reached = {BY_MAIL: person.email, BY_TEXT: person.phone}
        return tuple(ask for ask in self.asks if self[ask.field_name].data and reached.get(ask.channel))

    @property
    def ticked(self) -> int:
        """The same as a number: bit n stands for the n-th of the asks."""
        given = self.given_consents
        return sum(1 << place for place, ask in enumerate(self.asks) if ask in given)

    @property
    def mailbox(self) -> str:
        """What confirms the signature: the address, or the phone without one; call it on a form that validated."""
        return self.email.canonical or number_mailbox(self["phone"].data)

    def person(self) -> Person:
        """The signer's details; call it on a form that validated."""
        return Person(**{name: (self[name].data or "").strip() if name in self else "" for name in PERSON_FIELDS})


PERSON_FIELDS = ("name", "email", "postal_code", "country", "phone", "reason")


def build_form(campaign: Campaign, language: str, data: Any = None) -> SignForm:
    """The campaign's sign form in a language, filled with what was sent.

    Fields are named as the stable surface says: `postal_code`, `consent-<organisation>-<channel>`.
    """
    return _form_class(campaign, language)(data)


_classes: OrderedDict[tuple[int, str], tuple[Campaign, type[SignForm]]] = OrderedDict()
_KEPT_CLASSES = 500


def _form_class(campaign: Campaign, language: str) -> type[SignForm]:
    """The form's class, made once for each edition and language: making it costs more than filling it in."""
    key = (id(campaign), language)
    known = _classes.get(key)
    if known is None or known[0] is not campaign:
        # the campaign is kept beside its class, so that its id cannot pass to another
        known = (campaign, _make_class(campaign, language))
        _classes[key] = known
        while len(_classes) > _KEPT_CLASSES:
            _classes.popitem(last=False)
    return known[1]


def _make_class(campaign: Campaign, language: str) -> type[SignForm]:
    members: dict[str, Any] = {
        "asks": campaign.consents,
        "country_code": campaign.country,
        "email_need": campaign.need("email"),
        "phone_need": campaign.need("phone"),
    }
    makers = {"postal_code": _postal_code, "country": _country, "phone": _phone, "reason": _reason}
    text = campaign.text(language)
    with force_locale(language):
        if members["email_need"] == "optional":
            members["email"] = AddressField(gettext("Email"), description=_without_address(campaign))
        for name, make in makers.items():
            need = campaign.need(name)
            if need != "no":
                needed = InputRequired(_missing(name)) if need == "required" else Optional()
                members[name] = make(campaign, language, needed, text.field_reasons.get(name, ""))
        members["show_name"] = BooleanField(_show_name(campaign))
    for ask in campaign.consents:
        members[ask.field_name] = BooleanField(ask.wording.get(language) or next(iter(ask.wording.values())))
    return type("CampaignForm", (SignForm,), members)


def _without_address(campaign: Campaign) -> str:
    if campaign.need("phone") == "required":
        return str(gettext("No email? Leave this empty: you get a code by text message."))
    return str(gettext("No email? Leave this empty and write your phone number: you get a code by text message."))


def _show_name(campaign: Campaign) -> str:
    """What a tick allows: nothing shows a name otherwise, neither the page nor what is handed over."""
    beside_reason = campaign.need("reason") != "no"
    if campaign.letters_arrive:
        if beside_reason:
            return str(
                gettext("Show my first name and initial beside my reason, in the list and in the letter to them")
            )
        return str(gettext("Show my first name and initial in the list that is handed over and in the letter to them"))
    if beside_reason:
        return str(gettext("Show my first name and initial beside my reason and in the list that is handed over"))
    return str(gettext("Show my first name and initial in the list that is handed over"))


def _missing(name: str) -> str:
    messages = {
        "postal_code": gettext("Please write your ZIP or postal code."),
        "country": gettext("Please choose your country."),
        "phone": gettext("Please write your phone number."),
        "reason": gettext("Please write in a few words why you sign."),
    }
    return str(messages[name])


def _postal_code(campaign: Campaign, _language: str, needed: Any, why: str) -> StringField:
    def check(form: SignForm, field: StringField) -> None:
        country = form["country"].data if "country" in form and form["country"].data else form.country_code
        code = clean_postal_code(field.data or "", country)
        if code is None:
            raise ValidationError(gettext("Please check the ZIP or postal code."))
        field.data = code

    label = gettext("ZIP code") if campaign.country == "US" else gettext("Postal code")
    return StringField(label, [needed, check], description=why)


def _country(campaign: Campaign, language: str, needed: Any, why: str) -> SelectField:
    choices = [("", ""), *country_names(language)]
    known = {code for code, _name in choices}

    def check(_form: SignForm, field: SelectField) -> None:
        if field.data not in known:
            raise ValidationError(gettext("Please choose your country."))

    label = gettext("Country")
    return SelectField(label, [needed, check], choices=choices, default="", description=why, validate_choice=False)


def _phone(_campaign: Campaign, _language: str, needed: Any, why: str) -> StringField:
    def check(form: SignForm, field: StringField) -> None:
        try:
            number = phonenumbers.parse((field.data or "")[:40], form.country_code)
        except phonenumbers.NumberParseException as error:
            raise ValidationError(gettext("Please check the phone number.")) from error
        if not phonenumbers.is_valid_number(number):
            raise ValidationError(gettext("Please check the phone number."))
        field.data = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        if not (form.email.data or "").strip() and not _takes_texts(field.data):
            words = gettext("We cannot text this number. Please write a mobile number of this country, or your email.")
            raise ValidationError(words)

    return StringField(gettext("Phone"), [needed, check], description=why)


def _takes_texts(number: str) -> bool:
    """Whether the code of a signature without an address would get there."""
    channel = current_app.extensions.get("clarion.channels", {}).get(BY_TEXT)
    takes = getattr(channel, "takes", None)
    return takes is None or bool(takes(number))


def _reason(_campaign: Campaign, _language: str, needed: Any, why: str) -> TextAreaField:
    too_long = str(gettext("Please shorten this to %(limit)s characters.", limit=MAX_REASON))

    def clean(_form: SignForm, field: TextAreaField) -> None:
        field.data = clean_text(field.data or "")

    label = gettext("Why are you signing?")
    return TextAreaField(label, [needed, Length(max=MAX_REASON, message=too_long), clean], description=why)
