"""Shares: for each good a node ships, one distribution over the edges that carry it."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int


class Simplices(eqx.Module):
    """The distributions of some nodes, each over the edges that leave the node and carry the good.

    Edges need no order. A node without such edges has no distribution, and nothing is asked of it.
    """

    source: Int[Array, " edges"]
    mask: Bool[Array, "edges goods"]
    """Which entries belong to a distribution."""
    nodes: int = eqx.field(static=True)

    def total(self, values: Float[Array, "edges goods"]) -> Float[Array, "nodes goods"]:
        """Sum of each distribution's entries."""
        return jax.ops.segment_sum(jnp.where(self.mask, values, 0.0), self.source, self.nodes)

    def mean(self, shares: Float[Array, "edges goods"], values: Float[Array, "edges goods"]) -> Array:
        """`sum_j s_ij v_ij`, told to each edge of the distribution."""
        return self.total(shares * values)[self.source]

    def spread(
        self, shares: Float[Array, "edges goods"], values: Float[Array, "edges goods"]
    ) -> Float[Array, "nodes goods"]:
        """Variance of the values under each distribution."""
        return self.total(shares * (values - self.mean(shares, values)) ** 2)

    def softmax(self, logits: Float[Array, "edges goods"]) -> Float[Array, "edges goods"]:
        """`exp(l_ij) / sum_j exp(l_ij)`; 0 outside."""
        return jnp.where(self.mask, jnp.exp(self.log_softmax(logits)), 0.0)

    def log_softmax(self, logits: Float[Array, "edges goods"]) -> Float[Array, "edges goods"]:
        """`l_ij - log sum_j exp(l_ij)`; 0 outside, where a large number would spoil the gradients of the others."""
        # a logit of minus infinity is a share of 0, which is allowed
        logits = jnp.where(self.mask, jnp.maximum(logits, jnp.finfo(logits.dtype).min / 4), 0.0)
        low = jnp.where(self.mask, logits, -jnp.inf)
        top = jax.lax.stop_gradient(jax.ops.segment_max(low, self.source, self.nodes))
        top = jnp.where(jnp.isfinite(top), top, 0.0)[self.source]
        shifted = jnp.where(self.mask, logits - top, 0.0)
        sums = self.total(jnp.exp(shifted))
        return jnp.where(self.mask, shifted - jnp.log(jnp.where(sums > 0, sums, 1.0))[self.source], 0.0)

    def uniform(self) -> Float[Array, "edges goods"]:
        """Equal shares."""
        return self.softmax(jnp.zeros(self.mask.shape))

    def best(self, values: Float[Array, "edges goods"]) -> Float[Array, "edges goods"]:
        """All to the edge of the highest value; equal shares among equals."""
        top = jax.ops.segment_max(jnp.where(self.mask, values, -jnp.inf), self.source, self.nodes)[self.source]
        first = jnp.where(self.mask & (values >= top), 1.0, 0.0)
        return first / jnp.maximum(self.total(first), 1.0)[self.source]

    def project(self, values: Float[Array, "edges goods"]) -> Float[Array, "edges goods"]:
        """The nearest shares: `max(v - l, 0)` with the `l` of each distribution at which they add up to 1.

        Source: Michelot (1986): entries at 0 are left out, one round after the other, until none is new.
        """

        def threshold(support: Array) -> Array:
            size = self.total(support.astype(values.dtype))
            level = (self.total(jnp.where(support, values, 0.0)) - 1) / jnp.maximum(size, 1)
            return level[self.source]

        def left_out(carry: tuple[Array, Array]) -> Array:
            return jnp.any(carry[0] != carry[1])

        def leave_out(carry: tuple[Array, Array]) -> tuple[Array, Array]:
            support = carry[0] & (values > threshold(carry[0]))
            return support, carry[0]

        first = self.mask & (values > threshold(self.mask))
        support, _ = jax.lax.while_loop(left_out, leave_out, (first, self.mask))
        return jnp.where(support, jnp.maximum(values - threshold(support), 0.0), 0.0)

    def divergence(self, p: Float[Array, "edges goods"], q: Float[Array, "edges goods"]) -> Float[Array, ""]:
        """`sum p log(p / q)` over all distributions, nats."""
        there = self.mask & (p > 0)
        ratio = jnp.log(jnp.where(there, p, 1.0)) - jnp.log(jnp.where(there, jnp.maximum(q, LEAST), 1.0))
        return jnp.sum(jnp.where(there, p * ratio, 0.0))


LEAST = 1e-30
"""What a share of 0 counts as in a logarithm."""
