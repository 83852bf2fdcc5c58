"""Decentralized reinforcement learning: values, errors, books, and what is refused."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import catallax as cx
from catallax.classics import decentralized_rl, societal_values

CHAIN = cx.envs.Chain()


def tabular(key):
    return cx.agents.Tabular.society(CHAIN, clones=2, step=0.2, endowment=10_000.0)


@pytest.fixture(scope="module")
def result():
    rule = cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), 0.3)
    return decentralized_rl(
        CHAIN, auction=rule, society=tabular, ticks=40_000, batch=512, instances=16, looks=3, seeds=3
    )


def test_societal_values_are_the_fixed_points_computed_by_hand():
    np.testing.assert_allclose(societal_values(cx.envs.Bandit()), [[0.2, 0.4, 0.6, 0.8]], rtol=1e-6)
    chain = societal_values(CHAIN)
    np.testing.assert_allclose(chain[:5, 1], [0.7685, 0.7762, 0.7841, 0.7920, 0.8000], atol=5e-5)
    np.testing.assert_allclose(chain[:5, 0], [0.7608, 0.7608, 0.7685, 0.7762, 0.7841], atol=5e-5)
    assert np.isnan(chain[5]).all()
    # both bids of state 1 would exceed 1: a tie
    np.testing.assert_allclose(societal_values(cx.envs.Duality())[:2], [[0, 1], [1, 1]], atol=1e-6)
    scaled = societal_values(cx.envs.Duality(scale=0.016))[:2]
    np.testing.assert_allclose(scaled, [[0, 0.8], [0.8, 0.7968]], atol=1e-4)


def test_bids_reach_the_values_and_the_books_close(result):
    values = societal_values(CHAIN)
    assert result.bids.shape == (3, 3, 6, 2) and result.returns.shape == (3, 3)
    assert result.ticks.tolist() == [13_312, 26_624, 39_936]
    assert result.price_error(values).values.max() < 0.02
    assert result.bid_error(values).mean() < 0.02
    assert result.state.ledger.audit() == 0
    played = cx.evaluate(result.policy(1), CHAIN, episodes=4, key=jax.random.key(0))
    assert played.mean_total == pytest.approx(0.8)


def test_training_goes_on_where_it_stood(result):
    again = decentralized_rl(
        CHAIN, auction=result.auction, ticks=512, batch=512, instances=16, looks=1, seeds=3, after=result
    )
    np.testing.assert_allclose(again.bids[:, -1], result.bids[:, -1], atol=0.01)
    with pytest.raises(ValueError, match=r"seeds=2, but `after` holds 3 societies"):
        decentralized_rl(CHAIN, seeds=2, after=result)
    with pytest.raises(ValueError, match=r"society or after, not both"):
        decentralized_rl(CHAIN, seeds=3, society=tabular, after=result)
    for other in (cx.envs.Chain(cells=5), cx.envs.Duality()):
        with pytest.raises(ValueError, match=r"`after` learned in .* same observations and actions"):
            decentralized_rl(other, seeds=3, after=result)


def test_training_goes_on_under_the_same_auction(result):
    again = decentralized_rl(CHAIN, ticks=512, batch=512, instances=16, looks=1, seeds=3, after=result)
    assert again.auction is result.auction


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"seeds": 0}, "seeds must be at least 1"),
        ({"looks": 0}, "looks must be at least 1"),
        ({"ticks": 4_096, "looks": 2}, "ticks=4096 must hold one batch=4096 per look, of which there are 2"),
        ({"batch": 8, "instances": 16}, "raise ticks or lower looks, batch or instances"),
    ],
)
def test_bad_arguments_are_named(arguments, says):
    with pytest.raises(ValueError, match=says):
        decentralized_rl(CHAIN, **arguments)


def test_hidden_states_have_no_single_value():
    with pytest.raises(ValueError, match="TMaze hides its states"):
        societal_values(cx.envs.TMaze(2))
