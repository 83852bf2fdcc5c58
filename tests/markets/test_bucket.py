"""The implicit bucket brigade: who pays whom, what leaks, and where strengths come to rest."""

from __future__ import annotations

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.markets import Bucket

JITTED = jax.jit(lambda pay, *rest: pay(*rest))


def mask(rows: int, *some: int) -> jax.Array:
    return jnp.asarray(np.isin(np.arange(rows), some))


def test_one_tick_by_hand():
    strength = np.array([10, 20, 30, 40, 50], np.float32)
    pay = jax.jit(Bucket(0.2, 0.5, 0.1))
    # 0 and 1 act, 2 loses, 3 and 1 acted before
    after, flow = pay(strength, mask(5, 0, 1, 2), mask(5, 0, 1), mask(5, 1, 3), jnp.asarray(100.0))
    np.testing.assert_allclose(after, [8 + 10, 16 + 10 + 1.5, 27, 41.5, 50], rtol=1e-6)
    np.testing.assert_allclose(flow, [20.0, 3.0, 0.0, 3.0], rtol=1e-6)
    after, flow = pay(strength, mask(5, 0, 1, 2), mask(5, 0, 1), mask(5), jnp.asarray(0.0))
    np.testing.assert_allclose(after, [8, 16, 27, 40, 50], rtol=1e-6)
    np.testing.assert_allclose(flow, [0.0, 0.0, 6.0, 3.0], rtol=1e-6)


def test_books_close_to_rounding_in_double_precision():
    rng = np.random.default_rng(0)
    with jax.enable_x64(True):
        for _ in range(20):
            strength = rng.uniform(0, 100, 12)
            matched = rng.random(12) < 0.6
            matched[0] = True
            acting = matched & (rng.random(12) < 0.5)
            acting[0] = True
            before = rng.random(12) < 0.3
            pay = jax.tree.map(jnp.asarray, Bucket(*rng.random(3)))
            after, flow = jax.device_get(JITTED(pay, strength, matched, acting, before, jnp.asarray(1e3)))
            change = flow.rewarded - flow.discounted - flow.unclaimed - flow.taxed
            assert abs(after.sum() - strength.sum() - change) < 1e-12 * (strength.sum() + 1e3)


@pytest.mark.parametrize("sizes", [(1, 1, 1), (3, 2, 4)])
def test_the_total_strength_of_an_action_set_rests_at_reward_plus_discounted_next(sizes):
    pay, rows = Bucket(0.2, 0.71, 0.1), sum(sizes)
    edges = np.cumsum([0, *sizes])
    sets = [mask(rows, *range(a, b)) for a, b in pairwise(edges)]
    rewards = (0.0, 100.0, 1000.0)

    def passage(strength: jax.Array, _: None) -> tuple[jax.Array, None]:
        before = mask(rows)
        for acting, reward in zip(sets, rewards, strict=True):
            strength, _ = pay(strength, acting, acting, before, jnp.asarray(reward, strength.dtype))
            before = acting
        return strength, None

    with jax.enable_x64(True):
        strength = jax.lax.scan(passage, jnp.linspace(1.0, 90.0, rows, dtype=jnp.float64), None, length=400)[0]
        strength = np.asarray(strength)
    totals = [float(strength[a:b].sum()) for a, b in pairwise(edges)]
    wanted = [0.0, 0.0, 1000.0]
    for n in (1, 0):
        wanted[n] = rewards[n] + 0.71 * wanted[n + 1]
    np.testing.assert_allclose(totals, wanted, rtol=1e-12)
    # rules that share a set end equally strong, whatever they began with
    np.testing.assert_allclose(strength[edges[2] :], 1000.0 / sizes[2], rtol=1e-12)


def test_bad_shares_are_named():
    with pytest.raises(ValueError, match="Bucket: discount must lie in"):
        Bucket(discount=1.5)
