"""An informer that knows several signals of a finite world, and what it pays to tell of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from catallax.core import MICRO
from catallax.language.bazaar._beliefs import HIDDEN, beliefs
from catallax.language.bazaar._informers import AbstractInformer
from catallax.language.bazaar._offers import Offer, View
from catallax.language.worlds import World
from catallax.language.worlds.marginal_value import Case, Policy, equilibrium


class Rebutter(AbstractInformer):
    """Tells of what it knows as a policy of the marginal value mechanism says, by default that of the kernel.

    What it tells at a turn are texts `signal=value`, each at the price of the signal in the world. Where others have told of signals
    that it does not know, its case is what it knows together with what was told.

    Args:
        name: of its account.
        world: the common prior, with prices.
        signals: those that nature tells it; all of the world unless told otherwise.
        policy: from a case to its moves.

    Raises:
        ValueError: for what is no signal of the world.
    """

    def __init__(
        self,
        name: str,
        world: World,
        signals: Sequence[str] | None = None,
        policy: Callable[[Case], Policy] = equilibrium,
    ) -> None:
        super().__init__(name)
        self.world = world
        self.signal = tuple(world.signals if signals is None else signals)
        self.policy = policy
        world.cost(self.signal)  # complains of what is no signal

    async def offers(self, view: View) -> Sequence[Offer]:
        table = beliefs(self.world)
        pieces = [table.piece(good.id, good.text, good.price) for good in view.exhibits]
        told = {self.world.signals[piece.signal]: piece.value for piece in pieces if piece.signal != HIDDEN}
        case = Case.of(self.world, {**view.own, **told})
        scale = view.brief.root.goal.scale / MICRO  # pyright: ignore[reportAttributeAccessIssue] - a buyer's goal
        case = replace(case, payoffs=scale * case.payoffs)
        now = case.numbered(told)
        new = case.named(self.policy(case)(now) & ~now)
        return [
            Offer.of(f"{name}={view.own[name]}", self.world.prices[name], 0.0, name, salt=f"{view.seed}/{name}")
            for name in new
        ]
