"""The deep market against Algorithm 1 written out by hand, and its laws."""

from __future__ import annotations

from fractions import Fraction

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import catallax as cx
from catallax.core import NOBODY, AbstractAgent, AbstractEnv, Discrete, Step, money
from catallax.markets import MarketError, raise_fault


class Ring(AbstractEnv):
    """Cells in a ring; the action is how far to move; landing on cell 0 pays, on the last one costs."""

    cells: int = eqx.field(static=True, default=5)
    discount: float = 0.5
    lifetime: int = 7
    reward: float = 1.0
    loss: float = 0.25

    @property
    def observation_space(self) -> Discrete:
        return Discrete(self.cells)

    @property
    def action_space(self) -> Discrete:
        return Discrete(3)

    def reset(self, key):
        state = (jnp.asarray(1, jnp.int32), jnp.asarray(0, jnp.int32))
        return state, state[0]

    def step(self, key, state, action):
        cell, time = (state[0] + action) % self.cells, state[1] + 1
        reward = jnp.where(cell == 0, self.reward, jnp.where(cell == self.cells - 1, -self.loss, 0.0))
        return Step((cell, time), cell, reward, cell == 0, time >= self.lifetime, {})


class Bidder(AbstractAgent):
    """Bids a different amount in every cell."""

    bids: jax.Array
    action: jax.Array

    def bid(self, key, obs):
        return self.bids[obs]

    def act(self, key, obs):
        return self.action


def society(bids, endowment=4.0, clones=1):
    agents = [Bidder(jnp.asarray(row, jnp.float32), jnp.asarray(k % 3, jnp.int32)) for k, row in enumerate(bids)]
    return cx.Cohort.stack(agents, endowment=endowment, clones=clones)


def run_rounds(market, env, instances, rounds, seed=0):
    key = jax.random.key(seed)
    state = market.init(env, instances, key)

    @jax.jit
    def go(state):
        return jax.lax.fori_loop(0, rounds, lambda _, s: market.round(env, s, key)[0], state)

    return go(state)


def algorithm_one(bids, ticks, endowment, discount, env):
    """Algorithm 1 in exact fractions: first price, one instance, distinct bids, so no ties."""
    grain = Fraction(1, 2**20)

    def on_grain(x):
        return round(Fraction(x) / grain) * grain

    wealth = [Fraction(endowment)] * len(bids)
    house, world, default = -sum(wealth), Fraction(0), Fraction(0)
    cell, time, owner, closing = 1, 0, None, False
    for _ in range(ticks):
        offers = [min(on_grain(row[cell]), w) for row, w in zip(bids, wealth, strict=True)]
        best = max(offers)
        assert offers.count(best) == 1, "a tie would be broken at random"
        winner = offers.index(best)
        received = on_grain(Fraction(discount) * best)
        if owner is not None:
            wealth[owner] += received
            house -= received
        if closing:
            cell, time, owner, closing = 1, 0, None, False
            continue
        wealth[winner] -= best
        house += best
        cell, time = (cell + winner % 3) % env.cells, time + 1
        reward = Fraction(env.reward) if cell == 0 else -Fraction(env.loss) if cell == env.cells - 1 else Fraction(0)
        world -= reward
        wealth[winner] += reward
        if wealth[winner] < 0:
            default += wealth[winner]
            wealth[winner] = Fraction(0)
        owner = winner
        if cell == 0:
            cell, time, owner = 1, 0, None
        elif time >= env.lifetime:
            closing = True
    return wealth, house, world, default


@pytest.mark.parametrize("endowment", [4.0, 1.875])
def test_one_instance_is_algorithm_one(endowment):
    rng = np.random.default_rng(3)
    bids = rng.uniform(0.05, 0.95, (5, 5)).astype(np.float32)
    env = Ring(loss=0.75)
    market = cx.DeepMarket(society(bids, endowment), cx.auctions.FirstPrice(), round_ticks=10)
    state = run_rounds(market, env, 1, 3)
    wealth, house, world, default = algorithm_one(bids.tolist(), 30, endowment, 0.5, env)
    assert (money.exact(state.ledger.agents) == [int(w * 2**20) for w in wealth]).all()
    books = (state.ledger.house, state.ledger.world, state.ledger.default)
    assert [int(money.exact(b)) for b in books] == [int(x * 2**20) for x in (house, world, default)]
    assert state.ledger.imbalance == 0


