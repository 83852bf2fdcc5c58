"""SCS in any world of bits, many seeds at once."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key

from catallax.agents import classifiers as parts
from catallax.classics._scs import SCS, sizes
from catallax.classics._strength_result import StrengthResult, earned
from catallax.core import AbstractEnv, as_key


def scs(
    env: AbstractEnv, cycles: int = 20_000, seeds: int = 10, *, key: Key[Array, ""] | int = 0, system: SCS | None = None,
    rules: parts.MessageRules | None = None,
) -> StrengthResult:  # fmt: skip
    """Let SCS act and learn in a world, all seeds in one program.

    Args:
        env: shows bits, takes one of n actions; a payoff of 1 credit is usual.
        cycles: for each seed, rounded up to whole generations.
        seeds: independent runs.
        key: of all seeds, or a number.
        system: settings; by default those of 1989, as recalled.
        rules: to begin with, as many as the system's capacity; by default random ones.

    Raises:
        TypeError: unless the world shows at most 31 bits and takes one of n actions.
        ValueError: on a count below 1, rules that do not fit the system or the messages, or a reward below 0.

    Source: Holland (1986); Goldberg (1989), appendix D.

    >>> import catallax as cx
    >>> scs(cx.envs.Multiplexer(2), cycles=250, seeds=2).rewards.shape
    (2, 250)
    """
    for name, count in (("cycles", cycles), ("seeds", seeds)):
        if count < 1:
            raise ValueError(f"scs: {name} must be at least 1, got {count}.")
    system = SCS() if system is None else system
    length, _ = sizes(env)
    if rules is not None and (int(rules.taken.sum()), rules.value.shape[0]) != (system.capacity, system.conditions + 1):
        raise ValueError(
            f"scs: the system has {system.capacity} rules of {system.conditions} condition(s), got "
            f"{int(rules.taken.sum())} of {rules.value.shape[0] - 1}."
        )
    if rules is not None and int(rules.care.max()) >> length:
        raise ValueError(f"scs: messages have {length} letters here, got rules that ask for more; shorten them.")
    # settings as arrays, so that one compiled program serves all
    varied = jax.tree.map(lambda x: jnp.asarray(x, jnp.float32), system)
    keys = jax.random.split(as_key(key), seeds)
    state, (rewards, over, (flow, made, lost), totals) = _learn(varied, keys, env, -(-cycles // system.period), rules)
    flow, made, lost = jax.tree.map(lambda x: np.asarray(x, float), (flow, made, lost))
    flows = {
        "rewards": flow.rewarded, "children": made, "bids to the detectors": -flow.detected, "taxes": -flow.taxed,
        "replaced rules": -lost,
    }  # fmt: skip
    return StrengthResult(
        system,
        length,
        state.rules,
        earned("scs", np.asarray(rewards)),
        np.asarray(over),
        np.asarray(totals, float),
        flows,
    )


@eqx.filter_jit
def _learn(system: SCS, keys: Array, env: AbstractEnv, blocks: int, rules: parts.MessageRules | None) -> Any:
    return jax.vmap(lambda key: system.learn(key, env, blocks, rules))(keys)
