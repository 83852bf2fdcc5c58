"""What several levies need."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from catallax.core import NOBODY


def check_share(part: str, name: str, value: Any) -> None:
    """A share must lie in [0, 1] (traced values are trusted)."""
    if isinstance(value, float | int) and not 0 <= value <= 1:
        raise ValueError(f"{part}: {name} must lie in [0, 1], got {value}.")


def per_winner(
    winner: Int[Array, " instances"], amount: Float[Array, " instances"], agents: int
) -> Float[Array, " agents"]:
    """Sum of the amounts of the instances each agent won."""
    slots = jnp.where(winner == NOBODY, agents, winner)
    return jnp.zeros(agents).at[slots].add(amount, mode="drop")
