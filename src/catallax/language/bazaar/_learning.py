"""An informer that learns which price sells, and what a slot is worth to it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from catallax.core import to_credits, to_micro
from catallax.language.bazaar._informers import AbstractInformer
from catallax.language.bazaar._offers import Offer, Outcome, View


class LearningInformer(AbstractInformer):
    """A bandit over prices: it learns `P(bought | inspected)` for each tag and price, and bids what a slot is worth to it.

    `price = argmax_p theta_p p` with `theta_p` drawn from `Beta(1 + bought, 1 + declined)` (Thompson sampling), and
    `bid = max(0, E[theta_p] p - cost)`. It counts inspections alone: whoever is not looked at learns nothing of its price.

    Args:
        name: of its account.
        text: what it sells for a view; an empty text for no offer.
        prices: credits it tries.
        cost: credits that a sale costs it.
        teaser: what everybody sees.
        group: as for all informers.
        signal: as for all informers.

    Raises:
        ValueError: without prices, or for prices that are not positive.

    Source: Thompson (1933).
    """

    def __init__(
        self,
        name: str,
        text: Callable[[View], str],
        prices: Sequence[float],
        cost: float = 0.0,
        teaser: str = "",
        group: str = "",
        signal: str | None = None,
    ) -> None:
        super().__init__(name, group)
        if not prices or any(to_micro(price) < 1 for price in prices):
            raise ValueError(f"LearningInformer: expected prices of at least a micro-credit, got {tuple(prices)}.")
        self.text = text
        self.prices = tuple(to_micro(price) for price in prices)
        self.cost = to_micro(cost)
        self.teaser = teaser
        self.signal = signal
        self.counts: dict[tuple[str, int], tuple[int, int]] = {}
        """How often a price was bought and declined, by tag."""

    def chance(self, tag: str, price: int) -> float:
        """Mean of `P(bought | inspected)` at a price of so many micro-credits."""
        bought, declined = self.counts.get((tag, price), (0, 0))
        return (1 + bought) / (2 + bought + declined)

    async def offers(self, view: View) -> Sequence[Offer]:
        text = self.text(view)
        if not text:
            return []
        luck, tag = random.Random(view.seed), view.brief.tag

        def drawn(price: int) -> float:
            bought, declined = self.counts.get((tag, price), (0, 0))
            return luck.betavariate(1 + bought, 1 + declined) * price

        price = max(self.prices, key=drawn)
        bid = max(0, round(self.chance(tag, price) * price) - self.cost)
        return [Offer.of(text, to_credits(price), to_credits(bid), self.teaser, salt=view.seed)]

    async def update(self, outcome: Outcome) -> None:
        if outcome.inspected:
            bought, declined = self.counts.get((outcome.tag, outcome.price), (0, 0))
            self.counts[outcome.tag, outcome.price] = (bought + outcome.bought, declined + (not outcome.bought))