def test_truncation_is_settled_by_the_house():
    bids = [[0.5] * 5, [0.25] * 5]  # the first always wins and stands still
    env = Ring(lifetime=3)
    market = cx.DeepMarket(society(bids), cx.auctions.FirstPrice(), round_ticks=4)
    state = run_rounds(market, env, 1, 1)
    # three purchases of 0.5, three sales at the discounted price, the last one to the house
    assert int(money.exact(state.ledger.agents)[0]) == int((4 - 3 * 0.5 + 3 * 0.25) * 2**20)
    assert int(state.tally.episodes.sum()) == 1
    assert int(state.owner[0]) == NOBODY


def test_wealth_is_split_over_instances():
    bids = [[50.0] * 5, [0.5] * 5]  # the first would pay all it has, everywhere
    market = cx.DeepMarket(society(bids, endowment=1.0), cx.auctions.FirstPrice(), round_ticks=1, discount=0.0)
    state = run_rounds(market, Ring(), 8, 1)
    assert np.asarray(state.pending.pays == 1.0).all()
    assert (np.asarray(state.ledger.wealth) >= 0).all()
    assert state.ledger.imbalance == 0


def test_default_carries_what_a_bankrupt_agent_cannot():
    bids = [[-1.0] * 5, [-1.0] * 5, [1.0] * 5]  # only the agent that moves by two takes part: 1, 3, 0
    env = Ring(cells=4, loss=2.0)
    market = cx.DeepMarket(society(bids, endowment=1.0), cx.auctions.FirstPrice(), round_ticks=1, discount=0.0)
    state = run_rounds(market, env, 1, 1)
    assert int(money.exact(state.ledger.agents)[2]) == 0
    assert int(money.exact(state.ledger.default)) == -2 * 2**20
    assert state.ledger.imbalance == 0


def test_nobody_bids_abandons_the_world():
    market = cx.DeepMarket(society([[-1.0] * 5]), cx.auctions.FirstPrice(), round_ticks=4)
    state = run_rounds(market, Ring(), 2, 1)
    assert int(state.tally.unsold.sum()) == 8
    assert int(state.tally.sales.sum()) == 0


def test_a_leak_of_one_grain_is_found():
    market = cx.DeepMarket(society([[0.5] * 5]), cx.auctions.FirstPrice(), round_ticks=4)
    state = run_rounds(market, Ring(), 2, 1)
    leaky = eqx.tree_at(lambda b: b.house.grains, state.ledger, state.ledger.house.grains + 1)
    assert state.ledger.imbalance == 0
    assert leaky.imbalance == 1


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_bad_bids_are_named(bad):
    market = cx.DeepMarket(society([[0.5] * 5, [0.5, bad, 0.5, 0.5, 0.5]]), cx.auctions.FirstPrice(), round_ticks=4)
    state = run_rounds(market, Ring(), 2, 1)
    with pytest.raises(MarketError, match=r"agent 1 bid NaN or infinity \(tick 0, instance 0\)"):
        raise_fault(state, "Ring")


def test_a_bid_that_no_transfer_can_move_is_named():
    market = cx.DeepMarket(society([[5.0] * 5, [3e5] * 5], endowment=1e6), cx.auctions.FirstPrice(), round_ticks=4)
    with pytest.raises(MarketError, match=r"agent 1 bid, and could pay, more than 2\*\*18 coins.*larger `coin`"):
        raise_fault(run_rounds(market, Ring(), 1, 1), "Ring")
    coarse = cx.DeepMarket(market.cohorts, market.auction, round_ticks=4, coin=2.0)
    raise_fault(run_rounds(coarse, Ring(), 1, 1), "Ring")
    # who cannot pay so much is capped by its wealth, as ever
    poor = cx.DeepMarket(society([[3e5] * 5], endowment=1e3), market.auction, round_ticks=4)
    raise_fault(run_rounds(poor, Ring(), 1, 1), "Ring")


def test_bad_rewards_are_named():
    market = cx.DeepMarket(society([[0.5] * 5, [0.6] * 5]), cx.auctions.FirstPrice(), round_ticks=8)
    state = run_rounds(market, Ring(loss=float("nan")), 2, 1)
    with pytest.raises(MarketError, match="Ring returned a NaN or infinite reward"):
        raise_fault(state, "Ring")


