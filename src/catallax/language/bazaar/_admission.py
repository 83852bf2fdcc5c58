"""Which offers count as such."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from catallax.language.bazaar._guarded import guarded
from catallax.language.bazaar._limits import Limits
from catallax.language.bazaar._offers import Offer, Reason, View
from catallax.language.bazaar._sealed import Exhibit, enclave
from catallax.language.bazaar._seats import Seat

MOST = 2**53 - 1
"""The highest price and bid, micro-credits: nine billion credits, which a float still tells apart."""


async def answered(seat: Seat, view: View, limits: Limits) -> Sequence[Offer] | Reason:
    """An informer's offers, or why there are none."""
    patience = limits.patience if view.brief.deadline is None else min(limits.patience, view.brief.deadline)
    with enclave() if seat.sealed else nullcontext():
        answer = await guarded(lambda: seat.informer.offers(view), patience)
    if isinstance(answer, Reason):
        return answer
    mine = accepted(answer, limits)
    return Reason.MALFORMED if mine is None else mine


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
