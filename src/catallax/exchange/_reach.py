"""Which addresses a call to somewhere else may go to: those of the public network, and no machine beside this one."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address

_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


class Unreachable(Exception):
    """A name that stands for nothing, or for an address that must not be called."""


def reachable(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public network, whatever it is wrapped in.

    >>> [reachable(ipaddress.ip_address(a)) for a in ("93.184.216.34", "10.0.0.1", "::ffff:127.0.0.1", "169.254.169.254")]
    [True, False, False, False]
    """
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _TRANSLATED:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return reachable(inner)
        if address.is_site_local:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


async def resolved(host: str, port: int, local: bool) -> str:
    """An address for a name. All that it stands for must be reachable, and who calls it uses this one, and looks up nothing again.

    Raises:
        Unreachable: if there is none, or one of them must not be called.
    """
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("no-such-name") from None
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not (local or all(reachable(ipaddress.ip_address(one.partition("%")[0])) for one in addresses)):
        raise Unreachable("private-address")
    return addresses[0]
