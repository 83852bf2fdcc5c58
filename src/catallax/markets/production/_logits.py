"""Rules on logits, `s = softmax(theta)`: vanilla policy gradient, plain or by any optimiser of Optax."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PyTree

from catallax.markets.production._economy import Shares
from catallax.markets.production._share_rule import AbstractShareRule, Welfare, positive
from catallax.markets.production._simplices import LEAST, Simplices


def uphill(splits: Simplices, logits: Shares, gradient: Shares, tau: Array | float) -> Shares:
    """`dW/dtheta_ij = s_ij (c_ij - cbar_i)`, with the entropy's share if there is a temperature."""
    logs = splits.log_softmax(logits)
    shares = splits.softmax(logits)
    worth = gradient - tau * logs
    return jnp.where(splits.mask, shares * (worth - splits.mean(shares, worth)), 0.0)


class SoftmaxLogits(AbstractShareRule):
    """`theta <- theta + eta dW/dtheta`; so `ds_j = s_j (u_j - <s, u>)`, `u = s (c - cbar)`: it hardly moves near a corner."""

    rate: float | Float[Array, ""] = 0.5
    """`eta`, per credit."""
    tau: float | Float[Array, ""] = 0.0
    """Credits per nat of entropy."""

    def __check_init__(self) -> None:
        positive("SoftmaxLogits", self.tau, rate=self.rate)

    def init(self, splits: Simplices, shares: Shares) -> Shares:
        """Logits."""
        return jnp.log(jnp.maximum(shares, LEAST))

    def shares(self, splits: Simplices, state: Shares) -> Shares:
        """See `AbstractShareRule.shares`."""
        return splits.softmax(state)

    def update(self, splits: Simplices, state: Shares, gradient: Shares, welfare: Welfare) -> Shares:
        """See `AbstractShareRule.update`."""
        return state + self.rate * uphill(splits, state, gradient, self.tau)


class Optimised(NamedTuple):
    """State of `OptaxLogits`."""

    logits: Shares
    inner: PyTree


class OptaxLogits(AbstractShareRule):
    """Logits moved by an optimiser, `OptaxLogits(optax.adam(0.1))`."""

    optimiser: optax.GradientTransformation = eqx.field(static=True)
    tau: float | Float[Array, ""] = 0.0
    """Credits per nat of entropy."""

    def __check_init__(self) -> None:
        positive("OptaxLogits", self.tau)

    def init(self, splits: Simplices, shares: Shares) -> Optimised:
        """Logits, and the optimiser's own state."""
        logits = jnp.log(jnp.maximum(shares, LEAST))
        return Optimised(logits, self.optimiser.init(logits))

    def shares(self, splits: Simplices, state: Optimised) -> Shares:
        """See `AbstractShareRule.shares`."""
        return splits.softmax(state.logits)

    def update(self, splits: Simplices, state: Optimised, gradient: Shares, welfare: Welfare) -> Optimised:
        """See `AbstractShareRule.update`."""
        downhill = -uphill(splits, state.logits, gradient, self.tau)
        change, inner = self.optimiser.update(downhill, state.inner, state.logits)
        return Optimised(optax.apply_updates(state.logits, change), inner)  # pyright: ignore[reportArgumentType]
