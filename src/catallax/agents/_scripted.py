"""Scripted agents: plain functions as agents."""

from __future__ import annotations

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from catallax.core import AbstractAgent


class Scripted(AbstractAgent):
    """Bids `bid_function(obs)` and does `act_function(obs)`; both traceable by JAX.

    All individuals of a cohort share the functions; give them `parameters` to
    make them differ: both functions then take `(parameters, obs)`.
    """

    bid_function: Callable[..., PyTree] = eqx.field(static=True)
    act_function: Callable[..., PyTree] = eqx.field(static=True)
    parameters: PyTree = None

    def _arguments(self, obs: PyTree) -> tuple[PyTree, ...]:
        return (obs,) if self.parameters is None else (self.parameters, obs)

    def bid(self, key: Key[Array, ""], obs: PyTree) -> Float[Array, ""]:
        """What the bid function says, credits."""
        return jnp.asarray(self.bid_function(*self._arguments(obs)), jnp.float32)

    def act(self, key: Key[Array, ""], obs: PyTree) -> PyTree:
        """What the act function says."""
        return jnp.asarray(self.act_function(*self._arguments(obs)))