def test_overflow_is_named():
    market = cx.DeepMarket(society([[0.5] * 5], endowment=2.0**30), cx.auctions.FirstPrice(), round_ticks=1)
    with pytest.raises(OverflowError, match="larger `coin`"):
        raise_fault(run_rounds(market, Ring(), 4, 1), "Ring")


def test_a_larger_coin_carries_larger_sums():
    market = cx.DeepMarket(
        society([[0.5] * 5], endowment=2.0**30), cx.auctions.FirstPrice(), round_ticks=1, coin=1024.0
    )
    state = run_rounds(market, Ring(), 4, 1)
    assert state.ledger.audit() == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"discount": 1.5}, r"discount must lie in \[0, 1\], got 1.5"),
        ({"discount": float("nan")}, r"discount must lie in \[0, 1\]"),
        ({"round_ticks": 0}, "round_ticks must be at least 1"),
        ({"coin": 3.0}, "power of two"),
    ],
)
def test_bad_settings_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        market = cx.DeepMarket(society([[0.5] * 5]), cx.auctions.FirstPrice(), **arguments)
        market.init(Ring(), 1, jax.random.key(0))


def test_an_empty_population_needs_an_entry_rule():
    cohort = cx.Cohort.empty(Bidder(jnp.zeros(5), jnp.zeros((), jnp.int32)), 4)
    with pytest.raises(ValueError, match="no agent is alive"):
        cx.DeepMarket(cohort, cx.auctions.FirstPrice())


def test_a_bid_of_the_wrong_shape_is_named():
    class Wide(Bidder):
        def bid(self, key, obs):
            return self.bids

    cohort = cx.Cohort.stack([Wide(jnp.zeros(5), jnp.zeros((), jnp.int32))])
    with pytest.raises(ValueError, match=r"Wide.*scalar"):
        run_rounds(cx.DeepMarket(cohort, cx.auctions.FirstPrice()), Ring(), 2, 1)


def test_cohorts_of_different_kinds_trade_with_each_other():
    first, second = society([[0.5] * 5] * 3), society([[0.25] * 5, [0.75] * 5, [0.1] * 5], clones=2)
    market = cx.DeepMarket((first, second), cx.auctions.CreditConservingVickrey(), round_ticks=8)
    state = run_rounds(market, Ring(), 4, 2)
    # the two clones of the third bidder (slots 5 and 6) outbid everybody and move by one
    assert set(np.flatnonzero(np.asarray(state.lives.wins))) == {5, 6}
    assert state.ledger.imbalance == 0


class Fan(cx.core.AbstractConsumer):
    wealth: float
    income: float
    cell: int

    def value(self, obs, wealth, delivered):
        return jnp.where(obs == self.cell, 0.5, 0.0)


def test_consumers_pay_until_their_purse_is_empty():
    market = cx.DeepMarket(
        society([[0.0] * 5, [0.25] * 5]), cx.auctions.FirstPrice(), consumers=[Fan(2.0, 0.0, 2)], round_ticks=32
    )
    state = run_rounds(market, Ring(reward=0.0, loss=0.0), 1, 2)
    assert int(money.exact(state.ledger.consumers)[0]) == 0
    assert state.ledger.imbalance == 0


def test_a_consumer_in_the_place_of_the_reward_changes_nothing_else():
    """Who pays 1 credit for a state makes the same sales, to the last grain, as a world that rewards it with 1 credit."""
    bids = [[0.3] * 5, [0.1, 0.9, 0.6, 0.1, 0.8], [0.1, 0.5, 0.4, 0.8, 0.2]]  # 1, 2, 3, and by two steps to 0
    paid = cx.DeepMarket(society(bids), cx.auctions.FirstPrice(), round_ticks=16)
    served = cx.DeepMarket(society(bids), cx.auctions.FirstPrice(), consumers=[Patron(500.0, 0.0, 0)], round_ticks=16)
    one, two = run_rounds(paid, Ring(loss=0.0), 2, 2), run_rounds(served, Ring(reward=0.0, loss=0.0), 2, 2)
    assert (money.exact(one.ledger.agents) == money.exact(two.ledger.agents)).all()
    assert (np.asarray(one.lives.wins) == np.asarray(two.lives.wins)).all()
    spent = 500 * 2**20 - int(money.exact(two.ledger.consumers)[0])
    assert spent == -int(money.exact(one.ledger.world)) >= 2 * 2**20


