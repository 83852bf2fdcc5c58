"""A bid tax is a discount: strengths are temporal differences, and the books close."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catallax as cx

RULES, TICKS = 5, 60


@eqx.filter_jit
def replay(bid, tax, strength, rules, rewards, ended):
    brigade = cx.markets.StrengthBrigade(bid, tax)
    strengths, taken = brigade.replay(strength, rules, rewards, ended)
    return strengths, taken, brigade.values(strengths)


@given(
    bid=st.floats(0.01, 0.5),
    tax=st.floats(0.0, 0.5),
    steps=st.lists(st.integers(1, RULES - 1), min_size=TICKS, max_size=TICKS),
    rewards=st.lists(st.floats(0, 10), min_size=TICKS, max_size=TICKS),
    ended=st.lists(st.booleans(), min_size=TICKS, max_size=TICKS),
)
@settings(max_examples=60, deadline=None)
def test_a_tax_is_a_discount(bid, tax, steps, rewards, ended):
    rules, ended, first = np.cumsum(steps) % RULES, np.array([*ended[:-1], True]), np.linspace(1.0, 2.0, RULES)
    with jax.enable_x64(True):
        given_ = (jnp.asarray(first), jnp.asarray(rules, jnp.int32), jnp.asarray(rewards), jnp.asarray(ended))
        strengths, taken, values = replay(jnp.asarray(bid), jnp.asarray(tax), *given_)
    step, discount = bid + tax, bid / (bid + tax)
    wanted = step * first
    for i, rule in enumerate(rules):
        ahead = 0.0 if ended[i] else wanted[rules[i + 1]]
        wanted[rule] += step * (rewards[i] + discount * ahead - wanted[rule])
        if ended[i]:
            np.testing.assert_allclose(np.asarray(values[i]), wanted, rtol=1e-12)
    # nothing is lost: what the rules have and the house has taken is what there was and what the world gave
    total = float(np.asarray(strengths[-1]).sum()) + float(np.asarray(taken).sum())
    assert total == pytest.approx(first.sum() + sum(rewards), rel=1e-12)


def test_a_chain_without_tax_does_not_discount_and_with_tax_does():
    rules = jnp.tile(jnp.arange(4, dtype=jnp.int32), 400)
    last = rules == 3
    for tax, discount in ((0.0, 1.0), (0.05, 0.8)):
        values = replay(jnp.asarray(0.2), jnp.asarray(tax), jnp.zeros(4), rules, last.astype(jnp.float32), last)[2]
        np.testing.assert_allclose(np.asarray(values[-1]), discount ** np.arange(3, -1, -1.0), rtol=1e-4)


@pytest.mark.parametrize("shares", [(0.0, 0.1), (0.1, -0.1), (0.6, 0.5)])
def test_bad_shares_are_named(shares):
    with pytest.raises(ValueError, match=r"StrengthBrigade: expected bid > 0, tax >= 0 and bid \+ tax <= 1"):
        cx.markets.StrengthBrigade(*shares)
