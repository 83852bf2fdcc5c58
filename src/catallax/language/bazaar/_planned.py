"""A contractor and a buyer that follow a plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from catallax.language.bazaar._bayesian import about
from catallax.language.bazaar._beliefs import HIDDEN, Piece, beliefs
from catallax.language.bazaar._contractors import AbstractContractor, AbstractDecider, Case
from catallax.language.bazaar._goals import Brief, Goal
from catallax.language.bazaar._offers import Inspection, Receipt, Seen
from catallax.language.worlds import Contents, Plan


@dataclass(frozen=True)
class Planned(AbstractContractor, AbstractDecider):
    """Buys and reports at each level what a plan says there: whatever `worlds` computes, `selection_aware` too, for money.

    The plan is common knowledge, made for the signals that are offered to each level; a case without a signal that its rule
    depends on has no verdict. Purses are not heeded: give the contractors enough, or a verdict that is too dear is void.

    Args:
        plan: by any `worlds.Protocol`.

    >>> from catallax.language import worlds
    >>> from catallax.language.bazaar import Bazaar, Buyer, Forecast, program_informer
    >>> world = worlds.fact_check()
    >>> judge = Planned(worlds.selection_aware(world, [["I1", "I2"]]))
    >>> arena = Bazaar([program_informer(world, name) for name in world.signals], slots=2, contractor=judge)
    >>> arena.run(Buyer(Forecast("E", 0.1), 1.0), {"I1": 1, "I2": 1}).output[0]
    0.2
    """

    plan: Plan

    def check(self, goal: Goal) -> None:
        about(self.plan.world, goal)

    async def judge(self, case: Case) -> Inspection:
        level, table = len(case.levels), beliefs(self.plan.world)
        goods = [table.piece(e.id, e.text, e.price) for place in case.levels for e in place.exhibits]
        known = [table.piece(r.offer, r.text, r.price) for r in case.known]
        bought = self.plan.purchase(level, self.history(level, known), self.contents([*goods, *known]))
        own = {e.id for e in case.exhibits}
        return Inspection(frozenset(p.id for p in goods if p.id in own and self.names(p) & set(bought)))

    async def decide(self, brief: Brief, known: tuple[Receipt, ...], seen: tuple[Seen, ...] = ()) -> tuple[float, ...]:
        pieces = [beliefs(self.plan.world).piece(r.offer, r.text, r.price) for r in known]
        return tuple(self.plan.belief(self.history(0, pieces), self.contents(pieces)).tolist())

    def names(self, piece: Piece) -> set[str]:
        """The signal that a text is about, if any."""
        return set() if piece.signal == HIDDEN else {self.plan.world.signals[piece.signal]}

    def contents(self, pieces: Iterable[Piece]) -> Contents:
        """What texts say together."""
        return {name: piece.value for piece in pieces for name in self.names(piece)}

    def history(self, level: int, known: Iterable[Piece]) -> tuple[tuple[str, ...], ...]:
        """What was bought by the levels above one, as far as is known."""
        names = set().union(*map(self.names, known))
        return tuple(tuple(name for name in offered if name in names) for offered in self.plan.offers[level:])