class Patron(Fan):
    def value(self, obs, wealth, delivered):
        return jnp.where(obs == self.cell, 1.0, 0.0)


def test_rent_ends_a_holdout_in_a_time_of_one_over_the_rate():
    """Who holds a world by outbidding all others pays itself, for ever; rent takes its means away, at half the rate in twice the time."""
    ring, key = Ring(discount=1.0, lifetime=10_000), jax.random.key(0)
    society_of_two = society([[1.0] * 5, [0.5] * 5])  # the first stands still
    rented = cx.DeepMarket(society_of_two, cx.auctions.FirstPrice(), (cx.levies.Rent(0.5),), round_ticks=160)

    @eqx.filter_jit
    def sold(rate):
        market = eqx.tree_at(lambda m: m.levies[0].rate, rented, rate)
        return market.round(ring, market.init(ring, 1, key), key, tracked=1)[1].winner[:, 0]

    lost = [np.flatnonzero(np.asarray(sold(jnp.asarray(rate))) == 1) for rate in (0.0, 0.025, 0.05, 0.1)]
    assert lost[0].size == 0
    first = np.array([ticks[0] for ticks in lost[1:]])
    np.testing.assert_allclose(first[:-1] / first[1:], 2, rtol=0.15)


def test_levies_go_to_the_house():
    levies = (cx.levies.Rent(0.1), cx.levies.WealthTax(0.01), cx.levies.BidFee(0.001))
    market = cx.DeepMarket(society([[0.25] * 5, [0.5] * 5]), cx.auctions.FirstPrice(), levies, round_ticks=16)
    taxed = run_rounds(market, Ring(), 2, 2)
    free = run_rounds(cx.DeepMarket(society([[0.25] * 5, [0.5] * 5]), cx.auctions.FirstPrice()), Ring(), 2, 2)
    assert float(taxed.ledger.wealth.sum()) < float(free.ledger.wealth.sum())
    assert taxed.ledger.imbalance == 0


def test_same_key_same_run():
    market = cx.DeepMarket(society([[0.5] * 5] * 4), cx.auctions.FirstPrice())
    one, two = (run_rounds(market, Ring(), 4, 3, seed=5) for _ in range(2))
    assert all(
        (np.asarray(a) == np.asarray(b)).all() for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(two), strict=True)
    )
    other = run_rounds(market, Ring(), 4, 3, seed=6)
    assert (np.asarray(one.lives.wins) != np.asarray(other.lives.wins)).any()


def test_a_large_population_is_cleared_in_blocks_to_the_same_books(monkeypatch):
    rng = np.random.default_rng(0)
    market = cx.DeepMarket(society(rng.uniform(0, 1, (64, 5))), cx.auctions.FirstPrice(), round_ticks=8)
    whole = run_rounds(market, Ring(), 8, 2)
    monkeypatch.setattr("catallax.markets._sales._BLOCK", 100)
    blocks = run_rounds(market, Ring(), 8, 2)
    assert (money.exact(whole.ledger.agents) == money.exact(blocks.ledger.agents)).all()


def test_endowments_that_wrap_together_are_overflow():
    crowd = cx.Cohort(society([[0.5] * 5] * 1024).individuals, jnp.ones(1024, bool), 2.0**14)
    state = cx.DeepMarket(crowd, cx.auctions.FirstPrice()).init(Ring(), 256, jax.random.key(0))
    with pytest.raises(OverflowError):
        raise_fault(state, "Ring")


def test_a_grain_lost_inside_a_tick_stops_the_training(monkeypatch):
    transfer = cx.core.Ledger.transfer

    def leaking(ledger, *arguments):
        booked = transfer(ledger, *arguments)
        return eqx.tree_at(lambda b: b.house.grains, booked, booked.house.grains - 1)

    monkeypatch.setattr(cx.core.Ledger, "transfer", leaking)
    market = cx.DeepMarket(society([[0.5] * 5]), cx.auctions.FirstPrice(), round_ticks=7)
    with pytest.raises(MarketError, match="imbalance 7 grains"):
        cx.train(market, Ring(), ticks=7 * 3 * 2, instances=3, key=jax.random.key(0), chunks=2)


