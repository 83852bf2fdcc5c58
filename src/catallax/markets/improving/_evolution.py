"""Attribution by trial: what is lost without a node, and what random changes bring."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from catallax.markets.improving._parts import AbstractAttribution, Credit, Objective, implied


class LeaveOneOut(AbstractAttribution):
    """Difference in fitness: `worth_i = W(all) - W(all but i)`, Clarke's pivot.

    Source: Clarke (1971).
    """

    def attribute(
        self, key: Key[Array, ""], objective: Objective, influence: Float[Array, "nodes knobs"], memory: Any
    ) -> tuple[Credit, Any]:
        """See `AbstractAttribution.attribute`."""
        nodes = influence.shape[0]
        rows = jnp.concatenate([jnp.ones((1, nodes)), 1.0 - jnp.eye(nodes)])
        values = jax.vmap(lambda row: objective(influence, row))(rows)
        worth = values[0] - values[1:]
        return Credit(worth, implied(worth, influence)), memory

    def cost(self, nodes: int) -> int:
        """The whole network and one without each node."""
        return nodes + 1


class EvolutionStrategy(AbstractAttribution):
    """Mirrored random changes, weighted by what they brought: `rate = E[(W(w + s e) - W(w - s e)) e] / 2 s`.

    Args:
        pairs: of changes in a step, at least 1.
        spread: `s`, units of influence.

    Raises:
        ValueError: for less than one pair.

    Source: Rechenberg (1973); Salimans, Ho, Chen, Sidor and Sutskever (2017).
    """

    pairs: int = eqx.field(static=True, default=8)
    spread: float = 0.05

    def __check_init__(self) -> None:
        if self.pairs < 1:
            raise ValueError(f"EvolutionStrategy: pairs must be at least 1, got {self.pairs}.")

    def attribute(
        self, key: Key[Array, ""], objective: Objective, influence: Float[Array, "nodes knobs"], memory: Any
    ) -> tuple[Credit, Any]:
        """See `AbstractAttribution.attribute`."""
        here = jnp.ones(influence.shape[0])
        changes = jax.random.normal(key, (self.pairs, *influence.shape))

        def gain(change: Array) -> Array:
            step = self.spread * change
            return (objective(influence + step, here) - objective(influence - step, here)) / (2.0 * self.spread)

        rate = jnp.einsum("p,pnk->nk", jax.vmap(gain)(changes), changes) / self.pairs
        return Credit(jnp.sum(rate * influence, axis=1), rate), memory

    def cost(self, nodes: int) -> int:
        """Two for each pair."""
        return 2 * self.pairs
