"""Makers that trade whatever leaves their own expected utility where it was."""

from __future__ import annotations

import abc
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from catallax.forecasting._cost_function import AbstractCostFunction
from catallax.forecasting._mechanism import Numbers, distribution, doubled, require_outcomes, require_positive
from catallax.forecasting._search import crossing


class AbstractUtility(eqx.Module):
    """What the maker's wealth is worth to it: rising and concave."""

    @abc.abstractmethod
    def value(self, wealth: Array) -> Array:
        """`u(w)`; of `w` in credits."""

    def least(self, wealth: float | Numbers, belief: float | Numbers) -> float | Numbers:
        """What is left in an outcome, in credits, however much is won in all others: 0 where wealth is worth ever more.

        Args:
            wealth: at the opening, credits.
            belief: of the outcome.
        """
        return 0.0 * wealth * belief


class LogUtility(AbstractUtility):
    """`u(w) = ln w`: the weighted constant-product maker, see `ConstantProduct`."""

    def value(self, wealth: Array) -> Array:
        """`ln w`."""
        return jnp.log(wealth)


class PowerUtility(AbstractUtility):
    """`u(w) = w^(1 - r) / (1 - r)`, `r` above 0 and not 1; between `LogUtility` and indifference for small r."""

    aversion: float = 2.0
    """`r`."""

    def __check_init__(self) -> None:
        require_positive("PowerUtility", "aversion", self.aversion)
        if self.aversion == 1:
            raise ValueError("PowerUtility: an aversion of 1 is LogUtility().")

    def value(self, wealth: Array) -> Array:
        """`w^(1 - r) / (1 - r)`."""
        return wealth ** (1 - self.aversion) / (1 - self.aversion)

    def least(self, wealth: float | Numbers, belief: float | Numbers) -> float | Numbers:
        """`pi^(1 / (r - 1)) w` for r above 1: all other wealth together is worth a finite amount."""
        return wealth * belief ** (1 / (self.aversion - 1)) if self.aversion > 1 else super().least(wealth, belief)


class ConstantUtility(AbstractCostFunction):
    """`C(q)` solves `sum_i pi_i u(C(q) - q_i) = u(w)`: a maker with belief pi and wealth w that is always as well off.

    It never loses more than its wealth; a power above 1 less than that. Exponential utility makes it the `LMSR` with that prior, the logarithm the constant-product maker.

    Source: Chen and Pennock (2007), "A utility framework for bounded-loss market makers".

    >>> maker = ConstantUtility(2, 10.0, LogUtility())
    >>> maker.quote(0, shares=15.0).after.round(6).tolist()
    [0.8, 0.2]
    """

    wealth: Float[Numbers, ""]
    """`w`: what the maker may lose, credits."""
    prior: Float[Numbers, " outcomes"]
    """`pi`: the maker's belief, and the opening prices."""
    utility: AbstractUtility
    sold: Float[Numbers, " outcomes"]

    def __init__(
        self,
        outcomes: int,
        wealth: float | Numbers,
        utility: AbstractUtility | None = None,
        prior: Float[Numbers, " outcomes"] | None = None,
    ) -> None:
        """A maker with a belief.

        Args:
            outcomes: number of them, at least 2.
            wealth: `w`, credits.
            utility: by default the logarithm.
            prior: opening prices, above 0, that add up to 1; by default all alike.

        Raises:
            ValueError: for fewer outcomes, a wealth that is not above 0, or a prior that is not a distribution.
        """
        require_outcomes("ConstantUtility", outcomes)
        require_positive("ConstantUtility", "wealth", wealth)
        self.wealth = doubled(wealth)
        self.prior = distribution("ConstantUtility", outcomes, prior)
        self.utility = LogUtility() if utility is None else utility
        self.sold = np.zeros(outcomes)

    @property
    def scale(self) -> Float[Numbers, ""]:
        """The wealth."""
        return self.wealth

    @property
    def worst_case_loss(self) -> Float[Numbers, ""]:
        """The wealth, less what is left in the worst outcome, credits."""
        return np.asarray(self.wealth - self.utility.least(self.wealth, self.prior.min()))

    def potential(self, sold: Float[Numbers, " outcomes"]) -> Float[Numbers, ""]:
        """`C(q)` by halving, and one step of Newton, which also carries the slope; not a number where no wealth keeps the utility."""
        held = jnp.asarray(jax.lax.stop_gradient(sold))
        top = jnp.max(held)

        def surplus(cash: Any, shares: Numbers) -> Any:
            return self.prior @ self.utility.value(cash - jnp.asarray(shares)) - self.utility.value(
                jnp.asarray(self.wealth)
            )

        # at the upper end the maker has its wealth in every outcome
        ends = (top, top + self.wealth)
        cash = jax.lax.stop_gradient(crossing(lambda cash: surplus(cash, held) >= 0, *ends))
        steep = jax.lax.stop_gradient(jax.grad(surplus)(cash, held))
        # with an aversion below 1 losing everything somewhere can be made up for elsewhere: beyond that nothing is sold
        kept = (surplus(top, held) < 0) & jnp.isfinite(steep)
        return jnp.where(kept, cash - surplus(cash, sold) / jnp.where(kept, steep, 1.0), jnp.nan)
