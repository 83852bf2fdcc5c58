"""Zero intelligence: exact numbers of the schedules, and the promise of each kind of trader."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.agents._zip import moves
from catallax.core import BUYER, SELLER, Limit, Shout

ONE_EACH = cx.envs.Schedule.linear((190, 10), (60, 60), units=24, traders=24)


@pytest.fixture(scope="module")
def flat():
    """ZI-U, ZI-C and, with one unit each, ZIP where supply is flat."""
    make = cx.classics.zero_intelligence
    return {
        "ZI-U": make(cx.envs.FLAT_SUPPLY, traders=cx.agents.ZIU(), periods=1, markets=40),
        "ZI-C": make(cx.envs.FLAT_SUPPLY, periods=1, markets=40),
        "ZIP": make(ONE_EACH, traders=cx.agents.ZIP(), periods=8, markets=20, quotes=1_000),
    }


def test_without_a_budget_every_unit_is_traded_and_efficiency_is_a_constant(flat):
    schedule, result = cx.envs.FLAT_SUPPLY, flat["ZI-U"]
    everything = (schedule.values.sum() - schedule.costs.sum()) / schedule.surplus
    assert (result.trades == 24).all() and (result.efficiency == everything).all()
    assert round(100 * everything, 1) == 83.4


def test_a_budget_makes_trade_efficient_and_leaves_the_price_wrong(flat):
    result = flat["ZI-C"]
    assert result.efficiency.mean() >= 0.98 and result.efficiency.max() <= 1
    assert 85 < result.mean_price.mean() < 95
    assert (result.profit >= 0).all()


def test_zip_finds_the_price(flat):
    result = flat["ZIP"]
    assert abs(result.mean_price[:, -1].mean() - 60) < 1 and result.mean_price[:, 0].mean() > 65
    assert result.alpha[:, -1].mean() < 3 < result.alpha[:, 0].mean()
    path = result.path()
    assert np.nanmax(path) < 63 and np.isfinite(path).sum() == 17
    assert "last period: efficiency 100.0 %, price 60." in result.table()


@pytest.mark.parametrize("side", [BUYER, SELLER])
def test_whose_margins_move(side):
    """All cases of the rule, for a trader who would quote 100; worse: less for the buyer's chances, more for the seller's."""

    def told(heard_side, accepted, price, open_=True):
        limit = Limit(jnp.int32(100), jnp.int32(side), jnp.asarray(open_))
        shout = Shout(jnp.int32(price), jnp.int32(heard_side), jnp.asarray(accepted), jnp.asarray(True))
        return tuple(bool(x) for x in moves(jnp.int32(100), limit, shout))

    better, worse = 100 - 10 * side, 100 + 10 * side  # a price better and one worse for this side
    assert told(-side, True, better) == told(side, True, better) == (True, False)
    assert told(side, True, better, open_=False) == (True, False)
    assert told(-side, True, worse) == (False, True)
    assert told(side, True, worse) == (False, False)
    assert told(side, False, worse) == (False, True)
    assert told(-side, False, worse) == told(side, False, better) == (False, False)
    assert told(-side, True, worse, open_=False) == (False, False)
    assert told(side, False, 100) == (False, True)  # its own quote, refused


def test_one_correction_by_hand():
    """β 0.5, γ 0, no noise: a seller with cost 50 and margin 0.5 moves halfway from 75 to the trade at 95."""
    trader = cx.agents.ZIP(relative=0.0, absolute=0.0)
    state = cx.agents.Margin(*(jnp.float32(x) for x in (0.5, 0.0, 0.5, 0.0)))
    limit = Limit(jnp.int32(50), jnp.int32(SELLER), jnp.asarray(True))
    shout = Shout(jnp.int32(95), jnp.int32(BUYER), jnp.asarray(True), jnp.asarray(True))
    after = trader.learn(jnp.uint32(0), state, limit, shout)
    assert float(after.margin) == pytest.approx(0.7) and float(after.change) == pytest.approx(10)
    unheard = trader.learn(jnp.uint32(0), state, limit, shout._replace(heard=jnp.asarray(False)))
    assert float(unheard.margin) == 0.5


def test_measures_by_hand():
    prices = np.array([[55, 65, 0], [0, 0, 0]])
    assert cx.markets.smiths_alpha(prices, 60.0)[0] == pytest.approx(100 * 5 / 60)
    assert cx.markets.mean_price(prices)[0] == 60 and np.isnan(cx.markets.mean_price(prices)[1])
    assert np.array_equal(cx.markets.price_path(prices), [55, 65, np.nan], equal_nan=True)
    assert cx.markets.allocative_efficiency(np.array([[3, 2]]), 10)[0] == 0.5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cx.classics.zero_intelligence(ONE_EACH, markets=0), "zero_intelligence: markets must be at least 1"),
        (lambda: cx.markets.allocative_efficiency(np.array([1]), 0), "allocative_efficiency: surplus must be positive"),
        (lambda: cx.markets.smiths_alpha(np.array([1]), 0.0), "smiths_alpha: equilibrium must be positive"),
    ],
)
def test_bad_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_markets_run_in_parts_and_are_the_same_ones(monkeypatch):
    settings = {"periods": 1, "quotes": 60, "key": 3}
    monkeypatch.setattr("catallax.classics._zero_intelligence._TOGETHER", 3)
    parts = cx.classics.zero_intelligence(ONE_EACH, markets=8, **settings)
    whole = cx.classics.zero_intelligence(ONE_EACH, markets=3, **settings)
    assert parts.prices.shape[0] == parts.profit.shape[0] == 8
    assert (parts.prices[:3] == whole.prices).all() and len({path.tobytes() for path in parts.prices}) == 8
