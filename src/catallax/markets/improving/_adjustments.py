"""How credit changes influence: small steps, shares that follow earnings, replacement."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from catallax.markets.improving._parts import AbstractAdjustment, Credit


class GradientStep(AbstractAdjustment):
    """`w <- w + size rate`."""

    size: float | Float[Array, ""]

    def adjust(
        self, key: Key[Array, ""], influence: Float[Array, "nodes knobs"], credit: Credit
    ) -> Float[Array, "nodes knobs"]:
        """See `AbstractAdjustment.adjust`."""
        return influence + self.size * credit.rate


class MultiplicativeWeights(AbstractAdjustment):
    """Influences are shares that rivals hold of each knob: `w <- w e^(size rate)`, then to a sum of 1 over the rivals.

    Source: Freund and Schapire (1997); as mirror ascent, `production.MirrorAscent`.

    Args:
        size: for a unit of objective per unit of influence.
        rivals: the number of each node's set of rivals.
    """

    size: float | Float[Array, ""]
    rivals: Int[Array, " nodes"] = eqx.field(converter=jnp.asarray)

    def adjust(
        self, key: Key[Array, ""], influence: Float[Array, "nodes knobs"], credit: Credit
    ) -> Float[Array, "nodes knobs"]:
        """See `AbstractAdjustment.adjust`."""
        nodes = influence.shape[0]
        logits = jnp.log(jnp.maximum(influence, 1e-30)) + self.size * credit.rate
        highest = jax.ops.segment_max(logits, self.rivals, nodes)[self.rivals]
        grown = jnp.exp(logits - highest)
        return grown / jax.ops.segment_sum(grown, self.rivals, nodes)[self.rivals]


class Competition(AbstractAdjustment):
    """The node of least worth goes, and a mutant of the best of all takes its place: entry and exit, nobody else changes.

    `w_worst <- w_best + spread e`; with several sets of rivals, in one of them, drawn.

    Args:
        spread: of the mutants, units of influence.
        rivals: the number of each node's set of rivals.
    """

    spread: float | Float[Array, ""]
    rivals: Int[Array, " nodes"] = eqx.field(converter=jnp.asarray)

    def adjust(
        self, key: Key[Array, ""], influence: Float[Array, "nodes knobs"], credit: Credit
    ) -> Float[Array, "nodes knobs"]:
        """See `AbstractAdjustment.adjust`."""
        which_key, change_key = jax.random.split(key)
        among = self.rivals == self.rivals[jax.random.randint(which_key, (), 0, influence.shape[0])]
        worst = jnp.argmin(jnp.where(among, credit.worth, jnp.inf))
        best = jnp.argmax(jnp.where(among, credit.worth, -jnp.inf))
        child = influence[best] + self.spread * jax.random.normal(change_key, influence.shape[1:])
        return influence.at[worst].set(child)


class TakeOver(AbstractAdjustment):
    """Of each knob, the rival that earns most per unit takes over a part of the shares of the one that earns least.

    Bad suppliers are replaced by competition, link by link: `w_best <- w_best + part w_worst`, `w_worst <- (1 - part) w_worst`.

    Args:
        part: in [0, 1].
        rivals: the number of each node's set of rivals.
    """

    part: float | Float[Array, ""]
    rivals: Int[Array, " nodes"] = eqx.field(converter=jnp.asarray)

    def adjust(
        self, key: Key[Array, ""], influence: Float[Array, "nodes knobs"], credit: Credit
    ) -> Float[Array, "nodes knobs"]:
        """See `AbstractAdjustment.adjust`."""
        nodes = influence.shape[0]
        held = influence > 1e-6
        ends: list[Any] = []
        for sign in (1.0, -1.0):
            score = jnp.where(held, sign * credit.rate, -jnp.inf)
            top = jax.ops.segment_max(score, self.rivals, nodes)[self.rivals]
            ends.append((score == top) & held)
        best, worst = ends
        lost = jnp.where(worst, self.part * influence, 0.0)
        moved = jax.ops.segment_sum(lost, self.rivals, nodes)[self.rivals]
        count = jax.ops.segment_sum(best.astype(influence.dtype), self.rivals, nodes)[self.rivals]
        return influence - lost + jnp.where(best, moved / jnp.maximum(count, 1.0), 0.0)
