"""How good a fixed policy is, by playing it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, PyTree

from catallax.core import AbstractEnv


class Score(NamedTuple):
    """Results of independent episodes."""

    mean_return: float
    """Mean discounted reward of an episode, credits."""
    std_error: float
    """Standard error of `mean_return`."""
    mean_total: float
    """Mean undiscounted reward of an episode, credits."""
    mean_length: float
    """Ticks."""
    finished: float
    """Share of the episodes that ended before the horizon."""
    returns: Float[np.ndarray, " episodes"]
    """Discounted."""
    totals: Float[np.ndarray, " episodes"]
    """Undiscounted."""

    @classmethod
    def of(cls, returns: np.ndarray, totals: np.ndarray, lengths: np.ndarray, done: np.ndarray) -> Score:
        """Put episodes together.

        Args:
            returns: discounted reward, credits; axes `episodes`, as the others.
            totals: undiscounted reward, credits.
            lengths: ticks.
            done: whether it ended before the horizon.
        """
        episodes = returns.size
        return cls(
            mean_return=float(returns.mean()),
            std_error=float(returns.std(ddof=1) / math.sqrt(episodes)) if episodes > 1 else float("nan"),
            mean_total=float(totals.mean()),
            mean_length=float(lengths.mean()),
            finished=float(done.mean()),
            returns=returns,
            totals=totals,
        )


def evaluate(
    policy: Callable[[Key[Array, ""], PyTree], PyTree],
    env: AbstractEnv,
    *,
    episodes: int = 1_000,
    key: Key[Array, ""],
    horizon: int | None = None,
) -> Score:
    """Play a policy: `mean_return = mean over episodes of sum_t discount^t r_t`.

    Args:
        policy: `(key, obs) -> action` for one observation; `run.policy`, or your own function.
        env: the world.
        episodes: played in parallel.
        key: consumed.
        horizon: longest episode in ticks; by default as many as the discount lets matter
            (until `discount**horizon < 1e-6`), at most 10,000.

    Raises:
        ValueError: if `episodes` or `horizon` is below 1.
    """
    if horizon is None:
        gamma = float(env.discount)
        horizon = (
            1 if gamma == 0 else 10_000 if gamma >= 1 else min(10_000, math.ceil(math.log(1e-6) / math.log(gamma)))
        )
    if episodes < 1 or horizon < 1:
        raise ValueError(f"evaluate: episodes and horizon must be at least 1, got {episodes} and {horizon}.")
    return Score.of(*(np.asarray(x) for x in _play(policy, env, episodes, horizon, key)))


class _Game(NamedTuple):
    world: PyTree
    obs: PyTree
    done: Array
    returns: Array
    totals: Array
    lengths: Int[Array, " episodes"]
    weight: Array
    time: Array


@eqx.filter_jit
def _play(
    policy: Callable[[Key[Array, ""], PyTree], PyTree],
    env: AbstractEnv,
    episodes: int,
    horizon: int,
    key: Key[Array, ""],
) -> tuple[Array, Array, Array, Array]:
    reset_key, play_key = jax.random.split(key)
    world, obs = env.reset_many(jax.random.split(reset_key, episodes))
    zeros = jnp.zeros(episodes)
    start = _Game(world, obs, zeros > 0, zeros, zeros, zeros.astype(jnp.int32), jnp.ones(()), jnp.zeros((), jnp.int32))

    def unfinished(game: _Game) -> Array:
        return (game.time < horizon) & ~jnp.all(game.done)

    def advance(game: _Game) -> _Game:
        act_key, step_key = jax.random.split(jax.random.fold_in(play_key, game.time))
        action = jax.vmap(policy)(jax.random.split(act_key, episodes), game.obs)
        step = env.step_many(jax.random.split(step_key, episodes), game.world, action)
        reward = jnp.where(game.done, 0.0, step.reward)
        return _Game(
            step.state,
            step.obs,
            game.done | step.terminated | step.truncated,
            game.returns + game.weight * reward,
            game.totals + reward,
            game.lengths + ~game.done,
            game.weight * env.discount,
            game.time + 1,
        )

    end = jax.lax.while_loop(unfinished, advance, start)
    return end.returns, end.totals, end.lengths, end.done
