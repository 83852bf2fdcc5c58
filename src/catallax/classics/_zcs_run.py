"""ZCS in any world of bits, many seeds at once."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key

from catallax.classics._strength_result import StrengthResult, earned
from catallax.classics._zcs import BLOCK, ZCS, sizes
from catallax.core import AbstractEnv, as_key


def zcs(
    env: AbstractEnv, ticks: int = 20_000, seeds: int = 10, *, key: Key[Array, ""] | int = 0, system: ZCS | None = None
) -> StrengthResult:
    """Let ZCS act and learn in a world, all seeds in one program.

    Args:
        env: shows bits, takes one of n actions; payoffs of 1000 credits are usual.
        ticks: for each seed, rounded up to a multiple of 250.
        seeds: independent runs.
        key: of all seeds, or a number.
        system: settings; by default those of 1994, as recalled.

    Raises:
        TypeError: unless the world shows bits and takes one of n actions.
        ValueError: on a count below 1, or a reward below 0.

    Source: Wilson (1994).

    >>> import catallax as cx
    >>> zcs(cx.envs.Multiplexer(2, 1000.0), ticks=250, seeds=2).rewards.shape
    (2, 250)
    """
    for name, count in (("ticks", ticks), ("seeds", seeds)):
        if count < 1:
            raise ValueError(f"zcs: {name} must be at least 1, got {count}.")
    system = ZCS() if system is None else system
    bits, _ = sizes(env)
    keys = jax.random.split(as_key(key), seeds)
    # settings as arrays, so that one compiled program serves all
    varied = jax.tree.map(lambda x: jnp.asarray(x, jnp.float32), system)
    state, (rewards, over, flow, totals) = _learn(varied, keys, env, -(-ticks // BLOCK))
    bucket, covered, deleted = jax.tree.map(lambda x: np.asarray(x, float), flow)
    flows = {
        "rewards": bucket.rewarded, "made by covering": covered, "discounts": -bucket.discounted,
        "unclaimed first buckets": -bucket.unclaimed, "taxes": -bucket.taxed, "deleted rules": -deleted,
    }  # fmt: skip
    return StrengthResult(
        system,
        bits,
        state.rules,
        earned("zcs", np.asarray(rewards)),
        np.asarray(over),
        np.asarray(totals, float),
        flows,
    )


@eqx.filter_jit
def _learn(system: ZCS, keys: Array, env: AbstractEnv, blocks: int) -> Any:
    return jax.vmap(lambda key: system.learn(key, env, blocks))(keys)
