"""Where webhooks may go: by https to public addresses, and nowhere near this site's own network.

Whoever may name an address could otherwise make the worker ask what only the worker can reach. An address is looked at
when the settings are read, and what its name stands for again at each connection.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = (443, 8443)

_URL = re.compile(
    r"https://(?P<host>[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?(?P<path>/[!-\"$-\[\]-~]*)?", re.IGNORECASE
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
    """An address to which nothing is sent; the message says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address to which webhooks may go, taken apart once, so that nobody reads it in another way."""

    host: str
    """A name in small letters, or an address without brackets."""
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What stands in the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 443 else f"{host}:{self.port}"


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet, and stands for no other address."""
    if isinstance(address, ipaddress.IPv6Address) and (address not in _IN_USE or address.scope_id):
        return False
    return address.is_global and not any(address in network for network in _NOT_PUBLIC)


def target(url: str, own_hosts: Collection[str] = ()) -> Target:
    """Take an address apart. Raises `BadAddress` if nothing may be sent there."""
    if not url.lower().startswith("https://"):
        raise BadAddress("it must start with https://")
    if "@" in url.split("/", 3)[2]:
        raise BadAddress("leave user and password out: the signature shows who sends it")
    found = _URL.fullmatch(url)
    if found is None or len(url) > 2000:
        raise BadAddress('write it in plain letters, as "https://hooks.example.org/clarion"')
    port = int(found["port"] or 443)
    if port not in PORTS:
        raise BadAddress(f"port {port} is not used, only {PORTS[0]} and {PORTS[1]}")
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
    return Target(host, port, found["path"] or "/")


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
