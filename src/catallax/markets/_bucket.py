"""The implicit bucket brigade: an action set pays the one before it out of a common bucket."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

Share = float | Float[Array, ""]


class BucketFlow(NamedTuple):
    """Credits that entered and left the strengths at one tick: they change by `rewarded - discounted - unclaimed - taxed`."""

    rewarded: Float[Array, "*ticks"]
    """From the world."""
    discounted: Float[Array, "*ticks"]
    """The part `1 - gamma` of the bucket."""
    unclaimed: Float[Array, "*ticks"]
    """Buckets without an action set before, at the start of an episode."""
    taxed: Float[Array, "*ticks"]
    """From those who matched and stood for another action."""


class Bucket(eqx.Module):
    """All rules A that stood for the action pay a share beta of their strength; the action set before them shares it, times gamma.

    ```
    B = beta sum of S over A          S_A <- S_A - beta S_A + beta r / |A|
    S_before <- S_before + gamma B / |before|          S <- (1 - tau) S for those who matched and are not in A
    ```
    At rest the *total* strength of an action set is `r + gamma` times that of the next one, as in
    Q-learning without the maximum. It is not a conserving market: `BucketFlow` says what leaves it.

    Source: Wilson (1994).
    """

    share: Share = 0.2
    """`beta`."""
    discount: Share = 0.71
    """`gamma`."""
    tax: Share = 0.1
    """`tau`."""

    def __check_init__(self) -> None:
        for name in ("share", "discount", "tax"):
            value = getattr(self, name)
            if isinstance(value, float | int) and not 0 <= value <= 1:
                raise ValueError(f"Bucket: {name} must lie in [0, 1], got {value}.")

    def __call__(
        self,
        strength: Float[Array, " rows"],
        matched: Bool[Array, " rows"],
        acting: Bool[Array, " rows"],
        before: Bool[Array, " rows"],
        reward: Float[Array, ""],
    ) -> tuple[Float[Array, " rows"], BucketFlow]:
        """The strengths after one action, and what entered and left.

        Args:
            strength: credits.
            matched: the match set.
            acting: the action set, not empty.
            before: the action set of the tick before; nobody at the start of an episode.
            reward: credits.
        """
        paid = jnp.where(acting, self.share * strength, 0.0)
        bucket, pay = jnp.sum(paid), self.share * reward
        payees = jnp.sum(before)
        passed = jnp.where(payees > 0, self.discount * bucket, 0.0)
        strength = strength - paid + jnp.where(acting, pay / jnp.sum(acting), 0.0)
        strength = strength + jnp.where(before, passed / jnp.maximum(payees, 1), 0.0)
        tax = jnp.where(matched & ~acting, self.tax * strength, 0.0)
        discounted = jnp.where(payees > 0, bucket - passed, 0.0)
        unclaimed = jnp.where(payees > 0, 0.0, bucket)
        return strength - tax, BucketFlow(pay, discounted, unclaimed, jnp.sum(tax))
