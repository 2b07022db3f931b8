"""Email addresses: which are well formed, and which are the same mailbox in other spelling."""

from __future__ import annotations

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

MAX_LENGTH = 254
"""RFC 5321, section 4.5.3.1.3: a path holds 256 octets, two of them the angle brackets."""


@dataclass(frozen=True, slots=True)
class MailboxRule:
    """How one provider reads the part before the @."""

    domains: tuple[str, ...]
    """Domains that lead to the same mailbox; the first stands for all."""
    tag: str = ""
    """The character that starts a tag the provider ignores."""
    ignores: str = ""
    """Characters that the provider ignores anywhere."""


RULES = (
    MailboxRule(("gmail.com", "googlemail.com"), tag="+", ignores="."),
    MailboxRule(("icloud.com", "me.com", "mac.com"), tag="+"),
    MailboxRule(("proton.me", "protonmail.com", "pm.me", "protonmail.ch"), tag="+", ignores="._-"),
    MailboxRule(("yandex.ru", "ya.ru", "yandex.com", "yandex.by", "yandex.kz"), tag="+"),
    *(
        MailboxRule((domain,), tag="+")
        for domain in (
            "outlook.com",
            "hotmail.com",
            "live.com",
            "msn.com",
            "fastmail.com",
            "fastmail.fm",
            "zoho.com",
            "mailbox.org",
            "posteo.de",
            "tutanota.com",
            "tuta.com",
            "hey.com",
        )
    ),
)
"""From the providers' own help pages. A domain that is not listed keeps dots and tags: two
spellings that may be two people are never joined."""

_BY_DOMAIN = {domain: rule for rule in RULES for domain in rule.domains}


class AddressError(ValueError):
    """The text is not an address that mail can be sent to."""


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """A checked address: as it is written in a mail, and the one spelling of its mailbox."""

    written: str
    canonical: str


def read_address(text: str) -> Address:
    """Check an address and find its mailbox, both in one go, or `AddressError`.

    Takes what RFC 5321 allows and people use; refuses quoted local parts, IP literals, lists and
    names in front, which in a sign form are mistakes or attacks. No network is asked.
    """
    text = text.strip()
    if len(text) > MAX_LENGTH:
        raise AddressError("too long")
    try:
        checked = validate_email(text, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        raise AddressError(str(error)) from error
    return Address(checked.normalized, _canonical(checked.local_part, checked.ascii_domain))


def clean_address(text: str) -> str:
    """The address as it is written in a mail, or `AddressError`."""
    return read_address(text).written


def canonical_address(text: str) -> str:
    """The one spelling of a mailbox, for the blind index only: mail goes to the address as given."""
    return read_address(text).canonical


def _canonical(local: str, domain: str) -> str:
    """Join spellings of one mailbox.

    Lower case throughout: RFC 5321 would let a server tell cases apart, none in use does. Not case
    folded, which would make `straße` and `strasse` one. The domain is taken in its ASCII form, so
    `bücher.example` and its punycode are one.
    """
    local, domain = local.lower(), domain.lower()
    rule = _BY_DOMAIN.get(domain)
    if rule is None:
        return f"{local}@{domain}"
    if rule.tag:
        local = local.split(rule.tag, 1)[0] or local
    stripped = "".join(c for c in local if c not in rule.ignores)
    return f"{stripped or local}@{rule.domains[0]}"


_NUMBER = "tel:"
"""RFC 3966: how a mailbox is written that is a phone."""


def number_mailbox(number: str) -> str:
    """The one spelling of a phone as a mailbox; no email address looks like it, so both share one index."""
    return _NUMBER + number


def is_number(mailbox: str) -> bool:
    """Whether a mailbox is a phone."""
    return mailbox.startswith(_NUMBER)
