"""What the tests of entry, exit and consumers share: a population by hand, and a world that pays what one says."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

import catallax as cx
from catallax.core import AbstractEnv, Discrete, Population, Step


class Wages(AbstractEnv):
    """One tick; action k pays `wages[k]` credits."""

    wages: tuple[float, ...] = eqx.field(static=True)
    discount: float = 1.0

    @property
    def observation_space(self) -> Discrete:
        return Discrete(1)

    @property
    def action_space(self) -> Discrete:
        return Discrete(len(self.wages))

    def reset(self, key):
        zero = jnp.zeros((), jnp.int32)
        return zero, zero

    def step(self, key, state, action):
        return Step(state, state, jnp.asarray(self.wages)[action], jnp.asarray(True), jnp.asarray(False), {})


def constants(*bids: float) -> list[cx.agents.Constant]:
    """Individual k bids the k-th amount and does action k."""
    return [cx.agents.Constant(bid, k) for k, bid in enumerate(bids)]


def founders(bids: list[float], alive: list[bool], endowment: float) -> cx.Cohort:
    """Constant bidders of whom some are not born yet."""
    return cx.Cohort(cx.Cohort.stack(constants(*bids)).individuals, jnp.asarray(alive), endowment)


def population(wealth: list[float], alive: list[bool] | None = None, **fields: Any) -> Population:
    """Agents that bid 0, 1, 2, … and own what is given."""
    count = len(wealth)
    zeros = jnp.zeros(count, jnp.int32)
    individuals = cx.Cohort.stack(constants(*map(float, range(count)))).individuals
    given = Population(
        alive=jnp.ones(count, bool) if alive is None else jnp.asarray(alive),
        wealth=jnp.asarray(wealth, jnp.float32),
        age=zeros,
        wins=zeros,
        idle=zeros,
        endowment=jnp.ones(count),
        individuals=individuals,
        price=jnp.asarray(0.0),
        tick=jnp.asarray(0, jnp.int32),
    )
    return given._replace(**{name: jnp.asarray(value) for name, value in fields.items()})


def rounds(market: cx.DeepMarket, env: AbstractEnv, instances: int, count: int, seed: int = 0):
    """The states after each of some rounds, by one compiled program."""
    key = jax.random.key(seed)
    go = jax.jit(lambda state: market.round(env, state, key)[0])
    states = [market.init(env, instances, key)]
    for _ in range(count):
        states.append(go(states[-1]))
    return states
