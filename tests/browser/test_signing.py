"""From the form to the count, as a person goes it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from clarion.testing import plain

THANKS = re.compile(r"/dc-sanctuary/(en|es)/thanks\?r=")


@pytest.mark.parametrize(("width", "language"), [(360, "es"), (1280, "en")])
def test_by_the_link_without_a_script(visit, site, width: int, language: str) -> None:
    visitor = visit(width, script=False)
    page = visitor.page
    visitor.open(f"/dc-sanctuary/{language}")
    visitor.sign(reason="We look after each other.")
    page.check("#consent-casa-del-barrio-email")
    page.click("button.main")
    expect(page).to_have_url(THANKS)
    assert site.instance.count("dc-sanctuary") == 0
    assert site.instance.work() == 1
    (mail,) = site.instance.mails()
    address = re.search(r"/confirm/\S+", plain(mail))
    assert address
    for _ in range(2):
        visitor.open(address[0])
        assert site.instance.count("dc-sanctuary") == 0, "looking counts nobody"
    expect(page.locator("label.tick:has(:checked)")).to_contain_text(["Casa del Barrio"])
    page.click("button.main")
    expect(page.locator("h1")).to_have_text(
        "Gracias: su firma ya cuenta" if language == "es" else re.compile("Thank you")
    )
    assert site.instance.count("dc-sanctuary") == 1
    site.forget()
    visitor.open(f"/dc-sanctuary/{language}")
    expect(page.locator("#sign-title")).to_contain_text("1 pers")


@pytest.mark.parametrize(("width", "language"), [(360, "en"), (1280, "es")])
def test_by_the_code_without_a_script(visit, site, width: int, language: str) -> None:
    visitor = visit(width, script=False)
    page = visitor.page
    visitor.open(f"/dc-sanctuary/{language}")
    visitor.sign()
    page.click("button.main")
    expect(page).to_have_url(THANKS)
    site.instance.work()
    code = re.search(r"\b\d{6}\b", plain(site.instance.mails()[0]))
    assert code
    wrong = "000000" if code[0] != "000000" else "111111"
    page.fill("#code", wrong)
    page.press("#code", "Enter")
    expect(page.locator("#code-error")).to_be_visible()
    expect(page.locator("#code")).to_have_value(wrong)
    expect(page.locator("#code")).to_be_focused()
    page.fill("#code", f"{code[0][:3]} {code[0][3:]}")
    page.locator(".code button").click()
    expect(page.locator(".count")).to_contain_text("1 pers")
    assert site.instance.count("dc-sanctuary") == 1


@pytest.mark.parametrize(("field", "script"), [("name", True), ("email", False), ("postal_code", True)])
def test_enter_signs_and_does_not_switch_the_language(visit, field: str, script: bool) -> None:
    visitor = visit(script=script)
    visitor.open("/dc-sanctuary/en")
    visitor.sign()
    visitor.page.press(f"#{field}", "Enter")
    expect(visitor.page).to_have_url(THANKS)
    expect(visitor.page.locator("html")).to_have_attribute("lang", "en")


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_refused_form_says_what_to_mend_and_leads_there(visit, language: str) -> None:
    visitor = visit()
    page = visitor.page
    visitor.open(f"/dc-sanctuary/{language}")
    visitor.send_anyway(name="=SUM(A1)", email="ana.example", postal_code="2", phone="12", reason="Kept.")
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.locator("a")).to_have_count(4)
    expect(page).to_have_title(re.compile("^Todavía sin firmar" if language == "es" else "^Not signed yet"))
    expect(page.locator("#reason")).to_have_value("Kept.")
    for name in ("name", "email", "postal_code", "phone"):
        beside = page.locator(f"#{name}-error")
        expect(beside).to_be_visible()
        assert f"{name}-error" in (page.locator(f"#{name}").get_attribute("aria-describedby") or "").split()
        expect(page.locator(f"#{name}")).to_have_attribute("aria-invalid", "true")
    summary.locator("a").first.click()
    expect(page.locator("#name")).to_be_focused()
    expect(page.locator("#name")).to_be_in_viewport(ratio=1)
    visitor.sign(phone="")
    page.click("button.main")
    expect(page).to_have_url(THANKS)


@pytest.mark.parametrize(("language", "script"), [("en", True), ("es", False)])
def test_who_comes_in_a_rush_loses_nothing_and_presses_once_more(visit, site, language: str, script: bool) -> None:
    box = "#consent-sanctuary-dc-email"
    visitor = visit(script=script)
    page = visitor.page
    visitor.open(f"/dc-sanctuary/{language}")
    visitor.sign(reason='"Kept",\nI said.')
    page.check(box)
    with site.overloaded():
        for _ in range(2):
            page.click("button.main")
            expect(page.locator("h1")).to_have_text(
                "Un momento, por favor" if language == "es" else "One moment, please"
            )
            expect(page.get_by_role("alert")).to_be_focused()
        page.click("button[name=switch]")
    expect(page.locator("#name")).to_have_value("Ana Luna")
    expect(page.locator("#reason")).to_have_value('"Kept",\nI said.')
    expect(page.locator(box)).to_be_checked()
    with site.overloaded():
        page.click("button.main")
        expect(page.get_by_role("alert")).to_be_focused()
    page.click("button.main")
    expect(page).to_have_url(THANKS)
    assert site.instance.work() == 1


def test_a_signer_minds_their_own_page(visit, site) -> None:
    signer = site.confirmed("es", **{"consent_sanctuary-dc_email": "y"})
    visitor = visit(script=False)
    page = visitor.page
    visitor.open(signer.me)
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.fill("#name", "李明")
    page.locator("button[value=save]").click()
    expect(page.locator(".notice")).to_have_text("Guardado.")
    expect(page.locator("#name")).to_have_value("李明")
    page.locator("button[value=consent]").click()
    expect(page.locator(".consent")).to_contain_text("Usted retiró su permiso.")
    page.locator("button[value=withdraw]").click()
    assert site.instance.count("dc-sanctuary") == 0
    page.locator("button[value=sign-again]").click()
    assert site.instance.count("dc-sanctuary") == 1
    page.locator(".more:not(.qr) summary").click()
    page.locator("button[value=erase]").click()
    expect(page.locator("h1")).to_have_text("Todos sus datos están borrados")
    assert site.instance.count("dc-sanctuary") == 0
    visitor.open(signer.me)
    expect(page.locator("main")).to_contain_text("404")


def test_another_press_of_the_button_counts_nobody_twice(visit, site) -> None:
    visitor = visit(script=False)
    for address in ("ana@readers.example", "ANA@Readers.example"):
        visitor.open("/dc-sanctuary/en")
        visitor.sign(email=address)
        visitor.page.click("button.main")
        expect(visitor.page).to_have_url(THANKS)
    assert site.instance.work() == 1
