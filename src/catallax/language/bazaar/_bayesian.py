"""A contractor and a buyer that compute what information is worth, in a finite world."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from catallax.core import MICRO
from catallax.language.bazaar._appraisers import AbstractAppraiser
from catallax.language.bazaar._contractors import AbstractContractor, AbstractDecider, Case, Level
from catallax.language.bazaar._goals import Brief, Buy, Forecast, Goal, Good
from catallax.language.bazaar._offers import Inspection, Opened, Receipt, Seen, Verdict
from catallax.language.worlds import Recall, World, everything

HIDDEN = -1
MOST = 20_000
"""Sets of contents that are tabulated at most."""

DIGITS = 9
"""Of a value, at most; Python refuses to read thousands."""

Contents = tuple[int, ...]
"""A value of each signal of the world, or `HIDDEN`."""


class Piece(NamedTuple):
    """A good as a Bayesian sees it."""

    id: str
    signal: int
    """`HIDDEN` where the text is about no signal of the world, and worth nothing."""
    value: int
    price: int


Pieces = tuple[Piece, ...]


class Beliefs:
    """Posterior and payoffs for all contents there can be, in advance: what was looked up must not be told by a cache."""

    def __init__(self, world: World) -> None:
        sizes = world.joint.shape[1:]
        count = math.prod(size + 1 for size in sizes)
        if count > MOST:
            raise ValueError(
                f"Bayesian: a world with {count} sets of contents is too large to tabulate, {MOST} are the most; "
                "sum signals out, or give the bazaar a contractor of your own."
            )
        self.signals = world.signals
        self.sizes = sizes
        self.mass: dict[Contents, float] = {}
        self.posterior: dict[Contents, tuple[float, ...]] = {}
        self.payoffs: dict[Contents, tuple[float, ...]] = {}
        for contents in itertools.product(*(range(HIDDEN, size) for size in sizes)):
            known = {name: value for name, value in zip(world.signals, contents) if value != HIDDEN}
            mass = world.probability(known)
            if mass > 0:
                belief = world.posterior(known)
                self.mass[contents] = mass
                self.posterior[contents] = tuple(belief.tolist())
                self.payoffs[contents] = tuple(world.decision.payoffs(belief).tolist())

    @property
    def nothing(self) -> Contents:
        """No contents."""
        return (HIDDEN,) * len(self.sizes)

    def piece(self, id: str, text: str, price: int) -> Piece:
        """Read a text `signal=value`; anything else says nothing."""
        name, _, told = (part.strip() for part in text.rpartition("="))
        if name in self.signals and told.isdecimal() and len(told) <= DIGITS:
            signal, value = self.signals.index(name), int(told)
            if value < self.sizes[signal]:
                return Piece(id, signal, value, price)
        return Piece(id, HIDDEN, 0, price)

    def known(self, receipts: Iterable[Receipt]) -> Contents | None:
        """What bought texts say together."""
        return self.add(self.nothing, [self.piece(receipt.offer, receipt.text, 0) for receipt in receipts])

    def add(self, contents: Contents | None, pieces: Iterable[Piece]) -> Contents | None:
        """Contents with what some pieces say; None where they contradict each other or cannot be."""
        if contents is None:
            return None
        more = list(contents)
        for piece in pieces:
            if piece.signal != HIDDEN:
                if more[piece.signal] not in (HIDDEN, piece.value):
                    return None
                more[piece.signal] = piece.value
        return found if (found := tuple(more)) in self.mass else None

    def choose(
        self,
        levels: Sequence[Pieces],
        known: Sequence[Pieces],
        purses: Sequence[int | float],
        scale: float,
        recall: Recall = everything,
    ) -> Pieces:
        """The goods of the innermost level that are worth most, judged by one who sees all levels.

        `max_S E[U(report) | all that is in view] - prices`, where whoever decides on the level above sees what was bought
        here, decides in the same way, and so on up to the report, which is made by what was bought alone.

        Args:
            levels: goods, from the outermost level to the one to decide on.
            known: what was bought for each level, and at last for this choice.
            purses: micro-credits for each level.
            scale: micro-credits in a unit of utility.
            recall: what a level still knows of what was bought further in than for itself.
        """
        view = self.add(self.nothing, itertools.chain(*known, *levels))
        if view is None:
            return ()
        belief, best, most = self.posterior[view], (), -math.inf
        for count in range(len(levels[-1]) + 1):
            for chosen in itertools.combinations(levels[-1], count):
                if sum(piece.price for piece in chosen) > purses[-1]:
                    continue
                report, cost = self.end(chosen, levels, known, purses, scale, recall)
                worth = scale * expected(belief, self.payoffs[report]) - cost
                if worth > most + 1e-6:
                    best, most = chosen, worth
        return best

    def end(
        self,
        chosen: Pieces,
        levels: Sequence[Pieces],
        known: Sequence[Pieces],
        purses: Sequence[int | float],
        scale: float,
        recall: Recall,
    ) -> tuple[Contents, int]:
        """What a choice leads to: contents that the report is made by, and micro-credits for all that is bought on the way."""
        price = sum(piece.price for piece in chosen)
        left = [purse - price for purse in purses[:-1]]
        kept = itertools.chain(*recall(((*known[-2], *chosen), known[-1])))
        levels, known = levels[:-1], (*known[:-2], tuple(kept))
        if not levels:
            report = self.add(self.nothing, known[0])
            assert report is not None  # part of what is in view, which can be
            return report, price
        outer = self.choose(levels, known, left, scale, recall)
        report, more = self.end(outer, levels, known, left, scale, recall)
        return report, price + more


@lru_cache(maxsize=64)
def beliefs(world: World) -> Beliefs:
    """The tables of a world."""
    return Beliefs(world)


def expected(belief: Sequence[float], payoffs: Sequence[float]) -> float:
    """`sum q U`, over what can happen."""
    return sum(chance * payoff for chance, payoff in zip(belief, payoffs) if chance > 0)


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
