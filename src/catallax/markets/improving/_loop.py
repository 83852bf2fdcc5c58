"""The loop: attribute, adjust, again."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from catallax.markets.improving._parts import AbstractAdjustment, AbstractAttribution, Objective


class Improved(NamedTuple):
    """What a network became."""

    influence: Float[Array, "nodes knobs"]
    values: Float[Array, " steps+1"]
    """The objective before the first step and after each."""


class SelfImproving(eqx.Module):
    """A network that gets better: an objective, an attribution of it to the nodes, an adjustment of their influence.

    Source: the recipe of "Self-Improving Networks" (2025).

    >>> from catallax.markets.improving import Backpropagation, GradientStep
    >>> chain = SelfImproving(Backpropagation(), GradientStep(0.1))
    >>> target = lambda w, here: -jnp.sum((w * here[:, None] - 1.0) ** 2)
    >>> bool(chain.run(jax.random.key(0), target, jnp.zeros((2, 1)), 50).values[-1] > -1e-3)
    True
    """

    attribution: AbstractAttribution
    adjustment: AbstractAdjustment

    def run(
        self, key: Key[Array, ""], objective: Objective, influence: Float[Array, "nodes knobs"], steps: int
    ) -> Improved:
        """So many steps, compiled as a scan.

        Args:
            key: consumed.
            objective: higher is better.
            influence: to begin with.
            steps: of `attribution.cost(nodes)` evaluations each; the values that are returned are not counted.
        """
        here = jnp.ones(influence.shape[0])

        def step(carry: tuple, key: Array) -> tuple[tuple, Array]:
            influence, memory = carry
            credit_key, adjust_key = jax.random.split(key)
            credit, memory = self.attribution.attribute(credit_key, objective, influence, memory)
            influence = self.adjustment.adjust(adjust_key, influence, credit)
            return (influence, memory), objective(influence, here)

        start = (influence, self.attribution.init(influence))
        (last, _), values = jax.lax.scan(step, start, jax.random.split(key, steps))
        return Improved(last, jnp.concatenate([objective(influence, here)[None], values]))
