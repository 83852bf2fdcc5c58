"""A deep market's world seen as goods: one right, nothing divisible."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from catallax.core import AbstractEnv, AbstractGoodsWorld


class Rights(AbstractGoodsWorld):
    """So many independent copies of a world, the right to act in each sold on its own.

    With one copy it is the world of a deep market: one good that cannot be divided.

    >>> import catallax as cx
    >>> Rights(cx.envs.Chain(), 3).rights
    3
    """

    right: AbstractEnv
    rights: int = eqx.field(static=True, default=1)
    goods: int = eqx.field(static=True, default=0, init=False)

    def __check_init__(self) -> None:
        if self.rights < 1:
            raise ValueError(f"Rights: rights must be at least 1, got {self.rights}.")

    @property
    def keeps(self) -> Float[Array, " goods"]:
        """Nothing is there to be kept."""
        return jnp.zeros(0)

    def inflow(self, key: Key[Array, ""], tick: Int[Array, ""]) -> Float[Array, " goods"]:
        """Nothing comes."""
        return jnp.zeros(0)

    def transform(self, key: Key[Array, ""], bundle: Float[Array, " goods"], plan: Any) -> Float[Array, " goods"]:
        """Nothing is made."""
        return bundle
