"""Who sold a text first."""

from __future__ import annotations

from typing import NamedTuple

from catallax.language.bazaar._sealed import Fingerprint


class _Sale(NamedTuple):
    text: Fingerprint
    informer: str


class Register:
    """Remembers by fingerprint who sold a text first; nobody else can sell it, at any price and in any market.

    It holds texts that were sold, since what was not sold nobody can copy, and none that a sealed informer wrote. It lives as
    long as the bazaar. Who finds out the same by itself and words it the same is too late; short texts, which many would word
    the same, belong to nobody.

    Args:
        least: words of the shortest text that it protects.
    """

    def __init__(self, least: int = 8) -> None:
        self.least = least
        self._sales: list[_Sale] = []
        self._by_part: dict[bytes, list[int]] = {}

    def sold(self, text: Fingerprint, informer: str, likeness: float) -> None:
        """Note a sale, if nobody sold the like before."""
        if len(text.parts) >= self.least - 2 and self.author(text, likeness) is None:  # a part is a run of three words
            for part in text.parts:
                self._by_part.setdefault(part, []).append(len(self._sales))
            self._sales.append(_Sale(text, informer))

    def author(self, text: Fingerprint, likeness: float) -> str | None:
        """Who sold such a text first; None if nobody did."""
        alike = {number for part in text.parts for number in self._by_part.get(part, ())}
        found = (number for number in sorted(alike) if text.likeness(self._sales[number].text) >= likeness)
        first = next(found, None)
        return None if first is None else self._sales[first].informer


class NoRegister(Register):
    """Remembers nothing: whoever bought a text may sell it in the next run, cheaper than its author."""

    def sold(self, text: Fingerprint, informer: str, likeness: float) -> None:
        pass
