"""One table of laws for every levy; a new rule adds a row to `RULES`."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.core import NOBODY, Tick

WEALTH = jnp.asarray([4.0, 1.0, 0.0, 5.0])
TICK = Tick(
    number=jnp.asarray(0, jnp.int32),
    winner=jnp.asarray([0, 0, NOBODY, 1], jnp.int32),
    price=jnp.asarray([1.0, 1.0, 0.0, 0.5]),
    bid=jnp.asarray([2.0, 1.0, 0.0, 0.5]),
    bids_placed=jnp.asarray([4, 4, 0, 1], jnp.int32),
    effort=jnp.asarray([8.0, 0.0, 5.0, 2.0]),
    total_wealth=jnp.asarray(10.0),
)
RULES = {
    "rent": (cx.levies.Rent(0.5), [3.0, 0.5, 0.0, 0.0]),
    "upkeep": (cx.levies.Upkeep(2.0), [2.0, 1.0, 0.0, 2.0]),
    "wealth tax": (cx.levies.WealthTax(0.1), [0.4, 0.1, 0.0, 0.5]),
    "harberger": (cx.levies.Harberger(0.5), [1.5, 0.25, 0.0, 0.0]),
    "anti-monopoly": (cx.levies.AntiMonopoly(0.3), [1.0, 0.0, 0.0, 2.0]),
    "fee per bid": (cx.levies.BidFee(0.5), [2.0, 1.0, 0.0, 0.5]),
    "computation tax": (cx.levies.ComputationTax(0.25), [2.0, 0.0, 0.0, 0.5]),
}


@pytest.mark.parametrize("name", RULES)
def test_conforms(name):
    cx.check_levy(RULES[name][0])


@pytest.mark.parametrize("name", RULES)
def test_exact_dues(name):
    levy, due = RULES[name]
    np.testing.assert_allclose(levy.collect(jax.random.key(0), WEALTH, TICK), due, rtol=1e-6)


@pytest.mark.parametrize("levy", [cx.levies.Rent, cx.levies.WealthTax, cx.levies.Harberger, cx.levies.AntiMonopoly])
def test_shares_lie_between_none_and_all(levy):
    with pytest.raises(ValueError, match=rf"{levy.__name__}: .* must lie in \[0, 1\], got 2"):
        levy(2.0)


@pytest.mark.parametrize("levy", [cx.levies.BidFee, cx.levies.ComputationTax, cx.levies.Upkeep])
def test_a_fee_is_not_negative(levy):
    with pytest.raises(ValueError, match=rf"{levy.__name__}: \w+ must be >= 0"):
        levy(-1.0)
