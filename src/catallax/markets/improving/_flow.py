"""Attribution by what flows back through the network: gradients, and payments that are their lagging quotes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from catallax.markets.improving._parts import AbstractAttribution, Credit, Objective


class Backpropagation(AbstractAttribution):
    """Price times quantity at exact prices: `rate = dW/dw`, `worth = rate . w`.

    Source: Rumelhart, Hinton and Williams (1986); as prices, Pallavi Sudhir, thesis, chapter on price recursion.
    """

    def attribute(
        self, key: Key[Array, ""], objective: Objective, influence: Float[Array, "nodes knobs"], memory: Any
    ) -> tuple[Credit, Any]:
        """See `AbstractAttribution.attribute`."""
        rate = jax.grad(objective)(influence, jnp.ones(influence.shape[0]))
        return Credit(jnp.sum(rate * influence, axis=1), rate), memory

    def cost(self, nodes: int) -> int:
        """A gradient."""
        return 3


class MarketPayments(AbstractAttribution):
    """Nodes are paid by those they sell to, at the prices posted the step before: the bucket brigade.

    In each step every node earns `rate` from what it sells at posted prices, then posts what its own inputs were worth to it, so
    that news from the consumer travels one sale a step. At rest these are the gradients of `Backpropagation`.

    Args:
        collect: from influences and posted prices to earnings for a unit of influence.
        quote: from influences and posted prices to the prices posted next.
        opening: prices posted first, of nothing known yet.

    Source: Holland (1986), bucket brigade; prices of the thesis as in `production.Protocol`.
    """

    collect: Callable[[Float[Array, "nodes knobs"], Any], Float[Array, "nodes knobs"]]
    quote: Callable[[Float[Array, "nodes knobs"], Any], Any]
    opening: Any = eqx.field(converter=lambda tree: jax.tree.map(jnp.asarray, tree))

    def init(self, influence: Float[Array, "nodes knobs"]) -> Any:
        """The opening prices."""
        return self.opening

    def attribute(
        self, key: Key[Array, ""], objective: Objective, influence: Float[Array, "nodes knobs"], memory: Any
    ) -> tuple[Credit, Any]:
        """See `AbstractAttribution.attribute`."""
        rate = self.collect(influence, memory)
        return Credit(jnp.sum(rate * influence, axis=1), rate), self.quote(influence, memory)

    def cost(self, nodes: int) -> int:
        """Goods once forward, money once back, as with a gradient."""
        return 3
