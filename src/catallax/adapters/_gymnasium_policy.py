"""A policy of catallax in Gymnasium's own loop."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key, PyTree

from catallax.adapters._extras import need
from catallax.adapters._gymnasium import maker
from catallax.adapters._spaces import from_member, to_member

Policy = Callable[[Key[Array, ""], PyTree], PyTree]


def evaluate_gymnasium(
    policy: Policy,
    env: str | Callable[..., Any],
    *,
    episodes: int = 100,
    seed: int = 0,
    discount: float = 1.0,
    instances: int = 16,
    horizon: int = 10_000,
    **settings: Any,
) -> Any:
    """Play a policy in plain Gymnasium: `mean_return = mean over episodes of sum_t discount^t r_t`.

    Every environment of a vector plays one episode, then the next batch begins, so that short
    episodes do not count more often than long ones. Independent of `FromGymnasium`.

    Args:
        policy: `(key, obs) -> action` for one observation; `run.policy`, or your own function.
        env: an id that `gymnasium.make` knows, or a function that makes an environment.
        episodes: how many; episode `k` is seeded with `seed + k`.
        seed: of environments and policy.
        discount: of `mean_return`; `mean_total` is undiscounted.
        instances: environments in a vector.
        horizon: longest episode, ticks, for environments without a limit of their own.
        settings: passed to `gymnasium.make`.

    Returns:
        A `lab.Score`, as `cx.evaluate` gives it.

    Raises:
        ValueError: if the id is unknown, or `episodes`, `instances` or `horizon` is below 1.
    """
    if min(episodes, instances, horizon) < 1:
        raise ValueError(
            f"evaluate_gymnasium: episodes, instances and horizon must be at least 1, got {episodes}, {instances} "
            f"and {horizon}."
        )
    count = min(instances, episodes)
    envs = need("gymnasium").vector.SyncVectorEnv([maker(env, settings)] * count)
    try:
        batches = [_play(policy, envs, seed + at, discount, horizon) for at in range(0, episodes, count)]
    finally:
        envs.close()
    return import_module("catallax.lab").Score.of(*(np.concatenate(x)[:episodes] for x in zip(*batches, strict=True)))


def _play(policy: Policy, envs: Any, seed: int, discount: float, horizon: int) -> tuple[np.ndarray, ...]:
    """One episode in every environment of the vector; what comes after its end is not looked at."""
    n = envs.num_envs
    obs, _ = envs.reset(seed=[seed + k for k in range(n)])
    returns, totals, lengths, done = np.zeros(n), np.zeros(n), np.zeros(n, int), np.zeros(n, bool)
    key, weight = jax.random.key(seed), 1.0
    for time in range(horizon):
        seen = np.stack([from_member(envs.single_observation_space, o) for o in obs])
        chosen = np.asarray(_act(policy, jax.random.fold_in(key, time), jnp.asarray(seen)))
        obs, reward, terminated, truncated, _ = envs.step([to_member(envs.single_action_space, a) for a in chosen])
        reward = np.where(done, 0.0, reward)
        returns += weight * reward
        totals += reward
        lengths += ~done
        done |= terminated | truncated
        weight *= discount
        if done.all():
            break
    return returns, totals, lengths, done


@eqx.filter_jit
def _act(policy: Policy, key: Key[Array, ""], obs: PyTree) -> PyTree:
    return jax.vmap(policy)(jax.random.split(key, obs.shape[0]), obs)
