"""A world whose observation is told in bits."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Int, PyTree

from catallax.core import AbstractEnv, Bits, Discrete, Step
from catallax.envs._wrapper import AbstractWrapper


class Coded(AbstractWrapper):
    """The number of the observation in binary digits, the lowest first, packed for rules.

    >>> import catallax as cx
    >>> Coded(cx.envs.DelayedRecall(0)).observation_space.n
    2
    """

    env: AbstractEnv

    def __check_init__(self) -> None:
        if not isinstance(self.env.observation_space, Discrete):
            raise TypeError(f"Coded: needs Discrete observations, got {self.env.observation_space}.")

    @property
    def observation_space(self) -> Bits:
        """As many bits as the largest number has."""
        seen = self.env.observation_space
        assert isinstance(seen, Discrete)  # checked above
        return Bits(max(1, (seen.n - 1).bit_length()))

    def begin(self, world: PyTree, seen: Int[Array, "*batch"]) -> tuple[tuple, Array]:
        """The digits of the first observation."""
        return (world, seen), _digits(seen)

    def world(self, state: tuple) -> PyTree:
        """The world's own state."""
        return state[0]

    def seen(self, state: tuple, obs: Array) -> Array:
        """The number."""
        return state[1]

    def after(self, state: tuple, action: PyTree, step: Step) -> Step:
        """The digits of the next observation."""
        return step._replace(state=(step.state, step.obs), obs=_digits(step.obs))


def _digits(seen: Int[Array, "*batch"]) -> Array:
    # the lowest bit of a packed word is the first bit: the number itself
    return jnp.asarray(seen).astype(jnp.uint32)[..., None]
