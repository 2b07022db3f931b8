"""Who has no mailbox signs on the web: the code comes as a text."""

from __future__ import annotations

import re

from .conftest import TEXTS, with_texts

ANA = "+12024561111"


def sign(phones) -> str:
    answer = phones.instance.sign("library", email="", phone=ANA)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].partition("r=")[2].partition("&")[0]


def test_the_code_comes_as_a_text_and_counts_the_name_once(phones) -> None:
    with_texts(phones.instance, table=TEXTS.replace("[fields]", '[fields]\nemail = "optional"'))
    reference = sign(phones)
    (told,) = phones.got(ANA, phones.work())
    code = re.search(r"\b\d{6}\b", told)
    assert code, told
    phones.instance.client.post(f"/confirm/{reference}", data={"code": "000000" if code[0] != "000000" else "1"})
    assert phones.instance.count("library") == 0
    counted = phones.instance.client.post(f"/confirm/{reference}", data={"code": code[0]})
    assert counted.status_code == 200
    assert phones.instance.count("library") == 1
    (thanks,) = phones.got(ANA, phones.work())
    assert "Your name counts" in thanks
    sign(phones)
    (told,) = phones.got(ANA, phones.work())
    assert "signed this petition before" in told
    assert phones.instance.count("library") == 1
    (told,) = phones.write(ANA, "LIBRARY")
    assert "signed this petition before" in told


def test_nobody_waits_for_a_code_that_cannot_come(make_instance, make_folder) -> None:
    instance = make_instance(plugins={"sms": {}})
    make_folder()
    with_texts(instance, table=TEXTS.replace("[fields]", '[fields]\nemail = "optional"'))
    abroad = instance.sign("library", email="", phone="+52 55 5123 4567")
    assert abroad.status_code == 422
    assert "We cannot text this number" in abroad.text
    assert 'value="+52 55 5123 4567"' in abroad.text or 'value="+525551234567"' in abroad.text
    assert instance.sign("library", phone="+52 55 5123 4567").status_code == 303, "with an address nobody waits for it"
    assert instance.sign("library", email="", phone=ANA).status_code == 303
