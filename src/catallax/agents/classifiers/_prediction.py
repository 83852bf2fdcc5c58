"""What the match set expects of every action."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from catallax.agents.classifiers._rows import Classifiers


def members(rules: Classifiers, matched: Bool[Array, " rows"], actions: int) -> Bool[Array, "actions rows"]:
    """The action set of every action.

    Args:
        matched: whether each row's condition holds, axis `[rows]`.
    """
    return (rules.action[None, :] == jnp.arange(actions, dtype=jnp.int32)[:, None]) & matched[None, :]


def advocated(rules: Classifiers, matched: Bool[Array, " rows"], actions: int) -> Bool[Array, " actions"]:
    """Whether the match set has a rule for each action.

    Args:
        matched: whether each row's condition holds, axis `[rows]`.
    """
    # a bit per action, united over the rows: one pass over them and not one for every action
    words = []
    for first in range(0, actions, 32):
        place = rules.action - first
        own = jnp.where(matched & (place >= 0) & (place < 32), jnp.uint32(1) << (place & 31).astype(jnp.uint32), 0)
        words.append(jax.lax.reduce(own.astype(jnp.uint32), jnp.uint32(0), jax.lax.bitwise_or, (0,)))
    action = jnp.arange(actions, dtype=jnp.uint32)
    return (jnp.stack(words)[action // 32] >> (action % 32)) & 1 == 1


def prediction_array(rules: Classifiers, matched: Bool[Array, " rows"], actions: int) -> Float[Array, " actions"]:
    """`P(a) = sum of F p / sum of F` over the rules of the match set with action a; minus infinity where there is none.

    Where fitness has vanished altogether, the mean is over copies.

    Args:
        matched: whether each row's condition holds, axis `[rows]`.

    Source: Wilson (1995), section 3.
    """
    mine = members(rules, matched, actions)
    fitness = jnp.where(mine, rules.fitness[None, :], 0.0)
    copies = jnp.where(mine, rules.numerosity[None, :], 0).astype(jnp.float32)
    weights = jnp.where(jnp.sum(fitness, axis=1, keepdims=True) > 0, fitness, copies)
    total = jnp.sum(weights, axis=1)
    # XLA on CPU takes ten times as long for the sum of the products
    payoff = jnp.matmul(weights, rules.prediction, precision="highest")
    return jnp.where(total > 0, payoff / jnp.where(total > 0, total, 1.0), -jnp.inf)
