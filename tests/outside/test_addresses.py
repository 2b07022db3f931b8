"""No request reaches the inside: not by its address, and not by what a name turns out to be."""

from __future__ import annotations

import pytest
from urllib3.util import connection

from clarion.outside.addresses import PAGE_PORTS, BadAddress, Target, target
from clarion.outside.sending import NotSent, Sender

URLS = """
http://hooks.readers.example/ ftp://hooks.readers.example/ file:///etc/passwd gopher://hooks.readers.example:70/
//hooks.readers.example/ hooks.readers.example https:hooks.readers.example https:// https:///path
https://user:pass@hooks.readers.example/ https://user@hooks.readers.example/ https://hooks.readers.example@127.0.0.1/
https://127.0.0.1\\@hooks.readers.example/ https://hooks.readers.example\\.inside/ https://hooks.readers.example#@127.0.0.1/
https://hooks.readers.example:22/ https://hooks.readers.example:25/ https://hooks.readers.example:80/
https://hooks.readers.example:6379/ https://hooks.readers.example:8080/ https://hooks.readers.example:99999/
https://hooks.readers.example:/ https://hooks.readers.example:0443443/
https://127.0.0.1/ https://127.1/ https://127.0.1/ https://0/ https://0.0.0.0/ https://0x7f000001/ https://0x7f.0.0.1/
https://2130706433/ https://017700000001/ https://0177.0.0.1/ https://127.0.0.1./ https://127.0.0.01/ https://127.0.0.256/
https://１２７.0.0.1/ https://127。0。0。1/ https://ⓛocalhost/ https://%31%32%37.0.0.1/
https://10.0.0.1/ https://172.16.0.1/ https://192.168.1.1/ https://169.254.169.254/ https://100.64.0.1/ https://192.0.0.192/
https://198.18.0.1/ https://224.0.0.1/ https://255.255.255.255/ https://240.0.0.1/ https://192.88.99.1/
https://[::1]/ https://[::]/ https://[::ffff:127.0.0.1]/ https://[::ffff:7f00:1]/ https://[::127.0.0.1]/ https://[fe80::1]/
https://[fe80::1%25eth0]/ https://[fc00::1]/ https://[fd00:ec2::254]/ https://[fec0::1]/ https://[ff02::1]/
https://[64:ff9b::7f00:1]/ https://[64:ff9b::169.254.169.254]/ https://[64:ff9b:1::1]/ https://[2002:7f00:1::]/
https://[2002:a9fe:a9fe::1]/ https://[2001:0:7f00:1::]/ https://[2001:db8::1]/ https://[5f00::1]/ https://[3fff::1]/
https://[::1/ https://::1/
https://localhost/ https://localhost./ https://LOCALHOST/ https://a.localhost/ https://localhost.localdomain/
https://metadata.google.internal/ https://printer.local/ https://intranet/ https://db.lan/ https://1.0.0.127.in-addr.arpa/
https://hooks.readers.example./ https://-hooks.readers.example/ https://hooks..example/ https://hooks_a.example/
https://petitions.site.example/ https://PETITIONS.site.example:8443/x https://other.site.example/
""".split()

OWN = ("petitions.site.example", "other.site.example")

ADDRESSES = """
127.0.0.1 127.8.8.8 0.0.0.0 10.1.2.3 172.31.255.255 192.168.0.1 169.254.169.254 100.64.0.1 100.127.255.255 192.0.0.1
192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 192.88.99.1 224.0.0.251 239.1.1.1 240.0.0.1 255.255.255.255
::1 :: ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::127.0.0.1 fe80::1 fe80::1%1 fc00::1 fd00:ec2::254 fec0::1 ff02::1
64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1 2002:7f00:1:: 2002:808:808::1 2001::1 2001:0:7f00:1:: 2001:20::1
2001:db8::1 3fff::1 100::1 5f00::1 4000::1 no-address
""".split()

GOOD = Target("hooks.readers.example", 443, "/")


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Where connections would have gone; none is made."""
    tried: list[tuple[str, int]] = []

    def record(address: tuple[str, int], *_: object, **__: object) -> None:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(connection, "create_connection", record)
    return tried


def test_there_are_enough_of_them() -> None:
    assert len(URLS) >= 60


@pytest.mark.parametrize("url", URLS)
def test_it_is_refused_as_it_is_written(url: str) -> None:
    with pytest.raises(BadAddress):
        target(url, OWN)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_name_that_stands_for_it_is_refused_at_the_connection(address: str, connections) -> None:
    for known in ([address], ["93.184.215.14", address], [address, "2606:4700:4700::1111"]):
        sender = Sender(resolve=lambda host, port, known=known: [(one, port) for one in known])
        with pytest.raises(NotSent, match="address not allowed"):
            sender.post(GOOD, b"{}", {})
    assert connections == []


def test_a_name_is_asked_for_once_and_what_was_checked_is_what_is_connected_to(connections) -> None:
    """Rebinding: the first answer is public, the second is not."""
    answers = iter(["93.184.215.14", "127.0.0.1", "169.254.169.254"])
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[tuple[str, int]]:
        asked.append(host)
        return [(next(answers), port)]

    sender = Sender(resolve=resolve)
    with pytest.raises(NotSent, match="unreachable"):
        sender.post(GOOD, b"{}", {})
    assert (asked, connections) == (["hooks.readers.example"], [("93.184.215.14", 443)])
    for _ in range(2):
        with pytest.raises(NotSent, match="address not allowed"):
            sender.post(GOOD, b"{}", {})
    assert len(connections) == 1


def test_a_name_that_does_not_stand_for_anything_is_told(connections) -> None:
    def fail(host: str, port: int) -> list[tuple[str, int]]:
        raise OSError(-2, "Name or service not known")

    with pytest.raises(NotSent, match="no such name"):
        Sender(resolve=fail).post(GOOD, b"{}", {})


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://hooks.readers.example", Target("hooks.readers.example", 443, "/")),
        (
            "HTTPS://Hooks.Readers.example:8443/in?key=a%20b&x=[1]",
            Target("hooks.readers.example", 8443, "/in?key=a%20b&x=[1]"),
        ),
        ("https://93.184.215.14/x", Target("93.184.215.14", 443, "/x")),
        ("https://[2606:4700:4700:0::1111]/", Target("2606:4700:4700::1111", 443, "/")),
        ("https://xn--caf-dma.example/@me", Target("xn--caf-dma.example", 443, "/@me")),
    ],
)
def test_a_public_one_is_taken_apart(url: str, found: Target) -> None:
    assert target(url, OWN) == found


PLAIN = """
http://127.0.0.1/ http://localhost/ http://169.254.169.254/latest/meta-data/ http://[::1]/ http://10.0.0.1/ http://127.1/
http://readers.example:22/ http://readers.example:443/ https://readers.example:80/ https://readers.example:8443/
http://readers.example:8080/ ftp://readers.example/ httpx://readers.example/ http:/readers.example/ http:readers.example
http://user@readers.example/ http://petitions.site.example/ http://readers.example#@127.0.0.1/ javascript:alert(1)
""".split()


@pytest.mark.parametrize("url", PLAIN)
def test_a_page_that_is_none_of_the_public_internet_is_refused(url: str) -> None:
    with pytest.raises(BadAddress):
        target(url, OWN, PAGE_PORTS)


def test_a_page_may_be_without_tls() -> None:
    found = target("HTTP://Readers.example/a?b=1", OWN, PAGE_PORTS)
    assert found == Target("readers.example", 80, "/a?b=1", "http")
    assert (found.authority, found.url) == ("readers.example", "http://readers.example/a?b=1")
