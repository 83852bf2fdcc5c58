"""A world to send agents through, again and again."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp

from catallax.core import AbstractEnv, Discrete, Step
from catallax.markets import DeepMarket

KEY = jax.random.key(0)


class Errand(AbstractEnv):
    """Two ticks; pays 1 at the end if every action was 1. What it is about is drawn anew each time."""

    discount: float = 1.0

    @property
    def observation_space(self) -> Discrete:
        return Discrete(1_000)

    @property
    def action_space(self) -> Discrete:
        return Discrete(2)

    def reset(self, key):
        about = jax.random.randint(key, (), 0, 1_000)
        return (about, jnp.zeros((), jnp.int32), jnp.ones((), bool)), about

    def step(self, key, state, action):
        about, time, good = state
        good = good & (action == 1)
        over = time == 1
        return Step((about, time + 1, good), about, 1.0 * (over & good), over, jnp.asarray(False), {})


def states(market: DeepMarket, rounds: int) -> list:
    """The state and the trade log after each round, the first state before them."""
    go = eqx.filter_jit(lambda state: market.round(Errand(), state, KEY, 1))  # pyright: ignore
    out = [(market.init(Errand(), 1, KEY), None)]  # pyright: ignore
    for _ in range(rounds):
        out.append(go(out[-1][0]))
    return out
