"""The settings: what is wrong is said at the start, in a line that says what to write instead."""

from __future__ import annotations

import pytest

from clarion.settings import SettingsError

from .companies import ACCOUNT, APPLICATION, SIGNATURE, private_key

TWILIO = {"url": f"twilio://{ACCOUNT}", "password": "t" * 32}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"url": "http://sms.example"}, "write .twilio://ACCOUNT"),
        ({"url": "twilio://"}, "write your account behind it"),
        ({"url": "twilio://a:b@+12025550100"}, "leave the password out"),
        ({"url": "twilio://a@12025550100"}, "write the number behind the @"),
        ({"url": "twilio://a?api=http://api.example", "password": "p"}, "begins with https://"),
        ({"url": "twilio://a"}, "password is missing"),
        ({"url": f"vonage://{APPLICATION}"}, "password is missing"),
        ({"url": f"vonage://{APPLICATION}", "password": "0123abcd"}, "private key of the application"),
        ({**TWILIO, "backup_url": "twilio://b", "backup_password": "p"}, "name the number that it sends from"),
        ({**TWILIO, "backup_url": "twilio://b@+12025550101"}, "backup_password is missing"),
        ({"regions": ["us"]}, "two capital letters"),
        ({"regions": []}, "at least 1"),
        ({"rate": 0}, "greater than 0"),
        ({"a_day": -1}, "greater than or equal to 0"),
        ({"price": 0}, "greater than 0"),
        ({"dollars_a_day": 0}, "greater than 0"),
        ({"prefix_an_hour": 0}, "greater than or equal to 1"),
        ({"dollar_a_day": 5}, "Did you mean"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_a_line(make_instance, table, words) -> None:
    with pytest.raises(SettingsError, match=rf"plugins\.sms.*{words}") as told:
        make_instance(plugins={"sms": table})
    assert "\n" not in str(told.value)


def test_the_signature_secret_of_vonage_is_asked_for(make_instance) -> None:
    with pytest.raises(SettingsError, match="signature is missing"):
        make_instance(plugins={"sms": {"url": f"vonage://{APPLICATION}", "password": private_key()}})


@pytest.mark.parametrize(
    "table",
    [
        TWILIO,
        {**TWILIO, "url": f"twilio://{ACCOUNT}@+12025550100"},
        {**TWILIO, "url": f"twilio://{ACCOUNT}?service=MG{'0' * 32}"},
        {**TWILIO, "backup_url": "twilio://b@+12025550101", "backup_password": "p"},
        {**TWILIO, "backup_url": f"twilio://b?service=MG{'0' * 32}", "backup_password": "p"},
        {**TWILIO, "backup_url": "d7sms://token@{to}"},
        {"url": f"vonage://{APPLICATION}", "password": private_key(), "signature": SIGNATURE},
        {"url": "bulksms://user:made-up@{to}"},
        {"url": "sinch://plan:made-up@12025550100/{to}"},
    ],
)
def test_what_is_right_starts(make_instance, table) -> None:
    assert make_instance(plugins={"sms": table})


def test_an_address_that_holds_a_password_is_given_by_reference(make_instance, tmp_path) -> None:
    (tmp_path / "sms.url").write_text("bulksms://user:made-up@{to}\n")
    assert make_instance(plugins={"sms": {"url": {"file": "sms.url"}}})


MAIL = {"url": "smtp://mail.example", "sender": "petitions@petitions.example"}
SITE = {"environment": "production", "base_url": "https://petitions.example"}


@pytest.mark.parametrize("table", [{}, {"url": "file:var/sms"}, {**TWILIO, "backup_url": "file:var/sms"}])
def test_production_refuses_what_sends_nothing(make_instance, table) -> None:
    with pytest.raises(SettingsError, match="in production texts must leave"):
        make_instance(site=SITE, plugins={"email": MAIL, "sms": table})
    assert make_instance(site=SITE, plugins={"email": MAIL, "sms": TWILIO})
