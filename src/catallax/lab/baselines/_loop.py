"""The compiled loop that tabular learners share: they differ in what a world left behind is worth."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, PyTree

from catallax.core import AbstractEnv, Discrete, split_by
from catallax.lab.baselines._learned import Learned, best

Onward = Callable[[Float[Array, " actions"], Int[Array, ""]], Float[Array, ""]]
"""Value of the next observation, credits, from its row of the table and the action chosen there."""


class Settings(NamedTuple):
    """Numbers that a sweep may change without compiling anew."""

    step: float
    decay: float
    epsilon: float
    epsilon_decay: float
    initial: float


class Tally(NamedTuple):
    """Sums since the last look."""

    reward: Float[Array, ""]
    returns: Float[Array, ""]
    """Undiscounted returns of the episodes that ended, credits."""
    episodes: Int[Array, ""]


class Walk(NamedTuple):
    """State of the loop."""

    table: Float[Array, "obs actions"]
    visits: Int[Array, "obs actions"]
    world: PyTree
    obs: Int[Array, " instances"]
    action: Int[Array, " instances"]
    """Already chosen, as Sarsa learns from it before it is taken."""
    so_far: Float[Array, " instances"]
    """Undiscounted reward of the running episodes, credits."""
    tally: Tally


def learn(
    name: str,
    onward: Onward,
    env: AbstractEnv,
    *,
    ticks: int,
    instances: int,
    key: Key[Array, ""],
    settings: Settings,
    seeds: int | None,
    chunks: int,
) -> Learned:
    """Check, run and read out.

    Raises:
        ValueError: naming the learner, what was expected and the fix.
    """
    shape = check(name, env, ticks, instances, settings)
    if chunks < 1 or (seeds is not None and seeds < 1):
        raise ValueError(f"{name}: chunks and seeds must be at least 1, got chunks={chunks} and seeds={seeds}.")
    total = ticks // instances
    length = max(1, total // chunks)
    ends = np.array([*range(length, total, length), total])
    lengths = jnp.asarray(np.diff(ends, prepend=0), jnp.int32)
    given = jax.tree.map(lambda x: jnp.asarray(x, jnp.float32), settings)
    if seeds is None:
        history, tally = _run(onward, env, shape, instances, given, lengths, key)
    else:
        history, tally = _run_seeds(onward, env, shape, instances, given, lengths, jax.random.split(key, seeds))
    return _read(np.asarray(history), tally, ends, np.asarray(lengths), instances)


def check(name: str, env: AbstractEnv, ticks: int, instances: int, settings: Settings) -> tuple[int, int]:
    """Shape of the table, observations x actions.

    Raises:
        ValueError: if the world has no table, or a setting is out of range.
    """
    seen, moves = env.observation_space, env.action_space
    if not (isinstance(seen, Discrete) and isinstance(moves, Discrete)):
        raise ValueError(
            f"{name}: needs Discrete observations and actions, {type(env).__name__} has {seen} and {moves}; "
            "a table has no rows for anything else."
        )
    if instances < 1 or ticks < instances:
        raise ValueError(
            f"{name}: ticks={ticks} is less than one tick in each of instances={instances}, or there are none; "
            "raise ticks or lower instances to 1 at least."
        )
    if not (0 <= settings.epsilon <= 1 and 0 <= settings.step <= 1):
        raise ValueError(
            f"{name}: epsilon and step must lie in [0, 1], got epsilon={settings.epsilon} and step={settings.step}."
        )
    if not (settings.decay > 0 and settings.epsilon_decay > 0):
        raise ValueError(
            f"{name}: decay and epsilon_decay must be > 0 visits (infinity: never), got {settings.decay} and "
            f"{settings.epsilon_decay}."
        )
    return seen.n, moves.n


def _read(history: np.ndarray, tally: Tally, ends: np.ndarray, lengths: np.ndarray, instances: int) -> Learned:
    reward, returns, episodes = (np.asarray(x, np.float64) for x in tally)
    per_episode = np.divide(returns, episodes, out=np.full(returns.shape, np.nan), where=episodes > 0)
    if history.ndim == 4:
        known = np.isfinite(per_episode)
        total = np.where(known, per_episode, 0.0).sum(0)
        per_episode = np.divide(total, known.sum(0), out=np.full(total.shape, np.nan), where=known.any(0))
        reward, episodes = reward.mean(0), episodes.mean(0)
    trace = {
        "tick": ends * instances,
        "reward_mean": reward / (lengths * instances),
        "episodes": episodes,
        "return_mean": per_episode,
    }
    return Learned(history[..., -1, :, :], trace, history)


@eqx.filter_jit
def _run_seeds(
    onward: Onward,
    env: AbstractEnv,
    shape: tuple[int, int],
    instances: int,
    settings: Settings,
    lengths: Int[Array, " time"],
    keys: Key[Array, " seeds"],
) -> tuple[Float[Array, "seeds time obs actions"], Tally]:
    return jax.vmap(lambda key: _run(onward, env, shape, instances, settings, lengths, key))(keys)


@eqx.filter_jit
def _run(
    onward: Onward,
    env: AbstractEnv,
    shape: tuple[int, int],
    instances: int,
    settings: Settings,
    lengths: Int[Array, " time"],
    key: Key[Array, ""],
) -> tuple[Float[Array, "time obs actions"], Tally]:
    start_key, choose_key, run_key = split_by(key, "baseline start", "baseline first action", "baseline ticks")
    world, obs = env.reset_many(jax.random.split(start_key, instances))
    table = jnp.full(shape, settings.initial)
    visits = jnp.zeros(shape, jnp.int32)
    zero = Tally(jnp.zeros(()), jnp.zeros(()), jnp.zeros((), jnp.int32))
    walk = Walk(
        table, visits, world, obs, _choose(choose_key, table, visits, obs, settings), jnp.zeros(instances), zero
    )

    def chunk(carry: tuple[Walk, Array], length: Array) -> tuple[tuple[Walk, Array], tuple[Array, Tally]]:
        walk, done = carry

        def one(number: Array, walk: Walk) -> Walk:
            # a key per tick: where the host looks in does not change the run
            return _tick(onward, env, walk, settings, jax.random.fold_in(run_key, done + number))

        walk = jax.lax.fori_loop(0, length, one, walk._replace(tally=zero))
        return (walk, done + length), (walk.table, walk.tally)

    return jax.lax.scan(chunk, (walk, jnp.zeros((), jnp.int32)), lengths)[1]


def _tick(onward: Onward, env: AbstractEnv, walk: Walk, settings: Settings, key: Key[Array, ""]) -> Walk:
    step_key, next_key, reset_key, first_key = split_by(key, "step", "next action", "reset", "first action")
    instances = walk.obs.shape[0]
    step = env.step_many(jax.random.split(step_key, instances), walk.world, walk.action)
    following = _choose(next_key, walk.table, walk.visits, step.obs, settings)
    value = jax.vmap(onward)(walk.table[step.obs], following)
    # a world whose clock ran out still has value, one that is over has none
    target = step.reward + jnp.where(step.terminated, 0.0, env.discount * value)
    table, visits = _move(walk, target, settings)
    over = step.terminated | step.truncated
    world, obs = env.reset_where(jax.random.split(reset_key, instances), over, step.state, step.obs)
    first = _choose(first_key, table, visits, obs, settings)
    so_far = walk.so_far + step.reward
    tally = Tally(
        walk.tally.reward + jnp.sum(step.reward),
        walk.tally.returns + jnp.sum(jnp.where(over, so_far, 0.0)),
        walk.tally.episodes + jnp.sum(over, dtype=jnp.int32),
    )
    action = jnp.where(over, first, following)
    return Walk(table, visits, world, obs, action, jnp.where(over, 0.0, so_far), tally)


def _move(
    walk: Walk, target: Float[Array, " instances"], settings: Settings
) -> tuple[Float[Array, "obs actions"], Int[Array, "obs actions"]]:
    """k visits in one tick move a value by `1 - (1 - a_n)**k` towards their mean, as in `agents.Tabular`."""
    at = (walk.obs, walk.action)
    before = walk.visits[at]
    visits = walk.visits.at[at].add(1)
    k = visits[at] - before
    rate = jnp.maximum(settings.step, 1.0 / (1.0 + before / settings.decay))
    share = (1.0 - (1.0 - rate) ** k) / k
    return walk.table.at[at].add(share * (target - walk.table[at])), visits


def _choose(
    key: Key[Array, ""],
    table: Float[Array, "obs actions"],
    visits: Int[Array, "obs actions"],
    obs: Int[Array, " instances"],
    settings: Settings,
) -> Int[Array, " instances"]:
    """Mostly the best action; ties and explorers take the action with the highest lot, that is any."""
    draws = jax.random.uniform(key, (obs.shape[0], table.shape[1] + 1))
    lots, luck = draws[:, 1:], draws[:, 0]
    epsilon = settings.epsilon / (1.0 + jnp.sum(visits[obs], axis=1) / settings.epsilon_decay)
    return jnp.where(luck < epsilon, jnp.argmax(lots, axis=1), jax.vmap(best)(lots, table[obs]))
