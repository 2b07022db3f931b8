"""From the form to the count, through a real server: the promises that signers rely on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from clarion.testing import link, plain


def test_a_signature_in_spanish_counts_once_whatever_the_spelling(served) -> None:
    answer = served.sign("es", name="Nguyễn O'Brien", email="ana.lopez@gmail.com")
    assert answer.status == 303
    assert answer.headers["location"].startswith("/dc-sanctuary/es/thanks?r=")
    (mail,) = served.wait_for_mails(1)
    assert mail["Content-Language"] == "es"
    assert mail["To"] == "ana.lopez@gmail.com"
    assert 'lang="es"' in mail.get_body(("html",)).get_content()

    path = link(mail, "confirm")
    for method, headers in (("GET", {}), ("HEAD", {}), ("GET", {"Purpose": "prefetch", "User-Agent": "scanner"})):
        assert served.ask(method, path, headers=headers).status == 200
    assert served.count() == 0

    confirmed = served.ask("POST", path, {"action": "confirm"})
    assert confirmed.status == 200
    assert "no-store" in confirmed.headers["cache-control"]
    served.wait_for_count(1)

    again = served.sign("en", name="Ana L", email="A.N.A.Lopez+news@googlemail.com")
    assert again.status == 303
    third = served.wait_for_mails(3)[2]
    assert third["To"] == "ana.lopez@gmail.com"
    assert served.ask("POST", path, {"action": "confirm"}).status == 200
    assert served.count() == 1


def test_new_and_repeat_signers_get_the_same_answer(served) -> None:
    token = served.token()
    first = served.sign(token=token, email="one@readers.example")
    repeat = served.sign(token=token, email="One@Readers.example")
    new = served.sign(token=token, email="two@readers.example")
    for answer in (repeat, new):
        assert answer.status == first.status
        assert _without_reference(answer) == _without_reference(first)
        assert set(answer.headers) == set(first.headers)
    pages = [served.ask("GET", a.headers["location"]).text.replace(_reference(a), "") for a in (first, repeat, new)]
    assert pages[0] == pages[1] == pages[2]


def test_fifty_posts_of_one_form_are_one_signature_and_one_mail(served) -> None:
    token = served.token()
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: served.sign(token=token), range(50)))
    assert {answer.status for answer in answers} == {303}
    assert len({_without_reference(answer) for answer in answers}) == 1
    served.stop()
    served.start()
    assert len(served.wait_for_mails(1)) == 1
    served.ask("POST", link(served.mails()[0], "confirm"), {"action": "confirm"})
    served.wait_for_count(1)


def test_the_code_from_the_mail_confirms_on_the_page_after_signing(served) -> None:
    reference = _reference(served.sign())
    (mail,) = served.wait_for_mails(1)
    code = next(word for word in plain(mail).split() if word.isdigit() and len(word) == 6)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert served.ask("POST", f"/confirm/{reference}", {"code": wrong}).status == 422
    assert served.count() == 0
    assert served.ask("POST", f"/confirm/{reference}", {"code": code}).status == 200
    served.wait_for_count(1)


def _reference(answer) -> str:
    return answer.headers["location"].partition("r=")[2]


def _without_reference(answer) -> bytes:
    reference = _reference(answer)
    headers = {k: v.replace(reference, "") for k, v in sorted(answer.headers.items()) if k != "date"}
    return repr(headers).encode() + answer.body.replace(reference.encode(), b"")
