"""A line that the compiler computes up to before it goes on."""

from __future__ import annotations

from typing import TypeVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

Tree = TypeVar("Tree")


def fence(step: Int[Array, ""], tree: Tree) -> Tree:
    """The same tree, written to memory once: `step >= 0 ? tree : 0`.

    On a CPU the compiler repeats cheap-looking arithmetic in every kernel that
    uses its result, twelve times for twelve agents. It does not look into a
    condition, and forgets `jax.lax.optimization_barrier` too early.

    Args:
        step: counter of the loop, never negative, the same for all that is mapped over.
        tree: arrays that many later lines use.
    """
    return jax.lax.cond(step >= 0, lambda x: x, lambda x: jax.tree.map(jnp.zeros_like, x), tree)
