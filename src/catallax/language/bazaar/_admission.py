"""Which offers may bid at all."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

from catallax.language.bazaar._limits import Limits
from catallax.language.bazaar._offers import Offer
from catallax.language.bazaar._register import Register
from catallax.language.bazaar._sealed import Exhibit, Fingerprint
from catallax.language.bazaar._seats import Seat

MOST = 2**53 - 1
"""The highest price and bid, micro-credits: nine billion credits, which a float still tells apart."""


def accepted(offers: Any, limits: Limits) -> list[Offer] | None:
    """The bazaar's own copies of the offers of an answer, if all keep the limits and their own commitments.

    Whoever made them holds the originals and could alter them after they were looked at.
    """
    if type(offers) not in (list, tuple) or len(offers) > limits.offers:
        return None
    try:
        copies = [_copy(offer) for offer in tuple(offers)]
        return copies if all(_sound(offer, limits) for offer in copies) else None
    except (
        Exception
    ):  # somebody else made them, of anything; that they cannot even be looked at is their author's fault
        return None


def _copy(offer: Any) -> Offer:
    if type(offer) is not Offer or type(offer.exhibit) is not Exhibit:
        raise TypeError("an offer is an Offer, and no relative of one")
    return Offer(offer.teaser, offer.price, offer.bid, offer.exhibit.copy(), offer.ttl)


def _sound(offer: Offer, limits: Limits) -> bool:
    whole = all(type(amount) is int and 0 <= amount <= MOST for amount in (offer.price, offer.bid))
    return (
        whole
        and type(offer.ttl) is int
        and 1 <= offer.ttl <= MOST
        and type(offer.teaser) is str
        and len(offer.teaser) <= limits.characters // 10
        and offer.exhibit.whole
        and offer.exhibit.size() <= limits.characters
        and offer.exhibit.keeps(offer.exhibit.commitment, offer.price, offer.teaser)
    )


def stamped(offers: Sequence[Offer], seat: Seat, brief: str, path: str, basis: frozenset[str]) -> list[Offer]:
    """Offers with the fields that are not their author's to fill in.

    Of one who was shown sealed goods there is one offer at most, at coarse figures and without teaser: what can be seen from
    outside must not tell what it was shown. The bazaar commits in its place.
    """
    found = []
    for number, offer in enumerate(offers[:1] if seat.sealed else offers):
        name = f"{path}/{seat.name}.{number}"
        offer = dataclasses.replace(offer, id=name, informer=seat.name, brief=brief, basis=basis)
        if seat.sealed:
            price, bid = level(offer.price), level(offer.bid)
            exhibit = offer.exhibit.under(price, "")
            offer = dataclasses.replace(offer, teaser="", price=price, bid=bid, ttl=1, exhibit=exhibit)
        found.append(offer)
    return found


LEVELS = (0, 1_000, 10_000, 100_000, 1_000_000)
"""Micro-credits that a sealed informer can ask and bid."""


def level(amount: int) -> int:
    """The highest level up to an amount."""
    return max(least for least in LEVELS if least <= amount)


class Memory:
    """What a market remembers of the offers it has seen, by fingerprint: nothing that could be read."""

    def __init__(self, limits: Limits, register: Register, known: Iterable[Fingerprint] = ()) -> None:
        self._limits = limits
        self._register = register
        self._have = list(known)
        self._first: list[tuple[Fingerprint, str]] = []
        self._failed: dict[bytes, int] = {}
        self._declined: set[tuple[bytes, int]] = set()

    def bought(self, prints: Iterable[Fingerprint]) -> None:
        """Something new is known, so that what was declined may be worth a second look."""
        new = list(prints)
        self._have += new
        if new:
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
        least: int | Fraction = 0,
    ) -> list[tuple[Offer, int]]:
        """Offers that can be paid for, whose authors can pay their bids, and of which there is only one.

        Of two that say the same, the first committed counts (an earlier round), then the cheaper, then the higher bid. Each
        comes with the highest bid of another that lost to it by its bid alone: that much its slot costs at least. So who offers
        one thing under many names raises its own price, where a lottery would give it many tickets. What cannot win a slot,
        since its bid is below `least` or its author cannot pay all its bids, is in nobody's way and claims no text.
        """
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
