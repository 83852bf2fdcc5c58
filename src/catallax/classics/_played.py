"""Episodes of a fixed policy, played to their end inside a compiled run."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from catallax.core import AbstractEnv, split_by


def played(
    policy: Callable[[Key[Array, ""], PyTree], PyTree], env: AbstractEnv, key: Key[Array, ""], episodes: int
) -> tuple[Float[Array, " episodes"], Int[Array, " episodes"]]:
    """Undiscounted reward and length of each episode; the world must end or truncate by itself.

    Args:
        policy: `(key, obs) -> action` for one observation.
        env: the world.
        key: consumed.
        episodes: in parallel.
    """
    reset_key, play_key = split_by(key, "reset", "play")
    world, obs = env.reset_many(jax.random.split(reset_key, episodes))
    zero = jnp.zeros(episodes)
    Game = tuple[PyTree, PyTree, Array, Array, Array, Array]

    def unfinished(game: Game) -> Array:
        return ~jnp.all(game[2])

    def advance(game: Game) -> Game:
        world, obs, done, totals, lengths, time = game
        act_keys, step_keys = (
            jax.random.split(k, episodes) for k in split_by(jax.random.fold_in(play_key, time), "act", "step")
        )
        step = env.step_many(step_keys, world, jax.vmap(policy)(act_keys, obs))
        totals = totals + jnp.where(done, 0.0, step.reward)
        return step.state, step.obs, done | step.terminated | step.truncated, totals, lengths + ~done, time + 1

    start = (world, obs, zero > 0, zero, zero.astype(jnp.int32), jnp.zeros((), jnp.int32))
    end = jax.lax.while_loop(unfinished, advance, start)
    return end[3], end[4]
