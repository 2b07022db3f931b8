"""Passkeys (WebAuthn level 2), by py_webauthn: what a browser says is checked here, and never without its challenge."""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ..extensions import db, now, transaction
from .marks import Marks
from .models import Passkey, Staff, Ticket

MOST = 10
"""Passkeys of one person."""

LONGEST_NAME = 60


class PasskeyRefused(Exception):
    """What the browser sent is no proof."""


class Passkeys:
    """The passkeys of one site."""

    def __init__(self, marks: Marks, site_name: str, base_url: str) -> None:
        self._marks, self._site_name, self._origin = marks, site_name, base_url
        self._host = urlsplit(base_url).hostname or ""

    def to_make(self, staff: Staff, ticket: Ticket) -> str:
        """What the browser is asked, so that it makes a passkey: JSON."""
        options = generate_registration_options(
            rp_id=self._host,
            rp_name=self._site_name,
            user_id=staff.passkey_handle,
            user_name=staff.email,
            challenge=self._challenge(ticket),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential) for one in listed(staff.id)],
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
        )
        return options_to_json(options)

    def to_show(self, ticket: Ticket, known: Iterable[Passkey] = ()) -> str:
        """What the browser is asked, so that it shows one: JSON. Without `known` any will do."""
        options = generate_authentication_options(
            rp_id=self._host,
            challenge=self._challenge(ticket),
            allow_credentials=[PublicKeyCredentialDescriptor(id=one.credential) for one in known],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json(options)

    def keep(self, staff: Staff, ticket: Ticket, answer: str, name: str) -> None:
        """Take a new passkey in. Raises `PasskeyRefused`."""
        try:
            made = verify_registration_response(
                credential=answer,
                expected_challenge=self._challenge(ticket),
                expected_rp_id=self._host,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise PasskeyRefused from error
        if len(listed(staff.id)) >= MOST or _by_credential(made.credential_id) is not None:
            raise PasskeyRefused
        row = Passkey(
            staff_id=staff.id,
            credential=made.credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            name=name,
            made_at=now(),
        )
        with transaction() as session:
            session.add(row)

    def check(self, ticket: Ticket, answer: str) -> Staff:
        """Whose passkey it is. Raises `PasskeyRefused`."""
        try:
            passkey = _by_credential(base64url_to_bytes(json.loads(answer)["rawId"]))
            if passkey is None:
                raise PasskeyRefused
            shown = verify_authentication_response(
                credential=answer,
                expected_challenge=self._challenge(ticket),
                expected_rp_id=self._host,
                expected_origin=self._origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError) as error:
            raise PasskeyRefused from error
        with transaction():
            passkey.sign_count, passkey.last_used_on = shown.new_sign_count, now().date()
            db.session.add(passkey)
        staff = db.session.get(Staff, passkey.staff_id)
        if staff is None:
            raise PasskeyRefused
        return staff

    def _challenge(self, ticket: Ticket) -> bytes:
        return self._marks.digest("challenge", ticket.id.to_bytes(8, "big"), ticket.nonce)


def listed(staff_id: int) -> list[Passkey]:
    """The passkeys of somebody."""
    return list(db.session.scalars(select(Passkey).filter_by(staff_id=staff_id).order_by(Passkey.id)))


def remove(staff_id: int, number: int) -> bool:
    """Take one out."""
    with transaction() as session:
        mine = delete(Passkey).where(Passkey.id == number, Passkey.staff_id == staff_id)
        return bool(session.execute(mine).rowcount)  # type: ignore[attr-defined]


def _by_credential(credential: bytes) -> Passkey | None:
    return db.session.scalar(select(Passkey).filter_by(credential=credential))
