"""The bucket brigade of a message list: who is paid, what leaks, where strengths come to rest."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from catallax.markets import SupplierBrigade

SETTLE = jax.jit(lambda brigade, *rest: brigade.settle(*rest))


def part(**settings: float) -> SupplierBrigade:
    return jax.tree.map(jnp.asarray, SupplierBrigade(**settings))


def test_a_bid_is_shared_by_the_senders_of_all_messages_that_were_read():
    strength = jnp.asarray([10.0, 20.0, 30.0, 40.0])
    used = jnp.asarray([[1, 1, 1], [0, 0, 1], [1, 0, 0], [0, 0, 0]], bool)
    won, drove = jnp.asarray([1, 1, 0, 0], bool), jnp.asarray([1, 0, 0, 0], bool)
    sender = jnp.asarray([3, 2, 3])  # slot 0 is the detectors': its number means nothing
    bids = jnp.asarray([3.0, 2.0, 9.0, 9.0])
    pay = part(bid_tax=0.1, life_tax=0.05)
    after, flow = SETTLE(pay, strength, bids, used, won, sender, drove, jnp.asarray(8.0))
    np.testing.assert_allclose(after, [10 - 3 - 1.5 + 8, 20 - 2 - 3, 30 - 4.5 + 1, 40 - 2 + 1 + 2], rtol=1e-6)
    np.testing.assert_allclose(flow, [8.0, 1.0, 11.0], rtol=1e-6)
    _, flow = SETTLE(pay, strength, bids, used, won, sender, drove & False, jnp.asarray(8.0))
    assert float(flow.rewarded) == 0.0  # nobody drove the effector


def test_reward_is_shared_by_those_whose_message_drove_the_effector():
    nothing = jnp.zeros(3)
    drove = jnp.asarray([True, False, True])
    after, _ = SETTLE(
        part(), nothing, nothing, jnp.zeros((3, 1), bool), drove, jnp.zeros(1, int), drove, jnp.asarray(1.0)
    )
    assert after.tolist() == [0.5, 0.0, 0.5]


@pytest.mark.parametrize(("share", "bid_tax", "life_tax"), [(0.1, 0.01, 0.0), (0.2, 0.05, 0.01)])
def test_a_rule_that_always_wins_rests_at_reward_over_bid_and_taxes(share, bid_tax, life_tax):
    with jax.enable_x64(True):
        pay = part(share=share, base=1.0, specific=0.0, bid_tax=bid_tax, life_tax=life_tax)
        one = jnp.ones(1, bool)

        def cycle(strength: jax.Array, _: None) -> tuple[jax.Array, None]:
            bids = pay.bids(strength, jnp.ones(1))
            return pay.settle(strength, bids, one[:, None], one, jnp.zeros(1, jnp.int32), one, jnp.asarray(1.0))[
                0
            ], None

        strength = jax.lax.scan(cycle, jnp.asarray([10.0]), None, length=2_000)[0]
        bid = float(pay.bids(strength, jnp.ones(1))[0])
    total = share + bid_tax + life_tax
    np.testing.assert_allclose(float(strength[0]), 1.0 / total, rtol=1e-12)
    np.testing.assert_allclose(bid, share / total, rtol=1e-12)


def test_bids_grow_with_specificity_and_noise_moves_the_effective_one_alone():
    pay = SupplierBrigade(effective_base=0.5, effective_specific=0.0, noise=2.0)
    strength, specificity = jnp.asarray([10.0, 10.0]), jnp.asarray([0.0, 1.0])
    np.testing.assert_allclose(pay.bids(strength, specificity), [0.25, 0.375], rtol=1e-6)
    np.testing.assert_allclose(pay.effective(strength, specificity, jnp.asarray([1.0, -1.0])), [2.5, -1.5], rtol=1e-6)


def test_settings_that_take_more_than_there_is_are_named():
    with pytest.raises(ValueError, match="SupplierBrigade: expected settings >= 0"):
        SupplierBrigade(share=3.0)
    with pytest.raises(ValueError, match="SupplierBrigade: expected settings >= 0"):
        SupplierBrigade(bid_tax=float("nan"))
    for name, value in (("effective_base", -1.0), ("effective_specific", float("nan"))):
        with pytest.raises(ValueError, match=f"SupplierBrigade: {name} must be at least 0, got {value}"):
            SupplierBrigade(**{name: value})
