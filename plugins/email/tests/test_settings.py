"""The settings: what is wrong is said at the start, and what providers need goes into each mail."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from clarion.api import Place
from clarion.settings import SettingsError
from clarion_email import EmailPlugin, EmailSettings


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("url", "smtp://a:b@mail.example", "leave the password out"),
        ("url", "http://mail.example", "write it as"),
        ("sender", "Petitions <p@x.example>", "the address alone"),
        ("sender", "nonsense", "the address alone"),
        ("sender", "a@b@c", "the address alone"),
        ("sender", "p@x.example\nBcc: z@z.example", "the address alone"),
        ("sender", "p@x..example", "the address alone"),
        ("url", "smtp://mail.example:99999", "a port between 1 and 65535"),
        ("url", "smtp://mail.example:smtp", "a port between 1 and 65535"),
        ("rate", -1, "greater than or equal to 0"),
        ("connections", 1001, "less than or equal to 1000"),
        ("helo", "a b\r\n", "the name of this machine"),
        ("ses_topics", ["arn:aws:s3:::bucket"], "as Amazon shows them"),
        ("postmark_secret", "short", "16 characters"),
        ("sendgrid_key", "AAAA", "as SendGrid shows it"),
        ("bounce", "var/bounces", "Did you mean"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_a_line(make_instance, name, value, words) -> None:
    with pytest.raises(SettingsError, match=rf"plugins\.email\.{name}.*{words}"):
        make_instance(plugins={"email": {name: value}})


def test_a_mail_says_to_the_provider_which_it_is(tmp_path) -> None:
    public = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    key = base64.b64encode(ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(*public)).decode()
    place = Place(tmp_path, "https://petitions.example", production=False)
    settings = EmailSettings.model_validate({"postmark_secret": "x" * 16, "sendgrid_key": key})
    assert EmailPlugin(settings, place)._marked("7.abc@petitions.example") == (
        b"X-PM-Metadata-message: 7.abc@petitions.example\r\n"
        b'X-SMTPAPI: {"unique_args": {"clarion_message": "7.abc@petitions.example"}}\r\n'
    )
    assert EmailPlugin(EmailSettings(), place)._marked("7.abc@petitions.example") == b""


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "url: in production mails must leave"),
        ({"url": "file:var/mail", "sender": "p@site.example"}, "url: in production mails must leave"),
        ({"url": "smtp://mail.example"}, "sender: name the address"),
    ],
)
def test_production_refuses_what_sends_nothing(make_instance, given, words) -> None:
    site = {"environment": "production", "base_url": "https://petitions.example"}
    with pytest.raises(SettingsError, match=words):
        make_instance(site=site, plugins={"email": given})
    assert make_instance(site=site, plugins={"email": {"url": "smtp://mail.example", "sender": "p@site.example"}})
