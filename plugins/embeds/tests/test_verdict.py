"""What is said of a page: over a table of pages, and of places that a form cannot be in."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from clarion_embeds.loader import INTEGRITY, PATH
from clarion_embeds.pagehead import PageHead, read_pasted, read_status, says_something
from clarion_embeds.policies import Policy
from clarion_embeds.verdict import WAYS, Offer, Verdict, judge

from .cases import CASES, CSP, Case

HOME = "https://petitions.example"
PAGE = "https://readers.example/act"


def offer(home: str = HOME, *origins: str) -> Offer:
    """What is offered to a partner."""
    return Offer(
        home,
        origins or ("https://readers.example",),
        frame=f"{home}/library/en/embed?partner=readers",
        script=f"{home}/embed.js",
        picture=f"{home}/library/en/badge.svg",
        pinned=home + PATH,
        integrity=INTEGRITY,
        sandbox="allow-forms",
        script_code='<script nonce="…">',
        pinned_code="<script integrity>",
    )


def page_of(case: Case, home: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """The headers and the head of a case, for our site at an address."""
    parts = urlsplit(home)
    port = str(parts.port or {"http": 80, "https": 443}[parts.scheme])
    said = {"home": home, "HOME": home.upper(), "host": parts.hostname, "port": port, "scheme": parts.scheme}
    said["hash"] = INTEGRITY
    headers = tuple((name, value.format(**said)) for name, value in case.headers)
    nonce = f'<script src="{home}/embed.js" nonce="{case.nonce}"></script>' if case.nonce else ""
    return headers, f"<html><head>{case.head.format(**said)}</head><body>{nonce}"


def verdict(case: Case, home: str = HOME) -> Verdict:
    return judge(PageHead.read(*page_of(case, home)), offer(home), PAGE)


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 70


@pytest.mark.parametrize("name", CASES)
def test_what_is_broken_is_told(name: str) -> None:
    told = verdict(CASES[name])
    assert {way for way in WAYS if not told.works(way)} == set(CASES[name].broken.split())
    assert {finding.code for finding in told.findings} == set(CASES[name].codes.split())
    assert all(finding.line for finding in told.findings)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.broken and not case.head])
def test_the_line_mends_it_and_takes_nothing_away(name: str) -> None:
    """Each policy is replaced by the last line that is told of it, as its reader would."""
    case, home = CASES[name], HOME
    headers, html = page_of(case, home)
    mended, allowed = [], set()
    for header, value in headers:
        for policy in Policy.read(value):
            told = judge(PageHead.read(((header, str(policy)),), html), offer(home), PAGE)
            lines = [one.line for one in told.findings if one.breaks and one.code != "nonce"]
            mended.append((CSP, lines[-1].removeprefix(f"{CSP}: ") if lines else str(policy)))
            allowed |= {token for _, tokens in policy.directives for token in tokens} - {"'none'"}
    told = judge(PageHead.read(mended, html), offer(home), PAGE)
    nonce_only = [one for one in told.findings if one.breaks and one.code != "nonce"]
    assert nonce_only == []
    assert allowed <= {token for _, value in mended for token in value.replace(";", "").split()}


PLACES = {
    "another of its hosts": ("https://www.readers.example/", "origin"),
    "another port": ("https://readers.example:8443/", "origin"),
    "without TLS": ("http://readers.example/act", "no-tls"),
    "with its usual port": ("https://readers.example:443/", ""),
    "in capitals": ("https://READERS.example/", ""),
}


@pytest.mark.parametrize("name", PLACES)
def test_where_the_page_is_counts(name: str) -> None:
    url, code = PLACES[name]
    told = judge(PageHead(), offer(), url)
    assert [finding.code for finding in told.findings] == ([code] if code else [])
    assert told.works("script") == told.works("frame") == (not code)
    assert told.works("pictures")


def test_the_line_for_another_origin_names_all() -> None:
    (finding,) = judge(PageHead(), offer(), "https://www.readers.example/").findings
    assert finding.line == 'origins = ["https://readers.example", "https://www.readers.example"]'


def test_where_every_site_may_show_it_a_page_without_tls_is_told_and_works() -> None:
    told = judge(PageHead(), offer(HOME, "*"), "http://readers.example/")
    assert ([one.code for one in told.findings], told.works_all) == (["no-tls"], True)


def test_a_secure_page_loads_nothing_from_a_site_without_tls() -> None:
    told = judge(PageHead(), offer("http://petitions.example"), PAGE)
    assert [one.code for one in told.findings] == ["mixed"]
    assert not any(told.works(way) for way in WAYS)


def test_without_an_address_the_policies_alone_are_looked_at() -> None:
    told = judge(PageHead.read(((CSP, "frame-src 'self'"),), ""), offer())
    assert [one.code for one in told.findings] == ["policy"]


@pytest.mark.parametrize(
    ("sandbox", "works"),
    [
        ('sandbox=""', False),
        ("sandbox", False),
        ('sandbox="allow-scripts allow-same-origin"', False),
        ('sandbox="allow-scripts"', True),
        ('sandbox="allow-forms"', True),
        ("", True),
    ],
)
def test_a_frame_that_is_there_already_must_take_a_form(sandbox: str, works: bool) -> None:
    html = f'<body><iframe {sandbox} src="{HOME}/library/en/embed"></iframe><iframe sandbox src="/own"></iframe>'
    told = judge(PageHead.read((), html), offer(), PAGE)
    assert (told.works("frame"), told.works("script")) == (works, True)


def test_a_script_of_an_earlier_release_is_told() -> None:
    html = f'<script src="{HOME}/embed.0123456789ab.js" integrity="sha384-AAAA"></script>'
    told = judge(PageHead.read((), html), offer(), PAGE)
    assert [(one.code, one.breaks, one.line) for one in told.findings] == [("stale", ("script",), "<script integrity>")]
    for name in ("/embed.js", PATH):
        assert judge(PageHead.read((), f'<script src="{HOME}{name}"></script>'), offer(), PAGE).works_all


@pytest.mark.parametrize(
    ("status", "kind", "code"), [(403, "text/html", "status"), (200, "application/pdf", "no-page")]
)
def test_what_is_no_page_is_told(status: int, kind: str, code: str) -> None:
    told = judge(PageHead.read((("Content-Type", kind),), ""), offer(), PAGE, status)
    assert ([one.code for one in told.findings], told.saw_the_page) == ([code], False)


PASTED = {
    "curl -I": f"HTTP/2 200\r\ncontent-type: text/html\r\n{CSP.lower()}: frame-src 'self'\r\n\r\n",
    "curl -v": f"> GET / HTTP/2\n> host: readers.example\n< HTTP/2 200\n< {CSP}: frame-src 'self'\n< server: x\n",
    "a browser's table": f"server:\nnginx\n{CSP.lower()}:\nframe-src 'self'; report-uri /csp\nvary:\nCookie\n",
    "a browser's table without colons": f"{CSP.lower()}\nframe-src 'self'\nserver\nnginx",
    "a policy alone": "frame-src 'self'; script-src https:",
    "a policy that begins with default-src": "  default-src 'self'; img-src *",
    "a meta line": f'<meta http-equiv="{CSP}" content="frame-src \'self\'">',
    "nginx's settings": f"add_header {CSP} \"default-src 'self' https://a.example\" always;",
    "Apache's settings": f"Header set {CSP} \"default-src 'self'\"",
    "JSON": f'{{\n  "{CSP.lower()}": "default-src \'none\'",\n}}',
    "words": "Content Security Policy: default-src 'none'",
    "a browser's console": "Refused to frame 'https://a.example/' because it violates the following Content Security "
    "Policy directive: \"frame-src 'self'\".",
    "headers and HTML": f"content-type: text/html\n\n<!doctype html><head><meta http-equiv={CSP} content='frame-src'>",
}


@pytest.mark.parametrize("name", PASTED)
def test_headers_are_read_as_people_copy_them(name: str) -> None:
    page = PageHead.read(*read_pasted(PASTED[name]))
    assert len(page.policies()[0]) == 1
    assert not judge(page, offer()).works("frame")


@pytest.mark.parametrize("text", ["garbage", "x: y", "https://readers.example/news", "Hello,\nsee below: all is well"])
def test_what_is_no_headers_is_not_taken_for_such(text: str) -> None:
    assert not says_something(*read_pasted(text))


@pytest.mark.parametrize("name", PASTED)
def test_what_people_copy_is(name: str) -> None:
    assert says_something(*read_pasted(PASTED[name]))


@pytest.mark.parametrize(
    ("text", "status"),
    [("HTTP/2 404\r\nserver: x", 404), ("HTTP/1.1 301 Moved\n\nHTTP/1.1 503 Away", 503), ("server: x", 200)],
)
def test_the_status_is_read(text: str, status: int) -> None:
    assert read_status(text) == status
