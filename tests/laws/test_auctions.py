"""One table of laws for every auction; a new rule adds a row to `RULES`."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import catallax as cx
from catallax.core import NOBODY, ConformanceError, Sale

RULES = {
    "first price": cx.auctions.FirstPrice(),
    "bucket brigade": cx.auctions.BucketBrigade(),
    "vickrey": cx.auctions.Vickrey(),
    "vickrey, reserve": cx.auctions.Vickrey(reserve=0.5),
    "credit conserving": cx.auctions.CreditConservingVickrey(),
    "unpaid": cx.auctions.Unpaid(),
    "weighted": cx.auctions.Weighted(0.25, 0.5, 0.5, 0.25),
    "posted price": cx.auctions.PostedPrice(0.5),
    "lottery": cx.auctions.Lottery(0.2),
    "subsidised": cx.auctions.Subsidised(cx.auctions.FirstPrice(), 0.25),
    "trembling": cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), 0.3),
}
CLEAR = {name: jax.jit(jax.vmap(rule.clear, in_axes=(0, 0, None))) for name, rule in RULES.items()}


def clear(name, bids, alive=None, seed=0):
    bids = jnp.asarray(bids, jnp.float32)
    alive = jnp.ones(bids.shape, bool) if alive is None else jnp.asarray(alive)
    sale = CLEAR[name](jax.random.key(seed)[None], bids[None], alive)
    return Sale(*(x[0] for x in sale))


@pytest.mark.parametrize("name", RULES)
def test_conforms(name):
    cx.check_auction(RULES[name])


@pytest.mark.parametrize("name", [n for n, r in RULES.items() if r.conserves])
@given(bids=st.lists(st.floats(-1, 4, width=32), min_size=5, max_size=5), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_conserving_rules_pay_the_seller_to_the_grain(name, bids, seed):
    sale = clear(name, bids, seed=seed)
    assert float(sale.pays) == float(sale.receives)


@pytest.mark.parametrize("name", [n for n, r in RULES.items() if r.truthful])
@given(
    others=st.lists(st.floats(0, 2, width=32), min_size=4, max_size=4),
    value=st.floats(0, 2, width=32),
    bid=st.floats(0, 2, width=32),
    seed=st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_no_deviation_helps_where_truth_is_dominant(name, others, value, bid, seed):
    def utility(own):
        sale = clear(name, [own, *others], seed=seed)
        return value - float(sale.pays) if int(sale.winner) == 0 else 0.0

    assert utility(bid) <= utility(value) + 1e-6


def test_shading_helps_under_first_price():
    truth, shaded = (clear("first price", [own, 0.25]) for own in (1.0, 0.5))
    assert 1.0 - float(shaded.pays) > 1.0 - float(truth.pays)


def test_payments_of_chang_et_al():
    bids = [0.25, 1.0, 0.5]
    paid = {n: [float(x) for x in (clear(n, bids).pays, clear(n, bids).receives)] for n in RULES}
    assert paid["bucket brigade"] == [1.0, 1.0]
    assert paid["vickrey"] == [0.5, 1.0]
    assert paid["credit conserving"] == [0.5, 0.5]
    assert paid["subsidised"] == [0.75, 1.0]


@pytest.mark.parametrize(
    ("named", "weights"),
    [
        ("first price", (1, 0, 1, 0)),
        ("vickrey", (0, 1, 1, 0)),
        ("credit conserving", (0, 1, 0, 1)),
        ("unpaid", (0, 0, 0, 0)),
    ],
)
def test_named_rules_are_corners_of_the_weighted_one(named, weights):
    corner = cx.auctions.Weighted(*map(jnp.float32, weights))
    bids = jax.random.uniform(jax.random.key(1), (50, 4), minval=-0.3)
    keys, alive = jax.random.split(jax.random.key(2), 50), jnp.asarray([True, True, True, False])
    ours, theirs = (jax.vmap(rule.clear, in_axes=(0, 0, None))(keys, bids, alive) for rule in (corner, RULES[named]))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


def test_ties_are_broken_evenly():
    alive = jnp.asarray([True] * 5 + [False])
    bids = jnp.asarray([1.0, 0.5, 1.0, 1.0, 0.25, 2.0])
    keys = jax.random.split(jax.random.key(3), 6000)
    sale = jax.vmap(cx.auctions.FirstPrice().clear, in_axes=(0, None, None))(keys, bids, alive)
    counts = np.bincount(np.asarray(sale.winner), minlength=6)
    assert set(np.flatnonzero(counts)) == {0, 2, 3}
    assert (((counts[[0, 2, 3]] - 2000) ** 2) / 2000).sum() < 13.8  # chi-square, 2 degrees, p = 0.001
    assert {0, 2, 3} >= set(np.asarray(sale.runner_up).tolist())


def test_lottery_draws_a_softmax():
    bids = jnp.asarray([0.0, 0.2, 0.4])
    keys = jax.random.split(jax.random.key(0), 6000)
    sale = jax.vmap(RULES["lottery"].clear, in_axes=(0, None, None))(keys, bids, jnp.ones(3, bool))
    expected = 6000 * np.exp([0, 1, 2]) / np.exp([0, 1, 2]).sum()
    counts = np.bincount(np.asarray(sale.winner), minlength=3)
    assert ((counts - expected) ** 2 / expected).sum() < 13.8


def test_trembling_sells_to_anybody_at_the_houses_expense():
    keys = jax.random.split(jax.random.key(0), 4000)
    sale = jax.vmap(RULES["trembling"].clear, in_axes=(0, None, None))(
        keys, jnp.asarray([0.0, 1.0, 1.0]), jnp.ones(3, bool)
    )
    winner = np.asarray(sale.winner)
    assert abs((winner == 0).mean() - 0.1) < 0.02
    assert (np.asarray(sale.receives) == 1.0).all()
    assert (np.asarray(sale.pays)[winner == 0] == 0.0).all()
    assert RULES["trembling"].without_exploration() is RULES["trembling"].auction


def test_one_bidder_pays_the_reserve():
    sale = clear("vickrey, reserve", [0.75, 0.25])
    assert (int(sale.winner), float(sale.pays), int(sale.runner_up)) == (0, 0.5, NOBODY)


def test_the_checker_finds_a_rule_that_sells_to_the_dead():
    class Careless(cx.core.AbstractAuction):
        def clear(self, key, bids, alive):
            winner = jnp.argmax(bids).astype(jnp.int32)
            return Sale(winner, jnp.max(bids), jnp.max(bids), winner)

    with pytest.raises(ConformanceError, match="Careless"):
        cx.check_auction(Careless())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cx.auctions.PostedPrice(-1.0), "PostedPrice: price must be >= 0"),
        (lambda: cx.auctions.Weighted(0.75, 0.5, 0.0, 0.0), "Weighted: weights of one price must be >= 0"),
        (lambda: cx.auctions.Lottery(0.0), "Lottery: temperature must be > 0"),
        (lambda: cx.auctions.Subsidised(cx.auctions.FirstPrice(), -0.5), r"Subsidised: share must lie in \[0, 1\]"),
        (lambda: cx.auctions.Trembling(cx.auctions.FirstPrice(), 1.5), r"Trembling: rate must lie in \[0, 1\]"),
    ],
)
def test_bad_settings_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_lottery_does_not_care_how_negative_a_bid_is():
    """A huge negative one used to swallow the differences between the others."""
    winners = {int(clear("lottery", [1.0, 0.0, -1e9], seed=k).winner) for k in range(20)}
    mild = {int(clear("lottery", [1.0, 0.0, -1.0], seed=k).winner) for k in range(20)}
    assert winners == mild
    counts = [int(clear("lottery", [4.0, 0.0, -1e9], seed=k).winner) for k in range(20)]
    assert counts == [0] * 20


@pytest.mark.parametrize("rule", [cx.auctions.Vickrey, cx.auctions.CreditConservingVickrey])
@pytest.mark.parametrize("reserve", [-0.5, float("nan")])
def test_a_bad_reserve_is_named(rule, reserve):
    with pytest.raises(ValueError, match=f"{rule.__name__}: reserve must be >= 0 credits"):
        rule(reserve=reserve)


def test_nobody_comes_second_to_itself():
    rule = cx.auctions.Trembling(cx.auctions.FirstPrice(), 1.0)
    keys = jax.random.split(jax.random.key(0), 32)
    sale = jax.vmap(rule.clear, in_axes=(0, None, None))(keys, jnp.asarray([0.5, 0.25]), jnp.ones(2, bool))
    assert set(sale.winner.tolist()) == {0, 1}
    assert (sale.winner != sale.runner_up).all()
