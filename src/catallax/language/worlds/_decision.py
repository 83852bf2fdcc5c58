"""What a buyer of information has to decide, and what it pays to know more."""

from __future__ import annotations

import abc
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, eq=False)
class AbstractDecision(abc.ABC):
    """A decision by someone who maximises expected utility: all that matters is what it pays under each belief."""

    @abc.abstractmethod
    def payoffs(self, belief: Float[np.ndarray, "outcomes ..."]) -> Float[np.ndarray, "outcomes ..."]:
        """`U(x(q), y)` for every outcome `y`, where `x(q) = argmax_x sum_y q_y U(x, y)` is decided under the belief `q`.

        Args:
            belief: probabilities, axes of the outcomes, then any.

        Returns:
            Credits, axes as given; an outcome that was held for impossible may pay `-inf`.
        """


@dataclass(frozen=True, eq=False)
class Actions(AbstractDecision):
    """One of several actions, by a table; the first of those that are equally good, so put what is done by default first.

    Args:
        table: `U(x, y)`, credits, axes `actions outcomes`.

    Raises:
        ValueError: for a table that has not two axes, or has entries that are not finite.

    >>> Actions(np.array([[0.0, 0.0], [1.0, -2.0]])).payoffs(np.array([[0.5, 0.9], [0.5, 0.1]])).tolist()
    [[0.0, 1.0], [0.0, -2.0]]
    """

    table: Float[np.ndarray, "actions outcomes"]

    def __post_init__(self) -> None:
        table = np.array(self.table, np.float64)
        if table.ndim != 2 or not table.size or not np.isfinite(table).all():
            raise ValueError(
                f"Actions: table should be finite credits with the axes actions and outcomes, got the shape {table.shape}."
            )
        table.flags.writeable = False
        object.__setattr__(self, "table", table)

    def best(self, belief: Float[np.ndarray, "outcomes ..."]) -> np.ndarray:
        """The number of the best action under each belief; a lead within rounding of 0 is none."""
        if len(belief) != self.table.shape[1]:
            raise ValueError(f"Actions: the table has {self.table.shape[1]} outcomes and the belief {len(belief)}.")
        worth = np.tensordot(self.table, belief, 1)
        return np.asarray((worth > worth.max(0) - 1e-12).argmax(0))

    def payoffs(self, belief: Float[np.ndarray, "outcomes ..."]) -> Float[np.ndarray, "outcomes ..."]:
        """What the best action pays."""
        return np.moveaxis(self.table[self.best(belief)], -1, 0)


@dataclass(frozen=True, eq=False)
class LogScore(AbstractDecision):
    """A report `r` paid as a trader at an `LMSR` that stood at `p` is: `U(r, y) = b ln(r_y / p_y)`.

    A report of what one believes is best, and knowing more is worth `b` times the nats that it tells of the outcome.

    Args:
        prior: `p`, probabilities of the outcomes; 1 leaves the bare score `b ln r_y`.
        subsidy: `b`, credits per nat.

    Raises:
        ValueError: for a prior that is not positive, or a subsidy that is not.

    >>> LogScore(np.array([0.1, 0.9])).payoffs(np.array([0.4, 0.6])).round(4).tolist()
    [1.3863, -0.4055]
    """

    prior: Float[np.ndarray, " outcomes"] | float = 1.0
    subsidy: float = 1.0

    def __post_init__(self) -> None:
        prior = np.array(self.prior, np.float64, ndmin=1)
        if not (np.all(prior > 0) and np.all(prior <= 1) and prior.ndim == 1):
            raise ValueError(f"LogScore: prior should be positive probabilities of the outcomes, or 1, got {prior}.")
        if not 0 < self.subsidy < np.inf:
            raise ValueError(f"LogScore: subsidy should be positive credits per nat, got {self.subsidy}.")
        prior.flags.writeable = False
        object.__setattr__(self, "prior", prior)

    def payoffs(self, belief: Float[np.ndarray, "outcomes ..."]) -> Float[np.ndarray, "outcomes ..."]:
        """What a report of the belief pays."""
        prior = np.atleast_1d(self.prior)
        if len(prior) not in (1, len(belief)):
            raise ValueError(f"LogScore: the prior has {len(prior)} outcomes and the belief {len(belief)}.")
        with np.errstate(divide="ignore"):
            return self.subsidy * (np.log(belief) - np.log(prior).reshape(-1, *[1] * (belief.ndim - 1)))
