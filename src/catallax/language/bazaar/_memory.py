"""Which offers may bid at all."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from catallax.language.bazaar._limits import Limits
from catallax.language.bazaar._offers import Offer, Receipt
from catallax.language.bazaar._register import Register
from catallax.language.bazaar._sealed import Fingerprint


class Memory:
    """What a market remembers of the offers it has seen, by fingerprint: nothing that could be read.

    What is offered by one who was shown sealed goods is remembered apart. It gives way to what is offered in public, and nothing it
    says changes which public offers are admitted: otherwise it could tell what it was shown by the public offer it copies.

    Args:
        limits: from which likeness on two texts are the same, and how often one may fail.
        register: who sold a text first.
        basis: sealed goods that somebody in this market can see.
        known: what was bought before it opened.
    """

    def __init__(
        self, limits: Limits, register: Register, basis: frozenset[str] = frozenset(), known: Sequence[Receipt] = ()
    ) -> None:
        self._limits = limits
        self._basis = basis
        self._public, self._sealed = _Shelf(limits, register), _Shelf(limits, register)
        self.bought(known)

    def bought(self, receipts: Sequence[Receipt]) -> None:
        """Something new is known, so that what was declined may be worth a second look."""
        if receipts:
            self._public.bought(Fingerprint.of(r.text) for r in receipts if not r.basis & self._basis)
            self._sealed.bought(Fingerprint.of(r.text) for r in receipts)

    def declined(self, offer: Offer) -> None:
        """A second look at the same thing would change nothing."""
        self._shelf(offer).declined(offer)

    def failed(self, offer: Offer) -> None:
        """An inspection of it had no verdict."""
        self._shelf(offer).failed(offer)

    def _shelf(self, offer: Offer) -> _Shelf:
        return self._sealed if offer.basis else self._public

    def admissible(
        self,
        offers: Sequence[Offer],
        purse: int,
        free: Callable[[str], int],
        luck: random.Random,
        least: int | Fraction = 0,
    ) -> list[tuple[Offer, int]]:
        """Offers that can be paid for, whose authors can pay their bids, and of which there is only one.

        Of two that say the same, the public one counts, then the first committed (an earlier round), then the cheaper, then the
        higher bid. Each comes with the highest bid of another that lost to it by its bid alone: that much its slot costs at
        least. So who offers one thing under many names raises its own price, where a lottery would give it many tickets. What
        cannot win a slot, since its bid is below `least` or its author cannot pay all its bids, is in nobody's way and claims no
        text.
        """
        public = self._public.admissible([o for o in offers if not o.basis], purse, free, luck, least)
        said = [offer.exhibit.print() for offer, _ in public]
        sealed = [o for o in offers if o.basis and not self._said(o.exhibit.print(), said)]
        return public + self._sealed.admissible(sealed, purse, free, luck, least)

    def _said(self, text: Fingerprint, others: Sequence[Fingerprint]) -> bool:
        return any(text.likeness(other) >= self._limits.likeness for other in others)


class _Shelf:
    """What is remembered of offers that may know of each other."""

    def __init__(self, limits: Limits, register: Register) -> None:
        self._limits = limits
        self._register = register
        self._have: list[Fingerprint] = []
        self._first: list[tuple[Fingerprint, str]] = []
        self._failed: dict[bytes, int] = {}
        self._declined: set[tuple[bytes, int]] = set()

    def bought(self, prints: Iterable[Fingerprint]) -> None:
        """Something new is known, so that what was declined may be worth a second look."""
        self._have += prints
        self._declined.clear()

    def declined(self, offer: Offer) -> None:
        """A second look at the same thing would change nothing."""
        self._declined.add((offer.exhibit.print().whole, offer.price))

    def failed(self, offer: Offer) -> None:
        """An inspection of it had no verdict."""
        whole = offer.exhibit.print().whole
        self._failed[whole] = self._failed.get(whole, 0) + 1

    def admissible(
        self,
        offers: Sequence[Offer],
        purse: int,
        free: Callable[[str], int],
        luck: random.Random,
        least: int | Fraction,
    ) -> list[tuple[Offer, int]]:
        prints = {offer.id: offer.exhibit.print() for offer in offers}
        for offer in offers:
            if not offer.basis:
                self._register.offered(prints[offer.id], offer.informer)
        fresh = [o for o in offers if o.price <= purse and o.bid >= least and not self._stale(o, prints[o.id])]
        luck.shuffle(fresh)
        fresh = _payable(fresh, free)
        rank = {o.id: (not self._committed(prints[o.id], o.informer), o.price) for o in fresh}
        fresh.sort(key=lambda o: (*rank[o.id], -o.bid))
        kept: list[Offer] = []
        others: dict[str, int] = {}
        for offer in fresh:
            mine = prints[offer.id]
            same = next((o for o in kept if mine.likeness(prints[o.id]) >= self._limits.likeness), None)
            if same is None:
                kept.append(offer)
            elif rank[same.id] == rank[offer.id] and same.informer != offer.informer:
                others[same.id] = max(others.get(same.id, 0), offer.bid)
        self._first += [(prints[o.id], o.informer) for o in fresh]
        return [(offer, others.get(offer.id, 0)) for offer in kept]

    def _committed(self, mine: Fingerprint, informer: str) -> bool:
        """Whether this informer was the first to commit to such a text."""
        for other, author in self._first:
            if mine.likeness(other) >= self._limits.likeness:
                return author == informer
        return False

    def _copied(self, mine: Fingerprint, informer: str) -> bool:
        """Whether somebody else sold such a text before this one had offered it."""
        return self._register.bars(informer, mine, self._limits.likeness)

    def _stale(self, offer: Offer, mine: Fingerprint) -> bool:
        return (
            self._copied(mine, offer.informer)
            or self._failed.get(mine.whole, 0) >= self._limits.failures
            or (mine.whole, offer.price) in self._declined
            or any(mine.likeness(have) >= self._limits.likeness for have in self._have)
        )


def _payable(offers: Sequence[Offer], free: Callable[[str], int]) -> list[Offer]:
    """Offers whose authors can pay all their bids at once; the highest bids first."""
    left: dict[str, int] = {}
    found = []
    for offer in sorted(offers, key=lambda o: -o.bid):
        rest = left.setdefault(offer.informer, free(offer.informer))
        if offer.bid <= rest:
            left[offer.informer] = rest - offer.bid
            found.append(offer)
    return found
