"""Attribution by Shapley values: what a node adds to those before it, over all orders."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key
from scipy.special import gammaln

from catallax.markets.improving._parts import AbstractAttribution, Credit, Objective, implied

MOST = 16
"""Nodes up to which every coalition is asked."""


class Shapley(AbstractAttribution):
    """`worth_i = E[W(those before i, and i) - W(those before i)]` over orders of arrival.

    Credits add up to `W(all) - W(nobody)`, for drawn orders too. Node by node, order by order: `nodes + 1` evaluations an order.

    Args:
        orders: so many are drawn; None: all of them, exactly, by `2**nodes` coalitions.

    Raises:
        ValueError: for less than one order, or more than 16 nodes where all are asked for.

    Source: Shapley (1953); drawn orders: Castro, Gómez and Tejada (2009).
    """

    orders: int | None = eqx.field(static=True, default=None)

    def __check_init__(self) -> None:
        if self.orders is not None and self.orders < 1:
            raise ValueError(f"Shapley: orders must be at least 1 or None, got {self.orders}.")

    def attribute(
        self, key: Key[Array, ""], objective: Objective, influence: Float[Array, "nodes knobs"], memory: Any
    ) -> tuple[Credit, Any]:
        """See `AbstractAttribution.attribute`."""
        worth = self._all(objective, influence) if self.orders is None else self._drawn(key, objective, influence)
        return Credit(worth, implied(worth, influence)), memory

    def cost(self, nodes: int) -> int:
        """Coalitions asked."""
        return 2**nodes if self.orders is None else self.orders * (nodes + 1)

    def _all(self, objective: Objective, influence: Float[Array, "nodes knobs"]) -> Float[Array, " nodes"]:
        nodes = influence.shape[0]
        if nodes > MOST:
            raise ValueError(
                f"Shapley: {nodes} nodes have {2.0**nodes:.0e} coalitions, at most {MOST} nodes are asked for exactly; pass `orders=`."
            )
        present = (np.arange(2**nodes)[:, None] >> np.arange(nodes)) & 1
        others = present.sum(1, keepdims=True) - present
        weight = np.exp(gammaln(others + 1) + gammaln(nodes - others) - gammaln(nodes + 1)) * (2 * present - 1)
        values = jax.vmap(lambda row: objective(influence, row))(jnp.asarray(present, influence.dtype))
        return values @ jnp.asarray(weight, influence.dtype)

    def _drawn(self, key: Key[Array, ""], objective: Objective, influence: Float[Array, "nodes knobs"]) -> Array:
        nodes = influence.shape[0]

        def one(key: Array) -> Array:
            place = jnp.argsort(jax.random.permutation(key, nodes))
            rows = (place[None] < jnp.arange(nodes + 1)[:, None]).astype(influence.dtype)
            return jnp.diff(jax.vmap(lambda row: objective(influence, row))(rows))[place]

        assert self.orders is not None
        return jnp.mean(jax.vmap(one)(jax.random.split(key, self.orders)), axis=0)
