"""Drawing a row in proportion to its weight, with one random number."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from catallax.agents.classifiers._rows import BLOCK


def draw(weights: Float[Array, " rows"], chance: Float[Array, ""]) -> Int[Array, ""]:
    """A row with probability `weight / sum of weights`; never one of weight 0 unless all are.

    A running sum over all rows costs more than the rest of a learning step, so
    the block is found first, then the row within it.

    Args:
        weights: not negative; their number is a multiple of `BLOCK`.
        chance: uniform in [0, 1).

    >>> weights = jnp.zeros(64).at[jnp.array([3, 40])].set(1.0)
    >>> [int(draw(weights, jnp.asarray(u))) for u in (0.0, 0.49, 0.5, 0.99)]
    [3, 3, 40, 40]
    """
    blocks = weights.reshape(-1, BLOCK)
    sums = jnp.sum(blocks, axis=1)
    block, beyond = _first_beyond(sums, chance * jnp.sum(sums))
    place, _ = _first_beyond(blocks[block], beyond)
    return block * BLOCK + place


def _first_beyond(
    weights: Float[Array, " some"], threshold: Float[Array, ""]
) -> tuple[Int[Array, ""], Float[Array, ""]]:
    """The first place whose running sum exceeds the threshold, and by how much the threshold enters it."""
    size = weights.shape[0]
    ones = jnp.asarray(np.triu(np.ones((size, size), np.float32)))
    running = jnp.matmul(weights, ones, precision="highest")  # accelerators would round the weights to 10 bits
    places, positive = jnp.arange(size, dtype=jnp.int32), weights > 0
    # rounding may leave the threshold beyond the last running sum
    last = jnp.max(jnp.where(positive, places, 0))
    place = jnp.min(jnp.where((running > threshold) & positive, places, last))
    return place, threshold - (running[place] - weights[place])
