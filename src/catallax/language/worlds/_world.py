"""A finite world in which everything that can be known has a probability."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import Float

from catallax.language.worlds._decision import AbstractDecision, LogScore

Contents = Mapping[str, int]
"""Values of some signals, by their names."""


@dataclass(frozen=True, eq=False)
class World:
    """A joint table `P(y, i_1, ..., i_k)` of an outcome and named signals, a decision that depends on the outcome, and prices of signals.

    Args:
        joint: probabilities, the axis `outcomes` first, then one for the values of each signal. Of an event, outcome 0 is that it happens.
        decision: what the outcome matters for; by default a report paid by how much it improves on the prior, `ln(r_y / P(y))`.
        signals: names of the signals; by default I1, I2, ....
        prices: credits for each signal; those left out cost nothing.
        question: name of the outcome.

    Raises:
        ValueError: for numbers that are no distribution, an outcome that cannot happen, names that do not fit the axes or occur twice,
            and prices of what is no signal, or below 0.

    >>> world = World(np.array([[0.3, 0.1], [0.1, 0.5]]))
    >>> world.posterior({"I1": 0}).round(4).tolist()
    [0.75, 0.25]
    """

    joint: Float[np.ndarray, "outcomes ..."]
    decision: AbstractDecision = None  # pyright: ignore[reportAssignmentType] - filled in below
    signals: tuple[str, ...] = ()
    prices: Mapping[str, float] = field(default_factory=dict)
    question: str = "E"

    def __post_init__(self) -> None:
        joint = np.array(self.joint, np.float64)
        if joint.ndim < 2 or not np.all(joint >= 0) or not abs(joint.sum() - 1) < 1e-9:
            raise ValueError(
                "World: joint should be probabilities over outcomes and signals that add up to 1, got the shape "
                f"{joint.shape} with the sum {joint.sum():g}."
            )
        prior = joint.reshape(len(joint), -1).sum(1)
        if not np.all(prior > 0):
            raise ValueError(f"World: every outcome should be possible, got the prior {prior}; leave out the others.")
        names = tuple(self.signals) or tuple(f"I{n}" for n in range(1, joint.ndim))
        if len(names) != joint.ndim - 1 or len({*names, self.question}) != joint.ndim:
            raise ValueError(
                f"World: expected {joint.ndim - 1} different names of signals, none of them {self.question!r}, got {names}."
            )
        wrong = {name: price for name, price in self.prices.items() if name not in names or not 0 <= price < np.inf}
        if wrong:
            raise ValueError(f"World: prices should be credits of at least 0 for signals of {names}, got {wrong}.")
        joint.flags.writeable = False
        decision = LogScore(prior) if self.decision is None else self.decision
        prices = MappingProxyType({name: float(self.prices.get(name, 0.0)) for name in names})
        for name, value in (("joint", joint), ("signals", names), ("decision", decision), ("prices", prices)):
            object.__setattr__(self, name, value)
        decision.payoffs(prior)  # complains of tables of other outcomes

    @property
    def prior(self) -> Float[np.ndarray, " outcomes"]:
        """`P(y)`."""
        return self.posterior({})

    def seen(self, names: Collection[str]) -> Float[np.ndarray, "outcomes ..."]:
        """The joint table of the outcome and some signals; axes of all others are summed up and have length 1."""
        self._check(names)
        return self.sum_out(self.joint, names)

    def sum_out(self, table: Float[np.ndarray, "outcomes ..."], names: Collection[str]) -> np.ndarray:
        """A table with the axes of this world, summed over all signals that are not named; their axes have length 1."""
        hidden = tuple(1 + n for n, name in enumerate(self.signals) if name not in names)
        return table.sum(axis=hidden, keepdims=True)

    def probability(self, contents: Contents) -> float:
        """`P(i)` of the values of some signals."""
        return float(self._mass(contents).sum())

    def posterior(self, contents: Contents) -> Float[np.ndarray, " outcomes"]:
        """`P(y | i)` given the values of some signals.

        Raises:
            ValueError: for a signal or value that does not exist, and for values that cannot occur together.
        """
        mass = self._mass(contents)
        if not mass.sum() > 0:
            raise ValueError(f"World: {dict(contents)} cannot occur.")
        return mass / mass.sum()

    def cost(self, names: Collection[str]) -> float:
        """The sum of the prices of some signals, credits."""
        self._check(names)
        return sum((self.prices[name] for name in names), 0.0)

    def value(self, contents: Contents) -> float:
        """`max_x E[U(x) | i]`, credits: what the decision is worth to one who knows some signals; prices are not taken off."""
        belief = self.posterior(contents)
        return expected(belief, self.decision.payoffs(belief))

    def ex_post(self, contents: Contents, context: Contents = MappingProxyType({})) -> float:
        """What information turns out to be worth once it is known: `E[U(x(i, c)) - U(x(c)) | i, c] - p`, credits.

        `x(c)` is decided by one who knows the context alone. Before the price this is never negative (for a score it is a
        Kullback-Leibler divergence) and it can still mislead: more context may show that `x(c)` was better.

        Args:
            contents: values of the signals that are for sale.
            context: values of the signals that the buyer knows already.

        Source: "Extrapolating Volition with Recursive Information Markets" (2026), arXiv 2604.08606, as `forecasting.marginal_values`.
        """
        belief = self.posterior({**context, **contents})
        before = self.decision.payoffs(self.posterior(context))
        return expected(belief, self.decision.payoffs(belief)) - expected(belief, before) - self.cost(contents)

    def ex_ante(self, names: Collection[str], context: Contents = MappingProxyType({})) -> float:
        """What information can be expected to be worth before it is seen: `E[max_x E[U(x) | I, c] | c] - max_x E[U(x) | c] - p`, credits.

        >>> round(World(np.array([[0.3, 0.1], [0.1, 0.5]]), prices={"I1": 0.1}).ex_ante(["I1"]), 4)  # nats less the price
        0.0777
        """
        self._check(names)
        table = self.seen({*names, *context})[self._where(context)]
        table = table.reshape(len(table), -1)
        table = table[:, table.sum(0) > 0] / self.probability(context)
        known = expected(table, self.decision.payoffs(table / table.sum(0)))
        return known - self.value(context) - self.cost(names)

    def information(self, names: Collection[str]) -> float:
        """`I(Y; I)`, nats: the mutual information of the outcome and some signals."""
        table = self.seen(names)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.log(table / (table.sum(0) * self.prior.reshape(-1, *[1] * (table.ndim - 1))))
        return expected(table, ratio)

    def draw(self, luck: np.random.Generator) -> tuple[int, dict[str, int]]:
        """An outcome and the values of all signals, by chance."""
        cell = np.unravel_index(luck.choice(self.joint.size, p=self.joint.ravel()), self.joint.shape)
        outcome, *values = (int(place) for place in cell)
        return outcome, dict(zip(self.signals, values, strict=True))

    def _check(self, names: Collection[str]) -> None:
        unknown = [name for name in names if name not in self.signals]
        if unknown:
            raise ValueError(f"World: there is no signal {unknown[0]!r}; the signals are {self.signals}.")

    def _where(self, contents: Contents) -> tuple[Any, ...]:
        """Where in the table some signals have their values; axes are kept."""
        self._check(contents)
        where: list[Any] = [slice(None)] * self.joint.ndim
        for name, value in contents.items():
            axis = 1 + self.signals.index(name)
            if not 0 <= value < self.joint.shape[axis]:
                raise ValueError(f"World: {name} has the values 0 to {self.joint.shape[axis] - 1}, got {value}.")
            where[axis] = slice(value, value + 1)
        return tuple(where)

    def _mass(self, contents: Contents) -> Float[np.ndarray, " outcomes"]:
        return self.joint[self._where(contents)].reshape(len(self.joint), -1).sum(1)


def expected(mass: np.ndarray, payoffs: np.ndarray) -> float:
    """`sum mass * payoffs`, over what can happen: what cannot may pay `-inf`."""
    return float(np.sum(mass * payoffs, where=mass > 0))
