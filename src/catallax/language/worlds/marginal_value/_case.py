"""One case of the marginal value mechanism: what informers know, what telling it costs, and what it makes of a decision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from catallax.language.worlds._world import Contents, World

Sets = int | np.integer | np.ndarray
"""Sets of atoms as whole numbers, one or several."""
LARGEST = 14
"""Atoms; there are `2^k` sets of them, and `3^k` pairs of a set and one that contains it."""


@dataclass(frozen=True, eq=False)
class Case:
    """What every set of atoms of knowledge makes of a decision: `W(T, S) = E[U(x(S)) | T]`, where `x(S)` is decided by who was told `S`.

    A set is a whole number whose bit `n` says whether atom `n` is in it.

    Args:
        beliefs: for each set of atoms `T`, what `U` depends on given `T`: probabilities of outcomes, or expected utilities of actions.
        payoffs: for each set of atoms `S`, what the decision `x(S)` pays in terms of these, so that `W(T, S) = beliefs[T] @ payoffs[S]`.
        prices: credits for each atom; a set costs the sum.
        atoms: their names.

    Raises:
        ValueError: for shapes that do not fit, and prices below 0.
    """

    beliefs: Float[np.ndarray, "sets terms"]
    payoffs: Float[np.ndarray, "sets terms"]
    prices: Float[np.ndarray, " atoms"]
    atoms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        k = len(self.prices)
        names = tuple(self.atoms) or tuple(f"I{n}" for n in range(1, k + 1))
        object.__setattr__(self, "atoms", names)
        if k > LARGEST:
            raise ValueError(f"Case: at most {LARGEST} atoms can be enumerated, got {k}.")
        if len(self.beliefs) != 2**k or self.beliefs.shape != self.payoffs.shape or len(names) != k:
            raise ValueError(
                f"Case: {k} prices were given, so beliefs and payoffs should have {2**k} rows and there should be {k} names; got "
                f"{self.beliefs.shape}, {self.payoffs.shape} and {names}."
            )
        if not np.all((self.prices >= 0) & (self.prices < np.inf)):
            raise ValueError(f"Case: prices should be credits of at least 0, got {self.prices}.")

    @classmethod
    def of(cls, world: World, contents: Contents) -> Case:
        """The case in which the informers know the values of some signals of a world.

        >>> from catallax.language import worlds
        >>> case = Case.of(worlds.fact_check(), {"I1": 1, "I2": 1})
        >>> case.rewards([1, 3]).round(4).tolist()
        [-0.0471, 0.0915]
        """
        names = tuple(contents)
        sets = [
            {name: contents[name] for n, name in enumerate(names) if chosen >> n & 1}
            for chosen in range(2 ** len(names))
        ]
        beliefs = np.stack([world.posterior(known) for known in sets])
        payoffs = world.decision.payoffs(beliefs.T).T
        return cls(beliefs, payoffs, np.array([world.prices[name] for name in names]), names)

    @classmethod
    def told(
        cls, utilities: Float[np.ndarray, "sets actions"], prices: Float[np.ndarray, " atoms"] | Sequence[float]
    ) -> Case:
        """The case with these expected utilities `E[U(x) | T]` of actions given each set; of equally good actions the first is taken."""
        best = utilities.argmax(1)
        return cls(utilities, np.eye(utilities.shape[1])[best], np.asarray(prices, np.float64))

    @property
    def everything(self) -> int:
        """The set of all atoms."""
        return len(self.beliefs) - 1

    @property
    def costs(self) -> Float[np.ndarray, " sets"]:
        """What each set costs, credits."""
        held = np.arange(len(self.beliefs))[:, None] >> np.arange(len(self.prices)) & 1
        return held @ self.prices

    def worth(self, known: Sets, told: Sets) -> np.ndarray:
        """`W(T, S)`: what is decided by who was told `S`, judged knowing `T`; credits.

        An outcome that is impossible given `T` counts nothing, even if `x(S)` staked everything against it.
        """
        belief, payoff = np.broadcast_arrays(self.beliefs[known], self.payoffs[told])
        terms = np.zeros(belief.shape)
        np.multiply(belief, payoff, out=terms, where=belief != 0)
        return np.asarray(terms.sum(-1))

    def rewards(self, shown: Sequence[int]) -> Float[np.ndarray, " moves"]:
        """`R^n = E[U(x_n) - U(x_{n-1}) | all] - p(x^n)`, credits: what each informer is paid in the end for what it added.

        They telescope: `sum_n R^n = E[U(x_N) - U(x_0) | all] - p(all)`.

        Args:
            shown: the set that had been told after each move, each containing the one before.

        Raises:
            ValueError: if one does not.

        Source: the marginal value mechanism of "Extrapolating Volition with Recursive Information Markets" (2026), arXiv 2604.08606; of
        a report paid by its logarithmic score it is `forecasting.marginal_values`.
        """
        path = np.array([0, *shown])
        if np.any(path[:-1] & ~path[1:]) or not np.all((path >= 0) & (path <= self.everything)):
            raise ValueError(
                f"Case: each set should contain the one before, and atoms of {self.atoms} only; got {list(shown)}."
            )
        return np.diff(self.worth(path[-1], path)) - np.diff(self.costs[path])

    def named(self, chosen: int) -> tuple[str, ...]:
        """The names of the atoms in a set."""
        return tuple(name for n, name in enumerate(self.atoms) if chosen >> n & 1)

    def numbered(self, names: Iterable[str]) -> int:
        """The set of the atoms with these names."""
        return sum(1 << self.atoms.index(name) for name in set(names))


def above(chosen: int, everything: int) -> Int[np.ndarray, " sets"]:
    """All sets that contain one, itself first."""
    free = everything & ~chosen
    found = np.zeros(1, np.int64)
    for n in range(free.bit_length()):
        if free >> n & 1:
            found = np.concatenate([found, found | 1 << n])
    return found | chosen
