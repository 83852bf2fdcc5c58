"""A contractor and a buyer that compute what information is worth, in a finite world."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from catallax.core import MICRO
from catallax.language.bazaar._appraisers import AbstractAppraiser
from catallax.language.bazaar._beliefs import HIDDEN, Beliefs, Contents, beliefs, expected
from catallax.language.bazaar._contractors import AbstractContractor, AbstractDecider, Case, Level
from catallax.language.bazaar._goals import Brief, Forecast, Goal, Good
from catallax.language.bazaar._offers import Inspection, Opened, Receipt, Seen, Verdict
from catallax.language.worlds import World


@dataclass(frozen=True)
class Bayesian(AbstractContractor, AbstractDecider, AbstractAppraiser):
    """Buys what exact inference in a world says is worth its price, and reports the posterior of what was bought.

    It reads texts of the form `signal=value`; others are worth nothing to it, and contradictions are not bought.

    `S* = argmax_S E[U(x(S)) | everything inspected] - sum of prices`: recursive inspection, with the goods that one
    inspection shows; what later rounds may bring is not foreseen. In a bazaar whose levels forget (`recall=worlds.nearest`) it
    takes that into account.

    Args:
        world: the common prior.

    Source: "Extrapolating Volition with Recursive Information Markets" (2026), arXiv 2604.08606.
    """

    world: World

    def check(self, goal: Goal) -> None:
        about(self.world, goal)

    async def judge(self, case: Case) -> Inspection:
        return Inspection(self.verdict(case))

    def verdict(self, case: Case) -> Verdict:
        """Ids of the goods that are worth their prices."""
        table = beliefs(self.world)
        levels = [tuple(table.piece(e.id, e.text, e.price) for e in level.exhibits) for level in case.levels]
        known = [tuple(table.piece(r.offer, r.text, 0) for r in bought) for bought in case.bought]
        scale = case.levels[0].brief.goal.scale  # pyright: ignore[reportAttributeAccessIssue] - a buyer's goal
        return frozenset(piece.id for piece in table.choose(levels, known, case.purses, scale, case.recall))

    async def decide(self, brief: Brief, known: tuple[Receipt, ...], seen: tuple[Seen, ...] = ()) -> tuple[float, ...]:
        table = beliefs(self.world)
        contents = table.known(known)
        return table.posterior[table.nothing if contents is None else contents]

    async def appraise(self, brief: Brief, outputs: Sequence[Any], known: tuple[Receipt, ...]) -> list[float]:
        """By the posterior of all texts; of two that contradict each other the first counts."""
        table = beliefs(self.world)
        contents = table.nothing
        for receipt in known:
            more = table.add(contents, [table.piece(receipt.offer, receipt.text, 0)])
            contents = contents if more is None else more
        belief, scale = table.posterior[contents], brief.goal.scale / MICRO  # pyright: ignore[reportAttributeAccessIssue]
        return [scale * expected(belief, self.world.decision.payoffs(np.array(output)).tolist()) for output in outputs]


@dataclass(frozen=True)
class SelectionAware(AbstractContractor, AbstractDecider):
    """As `Bayesian`, with a report that also heeds what the choice reveals: information that was looked at and left says something.

    `P(y | this was bought, with these contents)`: of all states of the world that agree with what was bought, those remain
    in which the contractor would have bought the same. Teasers must name the signals, as those of `program_informer` do. What
    the bids tell is not heeded, and the contractor's own choice goes by the plain report. It cannot know why it was bought what a
    level has forgotten: where levels forget, and where all are to heed all choices, make it a `Planned`.

    Args:
        world: the common prior.
    """

    world: World

    def check(self, goal: Goal) -> None:
        about(self.world, goal)

    async def judge(self, case: Case) -> Inspection:
        return await Bayesian(self.world).judge(case)

    async def decide(self, brief: Brief, known: tuple[Receipt, ...], seen: tuple[Seen, ...] = ()) -> tuple[float, ...]:
        table = beliefs(self.world)
        contents = table.known(known)
        plain = table.posterior[table.nothing if contents is None else contents]
        if contents is None:
            return plain
        total = [0.0] * len(plain)
        for state in itertools.product(*(range(size) for size in table.sizes)):
            agrees = all(value in (HIDDEN, state[n]) for n, value in enumerate(contents))
            if agrees and state in table.mass and self._same(brief, table, state, seen):
                for outcome, chance in enumerate(table.posterior[state]):
                    total[outcome] += table.mass[state] * chance
        mass = sum(total)
        return tuple(chance / mass for chance in total) if mass > 0 else plain

    def _same(self, brief: Brief, table: Beliefs, state: Contents, seen: tuple[Seen, ...]) -> bool:
        """Whether each inspection would have ended as it did, had the world been in this state."""
        before: list[Receipt] = []
        for look in seen:
            shown = tuple(Opened(*good, text(table, good, state)) for good in look.goods)
            case = Case((Level(brief, shown),), (*before, *look.context), (look.purse,), "")
            if Bayesian(self.world).verdict(case) != look.bought:
                return False
            before += look.context
            before += [Receipt(e.id, "", e.price, "", "", e.text) for e in shown if e.id in look.bought]
        return True


def about(world: World, goal: Goal) -> None:
    """Whether a world tells of the event of a forecast.

    Raises:
        ValueError: if it tells of another.
    """
    if isinstance(goal, Forecast) and goal.event != world.question:
        raise ValueError(
            f"Bayesian: the world tells of {world.question!r} and not of {goal.event!r}; name its event, or give the "
            "bazaar a contractor and the buyer a decider of your own."
        )


def text(table: Beliefs, good: Good, state: Contents) -> str:
    """What a good would say in a state of the world, as its teaser names the signal."""
    return f"{good.teaser}={state[table.signals.index(good.teaser)]}" if good.teaser in table.signals else ""
