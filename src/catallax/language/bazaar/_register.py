"""Who sold a text first."""

from __future__ import annotations

from typing import NamedTuple

from catallax.language.bazaar._sealed import Fingerprint


class _Sale(NamedTuple):
    text: Fingerprint
    informer: str
    beside: frozenset[str]
    """Who had offered it before."""


class Register:
    """Remembers by fingerprint who sold a text first; nobody else can sell it, at any price and in any market.

    It holds texts that were sold, since what was not sold nobody can copy, and none that a sealed informer wrote. It lives as
    long as the bazaar. Who had offered the same words before they were sold can have copied them from nobody, and sells them as well;
    who finds out the same later is too late. Short texts, which many would word the same, belong to nobody.

    Args:
        least: words of the shortest text that it protects.
    """

    def __init__(self, least: int = 8) -> None:
        self.least = least
        self._sales: list[_Sale] = []
        self._by_part: dict[bytes, list[int]] = {}
        self._offered: dict[bytes, set[str]] = {}

    def offered(self, text: Fingerprint, informer: str) -> None:
        """Note an offer: who has a text that was not sold yet has it from itself. It need not win a slot, nor bid."""
        self._offered.setdefault(text.whole, set()).add(informer)

    def sold(self, text: Fingerprint, informer: str, likeness: float) -> None:
        """Note a sale, if nobody sold the like before."""
        if len(text.parts) >= self.least - 2 and self.author(text, likeness) is None:  # a part is a run of three words
            for part in text.parts:
                self._by_part.setdefault(part, []).append(len(self._sales))
            self._sales.append(_Sale(text, informer, frozenset(self._offered.get(text.whole, ()))))

    def author(self, text: Fingerprint, likeness: float) -> str | None:
        """Who sold such a text first; None if nobody did."""
        first = self._first(text, likeness)
        return None if first is None else first.informer

    def bars(self, informer: str, text: Fingerprint, likeness: float) -> bool:
        """Whether somebody else sold such a text before this one had offered it."""
        first = self._first(text, likeness)
        return first is not None and informer != first.informer and informer not in first.beside

    def _first(self, text: Fingerprint, likeness: float) -> _Sale | None:
        alike = {number for part in text.parts for number in self._by_part.get(part, ())}
        found = (self._sales[number] for number in sorted(alike))
        return next((sale for sale in found if text.likeness(sale.text) >= likeness), None)


class NoRegister(Register):
    """Remembers nothing: whoever bought a text may sell it in the next run, cheaper than its author."""

    def sold(self, text: Fingerprint, informer: str, likeness: float) -> None:
        pass

    def offered(self, text: Fingerprint, informer: str) -> None:
        pass
