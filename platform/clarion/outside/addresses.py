"""Where requests may go: to public addresses, and nowhere near this site's own network.

Whoever may name an address could otherwise make a process ask what only that process can reach. An address is looked at
when it is named, and what its name stands for again at each connection.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

Ports = Mapping[str, tuple[int, ...]]
"""The schemes that are allowed, each with its ports, the usual one first."""

SECURE_PORTS: Ports = {"https": (443, 8443)}
PAGE_PORTS: Ports = {"https": (443,), "http": (80,)}
"""Where pages are that people read."""

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?(?P<path>/[!-\"$-\[\]-~]*)?",
    re.IGNORECASE,
)
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_INSIDE = (
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "arpa",
    "onion",
)
"""Last parts of names that are nobody's in public."""

_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
        "192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 "
        "203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 "
        # of 2000::/3: protocol assignments with Teredo, documentation, 6to4
        "2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20"
    ).split()
)
_IN_USE = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is given to anybody; NAT64, mapped, local and multicast addresses lie outside."""


class BadAddress(ValueError):
    """An address to which no request goes; the message says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address to which a request may go, taken apart once, so that nobody reads it in another way."""

    host: str
    """A name in small letters, or an address without brackets."""
    port: int
    path: str
    scheme: str = "https"

    @property
    def authority(self) -> str:
        """What stands in the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PAGE_PORTS[self.scheme][0] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address, written in one way only."""
        return f"{self.scheme}://{self.authority}{self.path}"


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, and stands for no other address."""
    if isinstance(address, ipaddress.IPv6Address) and (address not in _IN_USE or address.scope_id):
        return False
    return address.is_global and not any(address in network for network in _NOT_PUBLIC)


def target(url: str, own_hosts: Collection[str] = (), ports: Ports = SECURE_PORTS) -> Target:
    """Take an address of the public internet apart. Raises `BadAddress` if nothing may be sent there."""
    scheme = url.lower().partition("://")[0]
    if scheme not in ports or not url[len(scheme) :].startswith("://"):
        raise BadAddress(f"it must start with {' or '.join(f'{known}://' for known in ports)}")
    if "@" in url.split("/", 3)[2]:
        raise BadAddress("leave user and password out: the signature shows who sends it")
    found = _URL.fullmatch(url)
    if found is None or len(url) > 2000:
        raise BadAddress('write it in plain letters, as "https://hooks.example.org/clarion"')
    port = int(found["port"] or ports[scheme][0])
    if port not in ports[scheme]:
        raise BadAddress(f"port {port} is not used, only {' and '.join(map(str, ports[scheme]))}")
    host = found["host"].lower()
    literal = _literal(host)
    if literal is not None:
        if not is_public(literal):
            raise BadAddress(f"{literal} is no address of the public internet")
        host = str(literal)
    else:
        _check_name(host)
    if host in {own.lower().rstrip(".") for own in own_hosts}:
        raise BadAddress(f"{host} is this site itself")
    return Target(host, port, found["path"] or "/", scheme)


def _literal(host: str) -> Address | None:
    """The address that stands where a name could, if it is written as everybody writes it."""
    try:
        if host.startswith("["):
            return ipaddress.IPv6Address(host[1:-1])
        if not _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
            return None
        return ipaddress.IPv4Address(host)
    except ValueError as error:
        raise BadAddress(f"{host} is an address in an unusual spelling") from error


def _check_name(host: str) -> None:
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadAddress(f"{host} is no name as names are written")
    if len(labels) < 2 or labels[-1] in _INSIDE:
        raise BadAddress(f"{host} is no name of the public internet")
