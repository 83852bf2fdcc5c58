"""What comes of a commission: offers at the ends of chains, and the one that was picked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from catallax.core import Journal, to_credits
from catallax.language.reasoning._goods import Mishap
from catallax.language.reasoning._settlement import Purchase


@dataclass(frozen=True)
class FinalOffer:
    """An end of a chain, up for the consumer's choice.

    Args:
        id: of its last thought.
        seller: who presents it.
        bid: what the seller bid for the state it presents, micro-credits.
        score: by which offers are ranked.
        chain: the purchases that led to it, the first one first.
    """

    id: str
    seller: str
    bid: int
    score: float
    chain: tuple[Purchase, ...]


@dataclass(frozen=True)
class Delivery:
    """What came of a commission.

    Args:
        answer: the text that was picked; `None` if there was none.
        picked: the offer it belongs to.
        offers: what the consumer was shown, in order.
        unseen: offers that were ranked too low to be shown.
        purchases: all of them, in order.
        received: what the seller of each purchase keeps, micro-credits, by key.
        bill: for inspecting and writing, micro-credits.
        mishaps: calls that gave nothing.
        journal: where the money moved.
    """

    answer: str | None
    picked: FinalOffer | None
    offers: tuple[FinalOffer, ...]
    unseen: tuple[FinalOffer, ...]
    purchases: tuple[Purchase, ...]
    received: Mapping[str, int]
    bill: int
    mishaps: tuple[Mishap, ...]
    journal: Journal = field(repr=False)

    def report(self) -> str:
        """A line for each purchase of the chain that was picked, and one for each offer."""
        chain = self.picked.chain if self.picked else ()
        lines = [f"{p.buyer} bid {to_credits(p.bid):g} and paid {to_credits(p.price):g} to {p.seller}" for p in chain]
        lines += [
            f"{place}. {offer.seller}, last bid {to_credits(offer.bid):g}{', picked' if offer is self.picked else ''}"
            for place, offer in enumerate(self.offers, 1)
        ]
        return "\n".join(lines)
