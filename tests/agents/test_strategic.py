"""Strategic agents: what bends a bid, and that a tax is reckoned with."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.agents import Strategic

HERE = jnp.array([True, False])


def bid(obs=0, **numbers):
    return float(Strategic.of(1, HERE, **numbers).expected_bid(jnp.int32(obs)))


@pytest.mark.long
def test_it_keeps_the_contract_of_agents():
    cx.check_agent(Strategic.of(1, HERE, noise=0.1), jnp.int32(0))


def test_markup_reserve_and_tax_bend_the_bid_as_the_formula_says():
    assert bid(initial_bid=0.5) == 0.5
    assert bid(initial_bid=0.5, markup=1.0) == 1.0
    assert np.isclose(bid(initial_bid=0.5, tax=0.25), 0.4)
    assert np.isclose(bid(initial_bid=0.5, markup=-0.5, reserve=0.3), 0.3)
    assert bid(initial_bid=0.5, ceiling=0.2) == np.float32(0.2)
    assert bid(obs=1, initial_bid=0.5, reserve=0.3) == cx.core.ABSTAIN


def test_the_error_is_that_of_the_moment():
    agent, keys = Strategic.of(0, HERE, initial_bid=5.0, noise=0.2), jax.random.split(jax.random.key(0), 500)
    bids = jax.vmap(lambda key: agent.bid(key, jnp.int32(0)))(keys)
    assert abs(float(bids.mean()) - 5.0) < 0.05 and abs(float(bids.std()) - 0.2) < 0.03


def test_numbers_out_of_range_are_refused():
    for wrong in ({"markup": -1.0}, {"reserve": -0.1}, {"step": 2.0}):
        with pytest.raises(ValueError, match=r"Strategic.of: expected a step in \[0, 1\]"):
            Strategic.of(0, HERE, **wrong)
