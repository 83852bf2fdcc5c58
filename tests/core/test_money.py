"""Money against Python's integers."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catallax.core import NOBODY, Ledger, Money, Transfer, money

AMOUNTS = st.floats(-(2.0**17), 2.0**17, width=32)


@given(st.lists(AMOUNTS, min_size=6, max_size=6))
@settings(max_examples=100, deadline=None)
def test_rounding_happens_once(amounts):
    quantised = money.quantise(jnp.asarray(amounts, jnp.float32))
    assert (money.exact(money.from_credits(quantised)) == np.rint(np.float64(amounts) * 2**20)).all()
    assert (money.quantise(quantised) == quantised).all()
    assert (money.to_credits(money.from_credits(quantised)) == quantised).all()


@given(
    st.lists(st.integers(-1, 3), min_size=6, max_size=6),
    st.lists(AMOUNTS, min_size=6, max_size=6),
)
@settings(max_examples=100, deadline=None)
def test_scatter_add_with_repeated_accounts(index, amounts):
    given_ = money.from_credits(jnp.asarray(amounts, jnp.float32))
    start = money.from_credits(jnp.asarray([1.5, -2.25, 0.1, 7.0]))
    result = money.exact(money.scatter_add(start, jnp.asarray(index, jnp.int32), given_))
    expected = money.exact(start).tolist()
    for i, grains in zip(index, money.exact(given_).tolist(), strict=True):
        if i >= 0:
            expected[i] += grains
    assert result.tolist() == expected


@given(st.lists(st.integers(0, 2**45), min_size=5, max_size=5), st.sampled_from([1, 2, 3, 7, 64, 4096, 100_003]))
@settings(max_examples=100, deadline=None)
def test_no_share_of_a_purse_is_too_large(grains, ways):
    purse = Money(
        jnp.asarray([g >> 20 for g in grains], jnp.int32), jnp.asarray([g & 0xFFFFF for g in grains], jnp.int32)
    )
    share = money.exact(money.from_credits(money.spendable(purse, ways)))
    assert (share * ways <= np.asarray(grains)).all()
    small = np.asarray(grains) < 2**24
    assert (share[small] == np.asarray(grains)[small] // ways).all()


def test_total_of_a_million_accounts():
    purse = Money(jnp.full(1_000_000, 3, jnp.int32), jnp.full(1_000_000, 2**20 - 1, jnp.int32))
    assert int(money.exact(money.total(purse))) == 1_000_000 * (4 * 2**20 - 1)


@given(
    st.lists(st.tuples(st.integers(-1, 2), st.floats(-3, 3, width=32)), min_size=4, max_size=4),
    st.lists(st.tuples(st.integers(-1, 2), st.floats(-3, 3, width=32)), min_size=4, max_size=4),
)
@settings(max_examples=100, deadline=None)
def test_the_books_close_after_any_batch(first, second):
    ledger = Ledger.open(3, consumers=1).endow(jnp.asarray([1.0, 0.0, 2.5]))
    batches = [("house", first), ("world", second), ("consumer 0", first)]
    transfers = [
        Transfer(account, jnp.asarray([i for i, _ in rows], jnp.int32), jnp.asarray([x for _, x in rows], jnp.float32))
        for account, rows in batches
    ]
    ledger = ledger.transfer(*transfers)
    assert ledger.imbalance == 0
    assert (money.exact(ledger.agents) >= 0).all()
    assert ledger.collect(jnp.asarray([0.3, 9.0, -1.0])).inherit(jnp.asarray([True, False, True])).imbalance == 0


def test_a_shortfall_is_booked_once():
    ledger = Ledger.open(2).endow(jnp.asarray([1.0, 1.0]))
    loss = Transfer("world", jnp.asarray([0, 0, 1], jnp.int32), jnp.asarray([-2.0, -3.0, -0.5]))
    ledger = ledger.transfer(loss)
    assert ledger.wealth.tolist() == [0.0, 0.5]
    assert float(money.to_credits(ledger.default)) == -4.0
    assert float(money.to_credits(ledger.world)) == 5.5


def test_coin_must_be_a_power_of_two():
    with pytest.raises(ValueError, match="power of two"):
        Ledger.open(1, coin=0.3)


def test_sums_that_wrap_are_overflow():
    """An int32 that wrapped twice looks innocent, and so does the imbalance."""
    many = Transfer("world", jnp.zeros(16_384, jnp.int32), jnp.full(16_384, 2.0**18))
    crowd = Ledger.open(2**15)
    assert crowd.endow(jnp.full(2**15, 2.0**14)).audit() == 0
    wrapped = [
        Ledger.open(1).transfer(many),
        crowd.endow(jnp.full(2**15, 2.0**17)),
        Ledger.open(1, consumers=2**15).pay_income(jnp.full(2**15, 2.0**17)),
    ]
    for ledger in wrapped:
        with pytest.raises(OverflowError):
            ledger.audit()


def test_a_cancelled_transfer_is_no_overflow():
    nobody = Transfer("house", jnp.asarray([NOBODY], jnp.int32), jnp.asarray([2.0**19]))
    assert Ledger.open(1).transfer(nobody).audit() == 0
