"""Pages and texts that are made to cost much: little of them is read, little is told, and none of them raises."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clarion_embeds.pagehead import MOST_LETTERS, MOST_POLICIES, PageHead, read_pasted
from clarion_embeds.policies import matches
from clarion_embeds.verdict import MOST_SHOWN, WAYS, judge
from clarion_embeds.visiting import NotSeen, written

from .cases import CSP
from .test_verdict import HOME, PAGE, offer

MUCH = 60_000
DIGITS = "9" * 5_000


def header(policy: str) -> str:
    """A page with this policy, as it is pasted."""
    return f"{CSP}: {policy}"


def meta(policy: str) -> str:
    """The same in its HTML."""
    return f"<meta http-equiv='{CSP}' content='{policy}'>"


HOSTILE = {
    "many policies in one header": header(",".join(f"img-src {n:x}" for n in range(5_000))),
    "many headers": "\n".join(header(f"sandbox; frame-src {n}; img-src {n}; script-src {n}") for n in range(900)),
    "many metas": "".join(meta(f"frame-src {n}") for n in range(900)),
    "many directives": header(";".join(f"a{n}" for n in range(9_000)) + "; frame-src 'none'"),
    "many sources": header("frame-src " + "a " * (MUCH // 2)),
    "many that only report": "\n".join(f"{CSP}-Report-Only: frame-src {n}" for n in range(900)),
    "commas": header("," * MUCH),
    "semicolons": header(";" * MUCH),
    "one long source": header("frame-src " + "a." * (MUCH // 2)),
    "quotes": meta("frame-src " + '"' * MUCH),
    "a meta longer than headers may be": meta("frame-src " + '"' * 4 * MUCH),
    "a digest again and again": f"{meta('script-src ' + 'x ' * MUCH + repr('sha384-A'))}"
    f'<script src="{HOME}/embed.js" integrity="{"sha384-A " * (MUCH // 8)}"></script>',
    "a sandbox of many words": header("sandbox " + " ".join(f"allow-{n}" for n in range(5_000))),
    "a port of many digits": header(f"frame-src https://*:{DIGITS}"),
    "a letter of many digits": f'<p title="&#{DIGITS};">{meta("frame-src")}',
    "deep": "<div>" * MUCH,
    "deep in what is not shown": "<noscript>" * (MUCH // 4),
    "frames": f'<iframe sandbox src="{HOME}/">' * 5_000,
    "attributes": "<a " + " x='" * MUCH,
    "an open script": "<script>" + "</" * MUCH,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_little_is_read_and_little_is_told(name: str) -> None:
    page = PageHead.read(*read_pasted(HOSTILE[name]))
    policies, _ = page.policies()
    told = judge(page, offer(), PAGE)
    assert len(policies) <= MOST_POLICIES
    assert sum(len(str(policy)) for policy in policies) <= MOST_LETTERS
    assert len(told.shown) <= MOST_SHOWN
    # a quote in a meta line is written with six letters, and three lines may hold a whole policy
    assert sum(len(one.line) + len(one.about) for one in told.findings) <= 3 * 6 * MOST_LETTERS + 10_000


@pytest.mark.parametrize("name", ["many policies in one header", "many headers", "a meta longer than headers may be"])
def test_what_is_not_read_may_forbid_all(name: str) -> None:
    told = judge(PageHead.read(*read_pasted(HOSTILE[name])), offer(), PAGE)
    assert told.shown[0].code == "unread"
    assert not any(told.works(way) for way in WAYS)


def test_as_many_as_are_read_are_judged() -> None:
    policies = [(CSP, f"frame-src {HOME}; report-uri /{n}") for n in range(MOST_POLICIES)]
    assert judge(PageHead.read(policies, ""), offer(), PAGE).works_all
    last = judge(PageHead.read([*policies[1:], (CSP, "frame-src 'none'")], ""), offer(), PAGE)
    assert [one.code for one in last.findings] == ["policy"]
    assert not judge(PageHead.read([*policies, policies[0]], ""), offer(), PAGE).works_all


FRAGMENTS = (
    *("default-src ", "frame-src ", "script-src ", "sandbox ", "'none'", "'self'", "'nonce-", "'strict-dynamic'", "*"),
    *("https:", "//", "/", ":", "[", "]", "[::1]", "%", "?", "#", "@", " ", ",", ";", "\n", "\0", "\ud800", "ß", "。"),
    *(DIGITS, f"https://*:{DIGITS}", f"&#{DIGITS};", "&#x110000;", "<!--", "<![", "<!", "</", "<?", ">", "'", '"'),
    *(f"{CSP}: ", f"<meta http-equiv={CSP} content=", "<iframe sandbox src=", f"<script src={HOME}/embed.", HOME),
)
ANYTHING = (
    st.text(max_size=200)
    | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1"))
    | st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join)
)


@settings(max_examples=500, deadline=None)
@given(ANYTHING)
def test_anything_can_be_pasted(text: str) -> None:
    for words in (text, header(text), f"<{text}", f"<![{text}", f'<meta http-equiv="{CSP}" content="{text}">'):
        judge(PageHead.read(*read_pasted(words)), offer(), PAGE)
    matches(text, HOME, PAGE)


@settings(max_examples=300, deadline=None)
@given(ANYTHING)
def test_an_address_is_taken_or_refused(text: str) -> None:
    for there in ("", PAGE):
        with suppress(NotSeen):
            judge(PageHead(), offer(), written(text, there))
