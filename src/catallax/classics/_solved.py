"""Episodes of a market that no longer learns, played to their end inside a compiled run."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Key, PyTree

from catallax.core import AbstractEnv, split_by
from catallax.markets import MarketPolicy


def solved(policy: MarketPolicy, env: AbstractEnv, key: Key[Array, ""], episodes: int) -> Bool[Array, " episodes"]:
    """Whether each episode brought a reward; an auction in which nobody bids ends it.

    Args:
        policy: of the market.
        env: the world; it must end or truncate by itself.
        key: consumed.
        episodes: in parallel.
    """
    reset, play = split_by(key, "reset", "play")
    state, obs = env.reset_many(jax.random.split(reset, episodes))

    def unfinished(carry: tuple) -> Array:
        return ~jnp.all(carry[2])

    def advance(carry: tuple[PyTree, PyTree, Array, Array, Array]) -> tuple:
        state, obs, over, paid, time = carry
        draw, act, move = (
            jax.random.split(k, episodes) for k in split_by(jax.random.fold_in(play, time), "sale", "act", "step")
        )
        sale = jax.vmap(policy.sale)(draw, obs)
        step = env.step_many(move, state, jax.vmap(policy)(act, obs))
        goes = ~over & (sale.winner >= 0)
        paid = paid | (goes & (step.reward > 0))
        return step.state, step.obs, ~goes | step.terminated | step.truncated, paid, time + 1

    off = jnp.zeros(episodes, bool)
    return jax.lax.while_loop(unfinished, advance, (state, obs, off, off, jnp.zeros((), jnp.int32)))[3]
