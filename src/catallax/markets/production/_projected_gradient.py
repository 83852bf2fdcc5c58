"""Rules that can reach a corner, and leave it."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.markets.production._economy import Shares
from catallax.markets.production._share_rule import AbstractShareRule, Welfare, positive
from catallax.markets.production._simplices import LEAST, Simplices


class ProjectedGradient(AbstractShareRule):
    """`s <- P(s + eta c)`, `P` the nearest point of the simplex."""

    rate: float | Float[Array, ""] = 0.1
    """`eta`, per credit."""
    tau: float | Float[Array, ""] = 0.0
    """Credits per nat of entropy."""

    def __check_init__(self) -> None:
        positive("ProjectedGradient", self.tau, rate=self.rate)

    def init(self, splits: Simplices, shares: Shares) -> Shares:
        """The shares."""
        return shares

    def shares(self, splits: Simplices, state: Shares) -> Shares:
        """See `AbstractShareRule.shares`."""
        return jnp.where(splits.mask, state, 0.0)

    def update(self, splits: Simplices, state: Shares, gradient: Shares, welfare: Welfare) -> Shares:
        """See `AbstractShareRule.update`."""
        uphill = gradient - self.tau * jnp.log(jnp.maximum(state, LEAST))
        return splits.project(state + self.rate * uphill)


class Visited(NamedTuple):
    """State of `FrankWolfe`."""

    shares: Shares
    step: Float[Array, ""]


class FrankWolfe(AbstractShareRule):
    """Part of the output moves to the edge that pays most: `s <- (1 - g) s + g e_best`, `g = 2 / (t + 2)` at step `t`.

    Source: Frank and Wolfe (1956).
    """

    def init(self, splits: Simplices, shares: Shares) -> Visited:
        """The shares at step 0."""
        return Visited(shares, jnp.zeros((), shares.dtype))

    def shares(self, splits: Simplices, state: Visited) -> Shares:
        """See `AbstractShareRule.shares`."""
        return jnp.where(splits.mask, state.shares, 0.0)

    def update(self, splits: Simplices, state: Visited, gradient: Shares, welfare: Welfare) -> Visited:
        """See `AbstractShareRule.update`."""
        part = 2 / (state.step + 2)
        return Visited((1 - part) * state.shares + part * splits.best(gradient), state.step + 1)


class BestReply(AbstractShareRule):
    """All to the edge that pays most, `s <- (1 - g) s + g e_best`; with `g = 1` in a tabular world it is policy iteration.

    Where nothing is made, no edge pays, and shares stay as they are.
    """

    pace: float | Float[Array, ""] = 1.0
    """`g`."""

    def __check_init__(self) -> None:
        if isinstance(self.pace, float | int) and not 0 < self.pace <= 1:
            raise ValueError(f"BestReply: pace must lie in (0, 1], got {self.pace}.")

    def init(self, splits: Simplices, shares: Shares) -> Shares:
        """The shares."""
        return shares

    def shares(self, splits: Simplices, state: Shares) -> Shares:
        """See `AbstractShareRule.shares`."""
        return jnp.where(splits.mask, state, 0.0)

    def update(self, splits: Simplices, state: Shares, gradient: Shares, welfare: Welfare) -> Shares:
        """See `AbstractShareRule.update`."""
        best = splits.best(gradient)
        worse = splits.mean(state, gradient) < splits.mean(best, gradient)
        # among equals nobody moves, or shares would run in circles
        return jnp.where(worse, (1 - self.pace) * state + self.pace * best, state)
