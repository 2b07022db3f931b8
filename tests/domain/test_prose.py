"""Campaign prose: what Markdown becomes on a page and in a plain mail."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clarion.domain.prose import ATTRIBUTES, SCHEMES, TAGS, images, plain, render, unsafe

ATTACKS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//x.example></ScRiPt>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<style>@import '//x.example'</style>",
    "<form action=//x.example><input name=email>",
    "<base href=//x.example>",
    "<meta http-equiv=refresh content=0>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "</p><script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A&#x61;vascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<java&NewLine;script:alert(1)>)",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](file:///etc/passwd)",
    "[x][y]\n\n[y]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml,<svg/onload=alert(1)>)",
    '![x](media/a.png "onerror=alert(1)")',
    '![" onerror="alert(1)](media/a.png)',
    "![<script>alert(1)</script>](media/a.png)",
    '[x](https://a.example "x" onclick="alert(1)")',
    '[x](https://a.example/"onmouseover="alert(1))',
    "`<script>alert(1)</script>`",
    "    <script>alert(1)</script>",
    "```html\n<script>alert(1)</script>\n```",
    "<a href=x\nonclick=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "{{7*7}} {% raw %} {{config}}",
]

markdown = st.lists(
    st.one_of(
        st.sampled_from(ATTACKS),
        st.sampled_from(
            ["[", "](", ")", "<", ">", '"', "'", "`", "![", "*", "_", "\n", "\n\n", "# ", "> ", "- ", "&#"]
        ),
        st.text(max_size=8),
    ),
    max_size=12,
).map("".join)


class Elements(HTMLParser):
    """Collects what a browser would make of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_comment(self, data: str) -> None:
        self.found.append(("comment", {}))

    def handle_decl(self, decl: str) -> None:
        self.found.append(("declaration", {}))

    def unknown_decl(self, data: str) -> None:
        self.found.append(("declaration", {}))


def assert_harmless(html: str) -> None:
    for tag, attributes in Elements(html).found:
        assert tag in TAGS, html
        assert set(attributes) <= ATTRIBUTES.get(tag, set()) | {"title", "rel"}, html
        address = "".join(c for c in attributes.get("href", "") + attributes.get("src", "") if c > " ").lower()
        scheme, colon, _ = address.partition(":")
        assert not colon or scheme in SCHEMES or not scheme.replace("+", "").isalnum(), html


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_script_survives(attack: str) -> None:
    assert_harmless(render(attack))
    assert_harmless(render(attack, lambda source: f"/media/{source}"))
    assert_harmless(render(f"- a\n\n  > {attack}\n\n**{attack}**", lambda source: "/media/1"))


@given(markdown)
def test_no_script_survives_in_any_company(text: str) -> None:
    assert_harmless(render(text))
    assert_harmless(render(text, lambda source: f"/media/{source}"))


@given(markdown)
def test_any_text_can_be_looked_through(text: str) -> None:
    lines = len(re.split(r"\r\n|\n|\r", text))
    assert all(1 <= line <= lines for line, _ in unsafe(text))
    assert all(1 <= line <= lines for _, line in images(text))
    assert isinstance(plain(text), str)


def test_prose_keeps_its_shape() -> None:
    html = render("## Why\n\nWe **read** *here*.\n\n1. One\n2. [Two](https://a.example/x?a=1&b=2)\n\n> Said\n\n---\n")
    assert [tag for tag, _ in Elements(html).found] == "h2 p strong em ol li li a blockquote p hr".split()
    assert dict(Elements(html).found)["a"]["href"] == "https://a.example/x?a=1&b=2"


def test_the_first_headline_of_a_page_stays_its_title() -> None:
    assert [tag for tag, _ in Elements(render("# Loud")).found] == ["h2"]


@pytest.mark.parametrize("address", ["https://a.example", "http://a.example", "mailto:a@a.example", "tel:+12025550100"])
def test_good_links_stay_and_tell_no_one_where_they_were(address: str) -> None:
    (_, link) = Elements(render(f"[x]({address})")).found[1]
    assert link["href"] == address
    assert "noreferrer" in link["rel"]
    assert unsafe(f"[x]({address})") == []


def test_images_are_served_from_where_the_page_says() -> None:
    asked: list[str] = []
    html = render("![A tree](media/tree.png) ![](<media/el niño.jpg>)", lambda s: asked.append(s) or f"/m/{len(asked)}")
    assert asked == ["media/tree.png", "media/el niño.jpg"]
    pictures = [attributes for tag, attributes in Elements(html).found if tag == "img"]
    assert [p["src"] for p in pictures] == ["/m/1", "/m/2"]
    assert pictures[0]["alt"] == "A tree"


def test_an_image_that_is_not_served_is_left_out() -> None:
    html = render('a ![x > "y"](media/none.png) b')
    assert [tag for tag, _ in Elements(html).found] == ["p"]
    assert "none.png" not in html


def test_braces_stay_literal() -> None:
    assert "{{7*7}}" in Elements(render("{{7*7}}")).words
    assert plain("{{7*7}} {% x %}") == "{{7*7}} {% x %}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a\n\nb\nc <b>d</b>", [(4, "<b>"), (4, "</b>")]),
        ("a\n\n<div>\nx\n</div>", [(3, "<div>")]),
        ("a\n<!-- x -->", [(2, "<!-- x -->")]),
        ("- a\n- b\n  <i>", [(3, "<i>")]),
        ("a <b\nclass=x> c\n<i>", [(1, "<b"), (3, "<i>")]),
        ("> a\n> [x](javascript:1)", [(2, "javascript:")]),
        ("[a\nb](https://a.example)\n[c](vbscript:x)", [(3, "vbscript:")]),
        ("a\n<javascript:alert(1)>", [(2, "javascript:")]),
        ("[x](JAVAscript&colon;1)", [(1, "JAVAscript:")]),
        ("[x]\n\n[x]: data:text/html,y", [(1, "data:")]),
        ("[x](ftp://a.example)", [(1, "ftp:")]),
        ("1 < 2, 3 > 2, <3 and `<b>`", []),
        ("    <b>code</b>", []),
        ("[x](/page#part) [y](page)", []),
    ],
)
def test_what_is_not_allowed_is_told_with_its_line(text: str, found: list[tuple[int, str]]) -> None:
    assert unsafe(text) == found


def test_images_are_told_with_their_lines() -> None:
    text = "a\n\nb\n![x](media/a.png)\n\n- ![y](<media/niño y niña.png>)\n"
    assert images(text) == [("media/a.png", 4), ("media/niño y niña.png", 6)]


@pytest.mark.parametrize(
    ("text", "mail"),
    [
        ("One\ntwo\n\nThree", "One two\n\nThree"),
        ("## Why\n\nWe **read** `here`.", "Why\n\nWe read here."),
        ("Do:\n\n1. One\n2. Two\n\nThen", "Do:\n\n1. One\n2. Two\n\nThen"),
        ("- a\n- b", "- a\n- b"),
        ("3. c\n4. d", "3. c\n4. d"),
        ("> Said", "Said"),
        (
            "See [here](https://a.example) and [there](https://a.example).",
            "See here (https://a.example) and there (https://a.example).",
        ),
        ("<https://a.example>", "https://a.example"),
        ("    code", "code"),
        ("a\\\nb", "a\nb"),
        ("![A tree](media/tree.png)", ""),
        ("", ""),
    ],
)
def test_a_plain_mail_says_the_same(text: str, mail: str) -> None:
    assert plain(text) == mail