def test_books_that_do_not_close_are_a_fault():
    state = cx.DeepMarket(society([[0.5] * 5]), cx.auctions.FirstPrice()).init(Ring(), 2, jax.random.key(0))
    leaky = eqx.tree_at(lambda b: b.house.grains, state.ledger, state.ledger.house.grains + 1)
    with pytest.raises(MarketError, match="imbalance 1 grains"):
        raise_fault(state._replace(ledger=leaky), "Ring")


@pytest.mark.parametrize(("bid", "coin"), [(-1.0, 2.0**21), (-1e-9, 1.0)])
def test_a_negative_bid_abstains_however_small(bid, coin):
    market = cx.DeepMarket(society([[bid] * 5]), cx.auctions.FirstPrice(), round_ticks=2, coin=coin)
    assert int(run_rounds(market, Ring(), 1, 1).tally.sales.sum()) == 0


class Listener(Bidder):
    """Learns nothing, but is told its bids."""

    def learn(self, key, experience):
        return self


def listeners(bids, endowment):
    agents = [Listener(jnp.full(5, bid), jnp.asarray(k % 3, jnp.int32)) for k, bid in enumerate(bids)]
    return cx.Cohort.stack(agents, endowment=endowment)


def test_a_bid_that_wealth_capped_is_told_as_no_free_choice():
    cohort = listeners([0.25, 0.5, 8.0, -1.0], 0.5)
    state = run_rounds(cx.DeepMarket(cohort, cx.auctions.FirstPrice(), round_ticks=1), Ring(), 2, 1)
    assert state.pending.bids[0].tolist() == [[0.25, 0.5, 0.0, -1.0]] * 2
    assert state.pending.pays.tolist() == [0.5, 0.5]


def test_the_bids_of_the_dead_are_forgotten():
    class Second(cx.core.AbstractExit):
        def leavers(self, population):
            return jnp.arange(population.alive.shape[0]) == 1

    market = cx.DeepMarket(listeners([0.5, 0.25], 4.0), cx.auctions.FirstPrice(), exits=[Second()], round_ticks=1)
    assert run_rounds(market, Ring(), 1, 1).pending.bids[0].tolist() == [[0.5, -1.0]]


def test_entry_and_exit_see_the_price_of_the_last_round_alone():
    class Steady(cx.core.AbstractExit):
        """Everybody leaves unless the mean price of the last round was 0.25."""

        def leavers(self, population):
            return jnp.broadcast_to(population.price != 0.25, population.alive.shape)

    market = cx.DeepMarket(society([[0.25] * 5]), cx.auctions.FirstPrice(), exits=[Steady()], round_ticks=2)
    state = market.init(Ring(), 2, jax.random.key(0))
    state = state._replace(tally=state.tally._replace(price=jnp.full(2, 8.0), sales=jnp.full(2, 4, jnp.int32)))
    state, _ = market.round(Ring(), state, jax.random.key(0))
    assert state.cohorts[0].alive.all()
    assert (state.tally.price.tolist(), state.tally.sales.tolist()) == ([8.5, 8.5], [6, 6])


@pytest.mark.parametrize("due", [float("nan"), -1.0])
def test_bad_levies_are_named(due):
    class Odd(cx.core.AbstractLevy):
        def collect(self, key, wealth, tick):
            return jnp.full_like(wealth, due)

    levies = (cx.levies.Rent(0.1), Odd())
    market = cx.DeepMarket(society([[0.5] * 5]), cx.auctions.FirstPrice(), levies, round_ticks=1)
    with pytest.raises(MarketError, match=r"levies\[1\] asked for NaN or a negative amount \(tick 0\)"):
        raise_fault(run_rounds(market, Ring(), 1, 1), "Ring")


def test_an_inherited_world_is_no_opening():
    market = cx.DeepMarket(society([[0.5] * 5]), cx.auctions.FirstPrice(), round_ticks=1)
    state = market.init(Ring(), 2, jax.random.key(0))._replace(episode_length=jnp.asarray([0, 3], jnp.int32))
    assert market.round(Ring(), state, jax.random.key(0))[0].tally.openings.tolist() == [1, 0]
