"""An informer that knows one signal of a finite world."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from catallax.core import to_credits
from catallax.language.bazaar._bayesian import text
from catallax.language.bazaar._beliefs import HIDDEN, Contents, Piece, beliefs
from catallax.language.bazaar._goals import Brief, Buy, Good
from catallax.language.bazaar._informers import AbstractInformer
from catallax.language.bazaar._offers import Offer, View
from catallax.language.worlds import World


class WorldInformer(AbstractInformer):
    """Sells the value of a signal at a fixed price, and bids what a slot is worth: `P(bought | inspected) price`.

    The chance is that a Bayesian who inspects this good alone buys it, by all that the informer knows: its signal and the
    brief, where no level forgets. Its text is `signal=value`, its teaser the name of the signal.

    Args:
        world: the common prior.
        signal: the one it is told.
        price: credits; that of the world or, where the world gives it away, what the signal is worth to the buyer before it
            is seen, mutual information times subsidy.
        name: of its account; the signal's unless told otherwise.
    """

    def __init__(self, world: World, signal: str, price: float | None = None, name: str = "") -> None:
        super().__init__(name or signal)
        if signal not in world.signals:
            raise ValueError(f"program_informer: there is no signal {signal!r}; the signals are {world.signals}.")
        self.world = world
        self.signal = signal
        self.price = price
        self._known: dict[object, tuple[int, float]] = {}

    async def offers(self, view: View) -> Sequence[Offer]:
        if view.own is None:
            raise ValueError(f"program_informer: nature did not tell {self.name} what {self.signal} is.")
        case = (view.brief.root.goal, view.own, view.brief.goal if view.brief.parent else None)
        if case not in self._known:
            self._known[case] = self._priced(view)
        price, chance = self._known[case]
        credits = to_credits(price)
        return [Offer.of(f"{self.signal}={view.own}", credits, credits * chance, str(self.signal), salt=view.seed)]

    def _priced(self, view: View) -> tuple[int, float]:
        """Micro-credits, and the chance of a sale."""
        table = beliefs(self.world)
        price = self.world.prices[str(self.signal)] if self.price is None else self.price
        scale = view.brief.root.goal.scale  # pyright: ignore[reportAttributeAccessIssue] - a buyer's goal
        cost = round(scale * self.world.information([str(self.signal)])) if self.price is None and not price else 0
        cost = cost or round(1_000_000 * price)
        own = table.piece("own", f"{self.signal}={view.own}", cost)
        contents = [HIDDEN] * len(table.sizes)
        contents[own.signal] = own.value
        return cost, chance_of_sale(self.world, view.brief, tuple(contents), own)


def program_informer(world: World, signal: str, price: float | None = None, name: str = "") -> WorldInformer:
    """An informer that knows one signal of a finite world; see `WorldInformer`.

    >>> from catallax.language.worlds import fact_check
    >>> program_informer(fact_check(), "I2").name
    'I2'
    """
    return WorldInformer(world, signal, price, name)


def chance_of_sale(world: World, brief: Brief, contents: Contents, own: Piece) -> float:
    """`P(bought | inspected)` of a piece by one who knows its contents and the brief alone, if a Bayesian judges it by itself."""
    table = beliefs(world)
    goods: list[Sequence[Good]] = []
    step: Brief | None = brief
    while step is not None:
        if isinstance(step.goal, Buy):
            goods.insert(0, step.goal.goods)
        step = step.parent
    scale = brief.root.goal.scale  # pyright: ignore[reportAttributeAccessIssue] - a buyer's goal
    sold = total = 0.0
    for state in itertools.product(*(range(size) for size in table.sizes)):
        if state in table.mass and all(value in (HIDDEN, state[n]) for n, value in enumerate(contents)):
            levels = [tuple(table.piece(g.id, text(table, g, state), g.price) for g in level) for level in goods]
            count = len(levels) + 1
            bought = own in table.choose([*levels, (own,)], [()] * (count + 1), [math.inf] * count, scale)
            total += table.mass[state]
            sold += table.mass[state] * bought
    return sold / total
