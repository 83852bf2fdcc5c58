"""Trades in combinatorial markets: the DAGGRE engine's seven, and random ones in random networks."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from catallax.forecasting.combinatorial import AbstractJointMarket, DenseMarket, JunctionTreeMarket

B = 10 / np.log(100)
"""Credits per nat, so that 10 credits are assets of q = exp(S / b) = 100, as in the table."""
NODES, LINKS, USERS = ("D", "E", "F"), [("D", "E"), ("D", "F")], ("Tom", "Joe", "Amy", "Eric")
DAGGRE = [
    ("Tom", "E", {}, 0.5, 0.55, (0.005, 0.995), (0.5, 0.55, 0.5), 90, (None, 0, None)),
    ("Tom", "E", {"D": 1}, 0.55, 0.9, (0.005, 0.995), (0.5, 0.725, 0.5), 20, (1, 0, None)),
    ("Joe", "E", {"D": 0}, 0.55, 0.4, (0.0055, 0.9955), (0.5, 0.65, 0.5), 72.7273, (0, 1, None)),
    ("Amy", "F", {"D": 1}, 0.5, 0.3, (0.005, 0.995), (0.5, 0.65, 0.4), 60, (1, None, 1)),
    ("Joe", "F", {"D": 0}, 0.5, 0.1, (0.006875, 0.993125), (0.5, 0.65, 0.2), 14.5455, (0, 1, 1)),
    ("Eric", "E", {}, 0.65, 0.8, (0.0065, 0.9965), (0.5824, 0.8, 0.2165), 57.1429, (None, 0, None)),
    ("Eric", "D", {"F": 0}, 0.52, 0.7, (0.0091059, 0.9916058), (0.7232, 0.8509, 0.2165), 35.7393, (0, 0, 0)),
]
"""User, variable, condition, probability of state 1 before and after, limits before, marginals after, least q after, and the states at it, None for any.
Read in the public tests of the DAGGRE engine."""


def agrees(number: float, printed: float | int) -> bool:
    """Whether a number has all printed digits: the source rounds, and once cuts the last digit off (row 7, the upper limit)."""
    unit = 10.0 ** -len(str(printed).partition(".")[2])
    return bool(-0.5 * unit - 1e-12 <= number - printed < unit)


def opened(kind: type[AbstractJointMarket]) -> AbstractJointMarket:
    """The market of the table before its trades."""
    sizes = dict.fromkeys(NODES, 2)
    market = JunctionTreeMarket(sizes, B, LINKS) if kind is JunctionTreeMarket else DenseMarket(sizes, B)
    for user in USERS:
        market.open(user, 10.0)
    return market


def seven_trades(market: AbstractJointMarket) -> list[tuple[float, float | tuple[int | None, ...]]]:
    """Make the trades; each number beside the printed one."""
    found: list = []
    for user, variable, given, before, after, limits, marginals, least, states in DAGGRE:
        found += zip(market.limits(user, variable, given=given), limits, strict=True)
        edit = market.edit(user, variable, to=after, given=given)
        found += [(edit.before[1], before), (edit.after[1], after), (np.exp(market.minimum(user) / B), least)]
        found += [(float(market.probability(name)[1]), printed) for name, printed in zip(NODES, marginals, strict=True)]
        lowest = market.minimum(user)
        for cell in itertools.product(range(2), repeat=3):
            wanted = all(want is None or want == have for want, have in zip(states, cell, strict=True))
            is_lowest = market.assets(user, dict(zip(NODES, cell, strict=True))) < lowest + 1e-9
            found.append((float(is_lowest), float(wanted)))
    return found


def states_of(market: AbstractJointMarket) -> list[dict[str, int]]:
    """All combinations."""
    names = list(market.variables)
    return [dict(zip(names, cell, strict=True)) for cell in itertools.product(*map(range, market.variables.sizes))]


def snapshot(market: AbstractJointMarket) -> tuple:
    """All that can be asked of a small market."""
    cells = states_of(market)
    return (
        [market.chance(cell) for cell in cells],
        {user: [market.assets(user, cell) for cell in cells] for user in market.traders},
        [market.house_assets(cell) for cell in cells],
        market.edits,
        market.books.balances,
        dict(market.resolved),
    )


class RandomNetwork:
    """A network of up to two parents a node with random tables, as the joint table and as the junction tree."""

    def __init__(self, seed: int, nodes: int, liquidity: float = 7.0) -> None:
        self.rng = rng = np.random.default_rng(seed)
        names = [f"x{i}" for i in range(nodes)]
        sizes = {name: int(rng.integers(2, 4)) for name in names}
        self.families = [
            [name, *rng.choice(names[:i], min(i, 2), replace=False).tolist()] for i, name in enumerate(names)
        ]
        factors = []
        for name, *parents in self.families:
            table = 0.8 * rng.dirichlet(np.ones(sizes[name]), [sizes[p] for p in parents]) + 0.2 / sizes[name]
            factors.append(([*parents, name], table))
        self.exact = DenseMarket(sizes, liquidity, factors)
        self.tree = JunctionTreeMarket(sizes, liquidity, factors=factors)
        for market in self.both:
            market.open("ann", 20.0)
            market.open("bob", 9.0)
        self.sample = [{k: int(rng.integers(states)) for k, states in sizes.items()} for _ in range(64)]
        """Combinations at which books are looked at."""
        self.opening = [self.tree.chance(states) for states in self.sample]

    @property
    def both(self) -> tuple[AbstractJointMarket, AbstractJointMarket]:
        """The joint table, the tree."""
        return self.exact, self.tree

    def wish(self, family: Sequence[str]) -> tuple[str, str, int, dict[str, int]]:
        """A trader, a variable, a state and a condition."""
        variable, *parents = self.rng.permutation(list(family)).tolist()
        given = {p: int(self.rng.integers(self.exact.variables[p])) for p in parents if p not in self.exact.resolved}
        return (
            str(self.rng.choice(["ann", "bob"])),
            variable,
            int(self.rng.integers(self.exact.variables[variable])),
            given,
        )

    def edit(self) -> dict[str, float]:
        """The same random edit in both, between its limits; how far these differ, and how far the chance of the condition moved."""
        unknown = [f for f in self.families if not set(f) <= set(self.exact.resolved)]
        family = unknown[self.rng.integers(len(unknown))]
        user, variable, state, given = self.wish([v for v in family if v not in self.exact.resolved])
        limits, other = (market.limits(user, variable, state, given) for market in self.both)
        to, before = float(self.rng.uniform(*limits)), self.tree.chance(given)
        if 1e-5 < to < 1 - 1e-5:
            for market in self.both:
                market.edit(user, variable, state, to=to, given=given)
        return {
            "limits": float(np.abs(np.subtract(limits, other)).max()),
            "P(A)": abs(self.tree.chance(given) - before),
        }

    def unbalanced(self) -> float:
        """How far the assets of all, with the house's found from the prices, are from what came in, credits; and the house below 0."""
        worst = 0.0
        for states, before in zip(self.sample, self.opening, strict=True):
            owned = sum(self.tree.assets(user, states) for user in self.tree.traders)
            by_prices = owned - 29.0 - self.tree.liquidity * np.log(self.tree.chance(states) / before)
            by_books = owned + self.tree.house_assets(states) - 29.0 - self.tree.worst_case_loss
            worst = max(worst, abs(by_prices), abs(by_books), -self.tree.house_assets(states))
        return worst

    def evidence(self) -> list[dict]:
        """Nothing, states, and likelihoods, of variables that are not known yet."""
        names = [name for name in self.exact.variables if name not in self.exact.resolved]
        one, other, third = self.rng.choice(names, 3, replace=False).tolist()
        sizes = self.exact.variables
        soft = self.rng.uniform(0.1, 1.0, sizes[third])
        soft[0] = 0.0
        return [{}, {one: 0}, {one: 1, other: int(self.rng.integers(sizes[other]))}, {third: soft.tolist(), other: 0}]

    def differences(self) -> dict[str, float]:
        """The largest differences between the two, over several kinds of evidence."""
        exact, tree = self.both
        found = {"p": 0.0, "minimum": 0.0, "expected": 0.0}
        for given in self.evidence():
            for name in exact.variables:
                gap = np.abs(exact.probability(name, given) - tree.probability(name, given)).max()
                found["p"] = max(found["p"], float(gap))
            for user in exact.traders:
                least = exact.minimum(user, given)
                gaps = least - tree.minimum(user, given), least - exact.assets(user, tree.worst(user, given))
                found["minimum"] = max(found["minimum"], *map(abs, gaps))
                found["expected"] = max(
                    found["expected"], abs(exact.expected(user, given) - tree.expected(user, given))
                )
        return found
