"""Multiplicative rules: shares grow with what they earn."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.markets.production._economy import Shares
from catallax.markets.production._share_rule import AbstractShareRule, Welfare, positive
from catallax.markets.production._simplices import LEAST, Simplices


class MirrorAscent(AbstractShareRule):
    """Entropic mirror ascent, or multiplicative weights: `s <- s exp(eta c) / Z`.

    It maximises `eta <c, s'> - KL(s' || s)`, and each step is that of Bayes with the revenue as evidence. With a temperature `tau`
    the entropy of the new shares counts too, `s <- (s exp(eta c))^(1 / (1 + eta tau)) / Z`, and the fixed point is `s_ij ~ exp(c_ij / tau)`.
    A share of 0 stays 0. In the limit of small rates it is the replicator equation `ds = s (c - cbar)`.
    """

    rate: float | Float[Array, ""] = 0.5
    """`eta`, per credit."""
    tau: float | Float[Array, ""] = 0.0
    """Credits per nat."""

    def __check_init__(self) -> None:
        positive("MirrorAscent", self.tau, rate=self.rate)

    def init(self, splits: Simplices, shares: Shares) -> Shares:
        """Log-shares; they stay normalised."""
        return jnp.log(jnp.maximum(shares, LEAST))

    def shares(self, splits: Simplices, state: Shares) -> Shares:
        """See `AbstractShareRule.shares`."""
        return jnp.where(splits.mask, jnp.exp(state), 0.0)

    def update(self, splits: Simplices, state: Shares, gradient: Shares, welfare: Welfare) -> Shares:
        """See `AbstractShareRule.update`."""
        return splits.log_softmax((state + self.rate * gradient) / (1 + self.rate * self.tau))


class Replicator(AbstractShareRule):
    """The replicator equation by steps of Euler: `s <- s (1 + eta (c - cbar))`.

    Steps that would leave the simplex are cut: no share falls below a tenth of what it was.
    """

    rate: float | Float[Array, ""] = 0.5

    def __check_init__(self) -> None:
        positive("Replicator", rate=self.rate)

    def init(self, splits: Simplices, shares: Shares) -> Shares:
        """The shares."""
        return shares

    def shares(self, splits: Simplices, state: Shares) -> Shares:
        """See `AbstractShareRule.shares`."""
        return jnp.where(splits.mask, state, 0.0)

    def update(self, splits: Simplices, state: Shares, gradient: Shares, welfare: Welfare) -> Shares:
        """See `AbstractShareRule.update`."""
        growth = 1 + self.rate * (gradient - splits.mean(state, gradient))
        grown = jnp.where(splits.mask, state * jnp.maximum(growth, 0.1), 0.0)
        return grown / jnp.where(splits.mask, splits.total(grown)[splits.source], 1.0)


class Backtracked(NamedTuple):
    """State of `Backtracking`."""

    logs: Shares
    rate: Float[Array, ""]


class Backtracking(AbstractShareRule):
    """Mirror ascent that finds its rate: a step counts if `W(s') >= W(s) + KL(s || s') / eta`.

    Where welfare is smooth relative to the entropy with constant `L`, every rate up to `1 / L` passes; so welfare never falls.
    The rate is halved until the step passes, and grows by a quarter after it.

    Source: Lu, Freund and Nesterov (2018), relative smoothness.
    """

    rate: float = 1.0
    """To begin with."""
    halvings: int = eqx.field(static=True, default=40)
    """At most in one step."""

    def __check_init__(self) -> None:
        positive("Backtracking", rate=self.rate)

    def init(self, splits: Simplices, shares: Shares) -> Backtracked:
        """Log-shares, and the first rate."""
        return Backtracked(jnp.log(jnp.maximum(shares, LEAST)), jnp.asarray(self.rate, shares.dtype))

    def shares(self, splits: Simplices, state: Backtracked) -> Shares:
        """See `AbstractShareRule.shares`."""
        return jnp.where(splits.mask, jnp.exp(state.logs), 0.0)

    def update(self, splits: Simplices, state: Backtracked, gradient: Shares, welfare: Welfare) -> Backtracked:
        """See `AbstractShareRule.update`."""
        here = self.shares(splits, state)
        worth = welfare(here)
        slack = 4 * jnp.finfo(worth.dtype).eps * jnp.abs(worth)

        def proposed(rate: Array) -> tuple[Shares, Array]:
            logs = splits.log_softmax(state.logs + rate * gradient)
            there = jnp.where(splits.mask, jnp.exp(logs), 0.0)
            return logs, welfare(there) - worth + slack >= splits.divergence(here, there) / rate

        def fails(carry: tuple[Array, Array, Array, Array]) -> Array:
            return ~carry[2] & (carry[3] < self.halvings)

        def halve(carry: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
            return (carry[0] / 2, *proposed(carry[0] / 2), carry[3] + 1)

        first = (state.rate, *proposed(state.rate), jnp.asarray(0))
        rate, logs, passed, _ = jax.lax.while_loop(fails, halve, first)
        # no rate passed: rounding is all there is left to gain
        return Backtracked(jnp.where(passed, logs, state.logs), jnp.where(passed, 1.25 * rate, state.rate))
