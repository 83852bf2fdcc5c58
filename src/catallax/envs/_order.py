"""In which order patterns are presented."""

from __future__ import annotations

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key


class AbstractOrder(eqx.Module):
    """Which pattern comes when."""

    @abc.abstractmethod
    def pattern(self, key: Key[Array, ""], number: Int[Array, ""], patterns: int) -> Int[Array, ""]:
        """The pattern of a presentation.

        Args:
            key: the same for all presentations of a seed.
            number: of the presentation, from 0.
            patterns: how many there are.
        """


class DrawnOrder(AbstractOrder):
    """Each presentation draws one of all patterns, independently of the others."""

    def pattern(self, key: Key[Array, ""], number: Int[Array, ""], patterns: int) -> Int[Array, ""]:
        """See `AbstractOrder.pattern`."""
        drawn = jax.random.uniform(jax.random.fold_in(key, number), dtype=jnp.float32) * patterns
        return jnp.minimum(drawn.astype(jnp.int32), patterns - 1)


class ShuffledRounds(AbstractOrder):
    """Each round presents every pattern once, in an order of its own."""

    def pattern(self, key: Key[Array, ""], number: Int[Array, ""], patterns: int) -> Int[Array, ""]:
        """See `AbstractOrder.pattern`."""
        round_key = jax.random.fold_in(key, number // patterns)
        return jax.random.permutation(round_key, jnp.arange(patterns, dtype=jnp.int32))[number % patterns]
