"""What a partner's page tells of a site, without ever being a scanner."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from urllib3.util import connection

from clarion.api import NotSent, Sender
from clarion_embeds import partner, visiting
from clarion_embeds.partner import TESTS_OF_NETWORK
from clarion_embeds.verdict import MOST_SHOWN, Verdict, judge
from clarion_embeds.visiting import NotSeen, Visits, written

from .partners import LISTED, path_of, words


class Site:
    """Sites on this machine: what they answer, and what they were asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, dict[str, str], str]] = {}
        self.asked: list[tuple[str, str]] = []
        self.port = 0

    def sender(self, **more: Any) -> Sender:
        """One for which every public name is this machine."""
        reached = {"resolve": lambda host, port: [("127.0.0.1", self.port)], "permits": lambda address: True}
        return Sender(**{**reached, **more})


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    found = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.headers["Host"], self.path))
            status, headers, body = found.answers.get(self.path, (404, {}, ""))
            self.send_response(status)
            for name, value in {"Content-Type": "text/html", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    monkeypatch.setattr(visiting, "Sender", found.sender)
    yield found
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


@pytest.fixture
def test_site(site: Site, embeds) -> Callable[..., Any]:
    """Test an address as the partner does."""
    instance = embeds(LISTED)
    path = path_of(instance)

    def test(url: str = "", network: str = "127.0.0.1", **more: str) -> Any:
        data, around = {"url": url, **more}, {"REMOTE_ADDR": network}
        return instance.client.post(f"{path}?lang=en&language=es", data=data, environ_overrides=around)

    return test


SECRET = "what-only-this-page-says"


def test_a_page_is_looked_at_and_never_shown(test_site, site: Site) -> None:
    policy = "Content-Security-Policy"
    meta = f'<meta http-equiv="{policy}" content="script-src \'self\'">'
    body = f"<html><head>{meta}</head><p>{SECRET}</p><p>http://127.0.0.1:8000"
    site.answers["/act?a=b"] = 200, {policy: "frame-src 'self'", "X-Secret": SECRET}, body
    answer = test_site("http://writers.example/act?a=b#part")
    assert (answer.status_code, site.asked) == (200, [("writers.example", "/act?a=b")])
    page = answer.get_data(as_text=True)
    assert SECRET not in page
    assert "Content-Security-Policy: frame-src &#39;self&#39; http://127.0.0.1:8000" in page
    assert "&lt;meta http-equiv=&#34;Content-Security-Policy&#34; content=&#34;script-src &#39;self&#39; " in page
    assert "The form cannot be shown here yet." in words(answer)
    assert "This is how http://writers.example/act?a=b answered us." in words(answer)


def test_where_it_leads_is_looked_at_instead(test_site, site: Site) -> None:
    site.answers["/old"] = 301, {"Location": "/new"}, ""
    site.answers["/new"] = 302, {"Location": "http://www.writers.example/there"}, ""
    site.answers["/there"] = 200, {}, "<p>there"
    told = words(test_site("http://writers.example/old"))
    assert "This is how http://www.writers.example/there answered us. The address that you gave leads there." in told
    assert [host for host, _ in site.asked] == ["writers.example", "writers.example", "www.writers.example"]


def test_an_error_in_place_of_the_page_is_no_good_news(test_site, site: Site) -> None:
    site.answers["/"] = 403, {}, "<p>robots are not welcome"
    told = words(test_site("http://writers.example/"))
    assert "We did not get to see the page itself." in told
    assert "The server answered with the error 403." in told
    assert "works" not in told.partition("Test my site")[2]


def test_one_that_leads_on_and_on_is_left(test_site, site: Site) -> None:
    site.answers["/old"] = 302, {"Location": "/old"}, ""
    answer = test_site("http://writers.example/old")
    assert (answer.status_code, len(site.asked)) == (422, 4)
    assert "again and again" in words(answer)


INSIDE = """
http://127.0.0.1/ http://[::1]/ http://localhost/ http://169.254.169.254/latest http://10.0.0.1/ http://printer.local/
http://writers.example:22/ http://writers.example:6379/ https://writers.example:8443/ ftp://writers.example/
file:///etc/passwd gopher://writers.example/ javascript:alert(1) http://user@writers.example/ http://2130706433/
http://0x7f.1/ http://127.1/ http://127.0.0.1:8000/library/en //127.0.0.1/ http://１２７.0.0.1/ http://127。0。0。1/
http://writers.example\\@127.0.0.1/ http://[::ffff:127.0.0.1]/ http://metadata.google.internal/ http:// http://[
""".split()


def test_nothing_inside_is_asked(test_site, site: Site, monkeypatch) -> None:
    monkeypatch.setattr(partner, "TESTS_OF_NETWORK", 1000)
    monkeypatch.setattr(partner, "TESTS_OF_PARTNER", 1000)
    for url in INSIDE:
        answer = test_site(url)
        assert (answer.status_code, site.asked) == (422, []), url
        assert "This is no address of a page in public." in words(answer), url


def test_nothing_inside_is_asked_because_a_page_leads_there(site: Site) -> None:
    visits = Visits((), site.sender())
    for url in INSIDE:
        # headers go over the line byte by byte, and are read as Latin-1
        site.answers["/"] = 302, {"Location": url.encode().decode("latin-1")}, ""
        with pytest.raises(NotSeen) as told:
            visits.see("http://writers.example/")
        assert told.value.code == ("round" if url == "http://" else "address"), url
    assert set(site.asked) == {("writers.example", "/")}


def test_what_a_name_stands_for_is_looked_at(embeds, monkeypatch) -> None:
    """No name leads inside, and nobody learns from the answer that it would."""
    tried: list[object] = []
    monkeypatch.setattr(connection, "create_connection", lambda *given, **_: tried.append(given))
    told = set()
    for addresses in (["169.254.169.254"], ["93.184.215.14", "10.0.0.1"], []):
        visits = Visits((), Sender(resolve=lambda host, port, a=addresses: [(one, port) for one in a]))
        with pytest.raises(NotSeen) as seen:
            visits.see("https://inside.writers.example/")
        told.add(seen.value.code)
    assert (told, tried) == ({"away"}, [])


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("took too long", "longer than ten seconds"),
        ("bad certificate", "certificate of this site is not valid"),
        ("headers too long", "longer than 64 KB"),
        ("unreachable", "cannot reach this page from here"),
        ("address not allowed", "cannot reach this page from here"),
    ],
)
def test_what_went_wrong_is_told(code: str, told: str, test_site, monkeypatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise NotSent(code)

    monkeypatch.setattr(Sender, "get", fail)
    answer = test_site("https://writers.example/")
    assert answer.status_code == 422
    assert told in words(answer)


def test_nobody_makes_a_scanner_of_it(test_site, site: Site) -> None:
    site.answers["/"] = 200, {}, ""
    statuses = [test_site(f"http://writers.example/?{n}").status_code for n in range(TESTS_OF_NETWORK + 2)]
    assert statuses == [200] * TESTS_OF_NETWORK + [429] * 2
    assert len(site.asked) == TESTS_OF_NETWORK
    answer = test_site("", pasted="content-security-policy: frame-src 'none'")
    assert answer.status_code == 200
    assert "Enough tests for this hour." not in words(answer)


def test_what_is_pasted_is_counted_by_itself(test_site, site: Site, monkeypatch) -> None:
    monkeypatch.setattr(partner, "PASTED_OF_NETWORK", 2)
    site.answers["/"] = 200, {}, ""
    answers = [test_site(pasted="server: nginx") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "Enough tests for this hour. Please try again in the next one." in words(answers[2])
    assert test_site("http://writers.example/").status_code == 200


@pytest.mark.parametrize("pasted", ["", "server: nginx"])
def test_one_network_does_not_use_up_what_a_partner_has(pasted: str, test_site, site: Site, monkeypatch) -> None:
    for kind in ("TESTS", "PASTED"):
        monkeypatch.setattr(partner, f"{kind}_OF_NETWORK", 2)
        monkeypatch.setattr(partner, f"{kind}_OF_PARTNER", 3)
    site.answers["/"] = 200, {}, ""
    networks = [1, 1, 1, 1, 1, 2, 2, 3]
    statuses = [test_site("http://writers.example/", f"192.0.{n}.7", pasted=pasted).status_code for n in networks]
    assert statuses == [200, 200, 429, 429, 429, 200, 429, 429]


def test_a_verdict_takes_one_of_the_few_places(test_site, monkeypatch) -> None:
    statuses: list[int] = []

    def while_others_are_judged(*given: Any) -> Verdict:
        statuses.append(test_site(pasted="server: nginx").status_code)
        return judge(*given)

    monkeypatch.setattr(partner, "judge", while_others_are_judged)
    assert test_site(pasted="server: nginx").status_code == 200
    assert statuses == [503] + [200] * (visiting.AT_ONCE - 1)


def test_of_very_many_findings_some_are_told(test_site) -> None:
    policies = "\n".join(f"content-security-policy: sandbox; frame-src {n}; img-src 'none'" for n in range(900))
    answer = test_site(pasted=policies)
    assert answer.get_data(as_text=True).count('class="finding"') == MOST_SHOWN
    assert "Your page has more Content-Security-Policies than we read (20, and 64 KB in all)" in words(answer)
    assert "And more: mend these first, then test again." in words(answer)
    quotes = test_site(pasted=f"<meta http-equiv=Content-Security-Policy content='frame-src {chr(34) * 59_000}'>")
    assert "And more" not in words(quotes)
    assert len(quotes.data) < 2_000_000


def test_few_wait_for_others_at_the_same_time(site: Site) -> None:
    over, waiting = threading.Event(), threading.Semaphore(0)

    def hang(host: str, port: int) -> list[tuple[str, int]]:
        waiting.release()
        over.wait(20)
        return []

    visits = Visits((), site.sender(resolve=hang))

    def see() -> None:
        with pytest.raises(NotSeen), visits.place():
            visits.see("http://writers.example/")

    threads = [threading.Thread(target=see) for _ in range(visiting.AT_ONCE)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert waiting.acquire(timeout=10)
    with pytest.raises(NotSeen, match="busy"), visits.place():
        pass
    over.set()
    for thread in threads:
        thread.join(timeout=10)
    with pytest.raises(NotSeen, match="away"), visits.place():
        visits.see("http://writers.example/")


def test_headers_can_be_pasted_instead(test_site, site: Site) -> None:
    answer = test_site("https://blog.writers.example/", pasted="content-security-policy: default-src 'self'")
    assert (answer.status_code, site.asked) == (200, [])
    told = words(answer)
    assert "https://blog.writers.example is not among the sites that may show your form." in told
    assert "origins = [&#34;https://writers.example&#34;, &#34;https://blog.writers.example&#34;]" in told
    assert "[plugins.embeds.partners.writers]" in told
    assert "Without the address" in words(test_site(pasted="content-security-policy: default-src 'self'"))
    assert "All is well" in words(test_site("https://writers.example/", pasted="server: nginx"))
    assert "answered with the error 404" in words(test_site(pasted="HTTP/2 404\nserver: nginx"))
    none = test_site("https://writers.example/", pasted="see here: nothing")
    assert (none.status_code, "We find no headers" in words(none)) == (422, True)
    assert "All is well" in words(test_site(pasted="server: nginx\n\n<!doctype html>" + "<p>" * 15_000)), (
        "with all its HTML"
    )


def test_a_nonce_goes_into_the_code_that_was_chosen(test_site) -> None:
    page = test_site(pasted="content-security-policy: script-src 'nonce-a' 'strict-dynamic'").get_data(as_text=True)
    assert "&lt;script async nonce=&#34;…&#34; src=" in page
    assert page.count("data-lang=&#34;es&#34;") >= 3


@pytest.mark.parametrize("sent", [{}, {"url": " "}, {"pasted": "\n"}, {"url": "https://" + "a" * 3000}])
def test_nothing_to_test_is_told(sent: dict[str, str], test_site) -> None:
    assert test_site(**sent).status_code == 422


@pytest.mark.parametrize(
    ("pasted", "wanted"),
    [
        ("writers.example", "https://writers.example/"),
        (" https://writers.example/a b ", "https://writers.example/ab"),
        ("http://Writers.example/ä?ö#ü", "http://writers.example/%C3%A4?%C3%B6"),
        ("https://español.example", "https://xn--espaol-zwa.example/"),
        ("https://writers.example/%20?a=%3D", "https://writers.example/%20?a=%3D"),
    ],
)
def test_addresses_are_taken_as_people_paste_them(pasted: str, wanted: str) -> None:
    assert written(pasted) == wanted
