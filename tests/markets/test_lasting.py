"""Ticks that last: a seller is paid `discount ** steps` of the next price."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.core import AbstractEnv, Discrete, Step


class Slow(AbstractEnv):
    """Every tick is one step longer than the one before."""

    discount: float = 0.5
    lasting: ClassVar[bool] = True

    @property
    def observation_space(self):
        return Discrete(1)

    @property
    def action_space(self):
        return Discrete(1)

    def reset(self, key):
        return jnp.int32(1), jnp.int32(0)

    def step(self, key, state, action):
        off = jnp.asarray(False)
        return Step(state + 1, jnp.int32(0), jnp.zeros(()), off, off, {"steps": state})


AGENTS = cx.Cohort.stack([cx.agents.Constant(1.0, action=0), cx.agents.Constant(0.75, action=0)], endowment=100.0)


def test_the_resale_is_discounted_by_the_length_of_the_tick():
    market = cx.DeepMarket(AGENTS, cx.auctions.FirstPrice(), round_ticks=5)
    state = market.init(Slow(), 1, jax.random.key(0))
    state, records = jax.jit(lambda s: market.round(Slow(), s, jax.random.key(1), tracked=1))(state)
    np.testing.assert_array_equal(np.asarray(records.receives)[:, 0], [0.5, 0.5, 0.25, 0.125, 0.0625])
    assert state.ledger.imbalance == 0


def test_earn_outs_need_equal_ticks():
    market = cx.DeepMarket(AGENTS, cx.auctions.FirstPrice(), earn_out=0.5)
    with pytest.raises(ValueError, match="earn_out needs ticks of equal length, those of Slow last"):
        market.init(Slow(), 1, jax.random.key(0))
