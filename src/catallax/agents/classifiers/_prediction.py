"""What the match set expects of every action."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from catallax.agents.classifiers._rows import Classifiers


def members(rules: Classifiers, matched: Bool[Array, " rows"], actions: int) -> Bool[Array, "actions rows"]:
    """The action set of every action."""
    return (rules.action[None, :] == jnp.arange(actions, dtype=jnp.int32)[:, None]) & matched[None, :]


def prediction_array(rules: Classifiers, matched: Bool[Array, " rows"], actions: int) -> Float[Array, " actions"]:
    """`P(a) = sum of F p / sum of F` over the rules of the match set with action a; minus infinity where there is none.

    Source: Wilson (1995), section 3.
    """
    fitness = jnp.where(members(rules, matched, actions), rules.fitness[None, :], 0.0)
    total = jnp.sum(fitness, axis=1)
    payoff = jnp.sum(fitness * rules.prediction[None, :], axis=1)
    return jnp.where(total > 0, payoff / jnp.where(total > 0, total, 1.0), -jnp.inf)
