"""The few rules that say everything a population knows."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, UInt32

from catallax.agents.classifiers._accuracy import AbstractAccuracy
from catallax.agents.classifiers._rows import Classifiers


def compact(
    rules: Classifiers,
    inputs: UInt32[Array, "samples words"],
    actions: int,
    accuracy: AbstractAccuracy,
    experience: float = 20.0,
) -> Bool[Array, " rows"]:
    """The rows of a greedy cover of those pairs of input and action that accurate, experienced rules cover.

    Again and again the rule is taken that covers most pairs not yet covered; of
    equals, the one with most copies. Pairs that only other rules cover are given
    up. A population that has found the minimal complete map, `2 * 2 * 2**k` rules
    for a multiplexer of k address bits, is cut down to it.

    Args:
        rules: one population.
        inputs: situations that have to be covered.
        actions: how many there are.
        accuracy: says which rules are accurate.
        experience: updates that a rule must have seen more of.

    Source: the cover step of Wilson (2002), here over pairs, so that rules for wrong actions are kept too.
    """
    good = (rules.experience > experience) & accuracy.accurate(rules.error) & (rules.numerosity > 0)
    matches = jax.lax.map(rules.match, inputs, batch_size=256)
    covers = (matches & good[None, :]).T
    mine = rules.action[:, None] == jnp.arange(actions, dtype=jnp.int32)[None, :]

    def gain(open_pairs: Array) -> Array:
        pairs = covers.astype(jnp.float32) @ open_pairs.astype(jnp.float32)
        return jnp.sum(jnp.where(mine, pairs, 0.0), axis=1)

    def unfinished(carry: tuple[Array, Array]) -> Array:
        return jnp.any(gain(carry[1]) > 0)

    def take(carry: tuple[Array, Array]) -> tuple[Array, Array]:
        kept, open_pairs = carry
        gains = gain(open_pairs)
        row = jnp.argmax(jnp.where(gains == jnp.max(gains), rules.numerosity, -1))
        return kept.at[row].set(True), open_pairs & ~(covers[row][:, None] & mine[row][None, :])

    start = jnp.zeros(good.shape, bool), jnp.ones((inputs.shape[0], actions), bool)
    return jax.lax.while_loop(unfinished, take, start)[0]
