"""How much one caller may ask: token buckets."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict

from catallax.exchange._problems import Problem

KNOWN = 100_000
"""Callers that are remembered; the one that was silent longest is forgotten first."""


def neighbourhood(address: str) -> str:
    """What counts as one caller: an address, or the 2^64 addresses of IPv6 that one household has.

    >>> neighbourhood("192.0.2.7"), neighbourhood("2001:db8:1:2:3::4"), neighbourhood("testclient")
    ('192.0.2.7', '2001:db8:1:2::/64', 'testclient')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4 or found.ipv4_mapped:
        return str(found if found.version == 4 else found.ipv4_mapped)
    return str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))


class Buckets:
    """A bucket a caller: it holds `burst` calls and fills with `rate` calls a second.

    >>> buckets = Buckets(rate=1.0, burst=2)
    >>> buckets.take("ann", 0.0), buckets.take("ann", 0.0), buckets.take("ann", 1.0)
    (None, None, None)
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, burst
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, now: float) -> None:
        """Count a call.

        Raises:
            Problem: 429 if the bucket is empty.
        """
        left, at = self._left.pop(caller, (float(self._burst), now))
        left = min(self._burst, left + max(now - at, 0.0) * self._rate)
        self._left[caller] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > KNOWN:
            self._left.popitem(last=False)
        if left < 1:
            wait = (1 - left) / self._rate
            raise Problem(
                429, "too-many-calls", f"More than {self._rate:g} calls a second; wait {math.ceil(wait)} s.", after=wait
            )
