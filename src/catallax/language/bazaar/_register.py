"""Who sold a text first."""

from __future__ import annotations

from typing import NamedTuple

from catallax.language.bazaar._sealed import Fingerprint


class _Sale(NamedTuple):
    text: Fingerprint
    informer: str


class Register:
    """Remembers by fingerprint who sold a text first; of two that offer it, that one counts, at any price.

    It holds texts that were sold, since what was not sold nobody can copy, and none that a sealed informer wrote. It lives as
    long as the bazaar.
    """

    def __init__(self) -> None:
        self._sales: list[_Sale] = []
        self._by_part: dict[bytes, list[int]] = {}

    def sold(self, text: Fingerprint, informer: str, likeness: float) -> None:
        """Note a sale, if nobody sold the like before."""
        if self.author(text, likeness) is None:
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
