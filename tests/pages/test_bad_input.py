"""Whatever is sent: a clear answer, never a server error, nothing lost that was typed."""

from __future__ import annotations

import html

import pytest

from clarion.testing import Instance, link, plain

ACCEPTED = [
    "O'Brien",
    "李",
    "Ñ",
    "Nguyễn",
    "X Æ",
    "U",
    "García-López",
    "محمد علي",
    "שרה כהן",
    "አበበ በቀለ",
    "Null",
    "True",
    "Ana <script>alert(1)</script>",
    "Ana {{7*7}} ${7*7} %s%n",
    "'; DROP TABLE signature; --Ana"[3:].strip("; "),
]
REFUSED = {
    "": "your name",
    "x" * 300: "too long",
    "<script>alert(1)</script>": "starts with a letter",
    "{{7*7}}": "starts with a letter",
    '=HYPERLINK("x")': "starts with a letter",
    "-Maria": "starts with a letter",
    "Ana https://spam.example": "without a web address",
    "bit.ly/x": "without a web address",
    "Ana\nBcc: victim@readers.example": "characters",
    "Ana\x00": "characters",
    "Ana\ufffe": "characters",
}
BAD_ADDRESSES = [
    "a@b",
    '"quoted"@readers.example',
    "ana@[127.0.0.1]",
    "ana@@readers.example",
    "ana@readers.example.",
    f"{'x' * 65}@readers.example",
    "ana b@readers.example",
    "<ana@readers.example>",
    "ana@readers.example,bob@readers.example",
    "ana@readers.example\r\nBcc: bob@readers.example",
    "ana@readers.example\x00",
    "ana@localhost",
    "ana@readers.test",
]


@pytest.mark.parametrize("name", ACCEPTED)
def test_names_of_people_are_accepted_and_shown_as_written(instance: Instance, name: str) -> None:
    assert instance.sign("library", name=name).status_code == 303
    instance.work()
    path = plain(instance.mails()[0]).split("/confirm/")[1].split()[0]
    assert instance.client.post(f"/confirm/{path}", data={"action": "confirm"}).status_code == 200
    instance.work()
    thanks = instance.mails()[1]
    assert name in plain(thanks)
    body = thanks.get_body(("html",))
    assert body is not None
    assert html.escape(name, quote=True).replace("&#x27;", "&#39;") in body.get_content()
    me = plain(thanks).split("/me/")[1].split()[0]
    page = instance.client.get(f"/me/{me}").get_data(as_text=True)
    assert html.escape(name, quote=True).replace("&#x27;", "&#39;") in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(("name", "told"), REFUSED.items())
def test_what_is_no_name_is_refused_beside_the_field(instance: Instance, name: str, told: str) -> None:
    answer = instance.sign("library", name=name, email="kept@readers.example")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert told in page
    assert "kept@readers.example" in page, "what was typed stays"
    assert "<script>alert" not in page
    assert instance.work() == 0


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_what_is_no_address_is_refused(instance: Instance, address: str) -> None:
    answer = instance.sign("library", email=address, name="Ana Kept")
    assert answer.status_code == 422
    assert "Ana Kept" in answer.get_data(as_text=True)
    assert instance.work() == 0


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"postal_code": "'; DROP TABLE signature"}, "postal code"),
        ({"postal_code": "%"}, "postal code"),
        ({"postal_code": "9" * 4000}, "postal code"),
        ({"phone": "12"}, "phone number"),
        ({"phone": "call me"}, "phone number"),
        ({"reason": "x" * 1001}, "shorten"),
    ],
)
def test_other_fields_are_checked_too(instance: Instance, fields: dict[str, str], told: str) -> None:
    answer = instance.sign("library", **fields)
    assert answer.status_code == 422
    assert told in answer.get_data(as_text=True)


def test_errors_speak_the_signers_language(instance: Instance) -> None:
    page = instance.sign("library", "es", email="x").get_data(as_text=True)
    assert 'lang="es"' in page
    assert "Please" not in page


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"name=" + b"x" * 10_000_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a%d=1" % n for n in range(5000)), "application/x-www-form-urlencoded", 422),
        (b'{"name": "Ana"}', "application/json", 415),
        (b"name=Ana", "text/plain", 415),
        (b"--x\r\nContent-Disposition: form-data; name=", "multipart/form-data; boundary=x", 422),
        (b"--x", "multipart/form-data", 422),
        (b"name=%91%ff%c0%af&email=%00", "application/x-www-form-urlencoded", 422),
        (b"[" * 1000, "application/x-www-form-urlencoded", 422),
        (b"\x1f\x8b\x08\x00" * 50, "application/x-www-form-urlencoded", 422),
    ],
)
def test_bodies_that_are_no_form(instance: Instance, body: bytes, kind: str, status: int) -> None:
    answer = instance.client.post("/library/en/sign", data=body, content_type=kind)
    assert answer.status_code == status
    assert "Traceback" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("parts", [61, 5000])
def test_too_many_parts_are_refused(instance: Instance, parts: int) -> None:
    part = '--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n1\r\n'
    body = f"{part * parts}--x--\r\n"
    answer = instance.client.post("/library/en/sign", data=body, content_type="multipart/form-data; boundary=x")
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        "/unknown",
        "/unknown/en",
        "/library/fr",
        "/library/EN",
        "/library/en/nothing",
        "/Library/en",
        "/../etc/passwd",
        "/%00",
        "/%ff%fe",
        "/library/en?x=%ff",
        "/confirm/x",
        "/confirm/" + "A" * 5000,
        "/confirm/é",
        "/confirm/r" + "A" * 70,
        "/me/x",
        "/me/" + "A" * 43,
        "/media/../../x",
        "/static/..%2f..%2fsettings.py",
        "/unknown.json",
    ],
)
def test_strange_addresses_are_answered_calmly(instance: Instance, path: str) -> None:
    answer = instance.client.get(path)
    assert answer.status_code in ({200} if "?x=" in path else {404, 405, 308})
    page = answer.get_data(as_text=True)
    assert "Traceback" not in page


def test_a_wrong_method_is_told_so(instance: Instance) -> None:
    assert instance.client.post("/library/en").status_code == 405
    shared = instance.client.get("/library/en/sign")
    assert (shared.status_code, shared.headers["Location"]) == (303, "/library/en")


def test_codes_of_any_kind_are_checked_calmly(instance: Instance) -> None:
    reference = instance.sign("library").headers["Location"].partition("r=")[2]
    for code in ("", "x" * 5000, "12345", "١٢٣٤٥٦", "\x00", "0" * 6):
        assert instance.client.post(f"/confirm/{reference}", data={"code": code}).status_code == 422


@pytest.mark.parametrize(
    "form",
    [{}, {"action": "x"}, {"action": "consent", "consent": "9" * 50}, {"action": "consent", "consent": "²"}],
)
def test_what_a_signers_page_does_not_know_is_refused(instance: Instance, form: dict[str, str]) -> None:
    instance.sign("library")
    instance.work()
    instance.confirm(link(instance.mails()[0], "confirm"))
    instance.work()
    assert instance.client.post(link(instance.mails()[-1], "me"), data=form).status_code == 400
