"""One tick of a deep market, in the order of Algorithm 1."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, PyTree

from catallax.core import (
    NOBODY,
    AbstractConsumer,
    AbstractEnv,
    Cohort,
    Step,
    Tick,
    Transfer,
    money,
    split_by,
)
from catallax.markets import _faults as faults
from catallax.markets._attendance import attend_again
from catallax.markets._learning import Closed, close, learn_now
from catallax.markets._sales import Offers, auction_all, price_newcomers
from catallax.markets._sharding import on_every_device
from catallax.markets._state import MarketState, Pending, SaleRecord, Tally

if TYPE_CHECKING:
    from catallax.markets._deep import DeepMarket


class TickKeys(NamedTuple):
    """Keys of one tick, one per purpose, with an `instances` axis but for learning."""

    bids: Key[Array, " instances"]
    auction: Key[Array, " instances"]
    act: Key[Array, " instances"]
    step: Key[Array, " instances"]
    reset: Key[Array, " instances"]
    learn: Key[Array, ""]
    levies: Key[Array, ""]


def tick_keys(key: Key[Array, ""], ticks: int, instances: int) -> TickKeys:
    # drawn for a whole round at once: small draws inside the loop would dominate it
    purposes = split_by(key, *(f"tick {name}" for name in TickKeys._fields))
    shapes = [(ticks, instances)] * 5 + [(ticks,)] * 2
    return TickKeys(*(jax.random.split(k, shape) for k, shape in zip(purposes, shapes, strict=True)))


def tick(
    market: DeepMarket, env: AbstractEnv, state: MarketState, keys: TickKeys, tracked: int
) -> tuple[MarketState, tuple[SaleRecord, Closed | None]]:
    """One auction and one environment step in every instance, in the order of Algorithm 1."""
    if market.newcomers is not None:
        state = price_newcomers(market, state, keys.bids)
    offers = auction_all(market, state, keys.bids, keys.auction)
    state = state._replace(fault=faults.check_bids(state.fault, offers.bad_bidder, offers.bad_bid, state.tick))
    sold = (offers.winner != NOBODY) & ~state.closing
    winner = jnp.where(sold, offers.winner, NOBODY)
    pays = jnp.where(sold, offers.pays, 0.0)
    discount = market.discount_of(env)
    if env.lasting:
        discount = discount**state.pending.steps
    receives = money.quantise(discount * offers.receives, market.coin)
    action = jax.vmap(partial(act, state.cohorts))(keys.act, state.obs, jnp.maximum(winner, 0))
    step = env.step_many(keys.step, state.world, action)
    state, reward = _settle(market, state, step, winner, pays, receives)
    state = _levy(market, state, keys.levies, offers, winner, pays)
    closed = close(market, state, receives)
    state = learn_now(market, state, keys.learn, closed.resale)
    record = SaleRecord(state.obs, state.owner, winner, action, pays, receives, reward, step.terminated)
    price = jnp.where(sold, offers.receives, 0.0)
    steps = step.info["steps"] if env.lasting else ()
    pending = Pending(state.obs, offers.kept, winner, pays, price, reward, sold & step.terminated, sold, steps)
    state = _advance(market, env, state, keys.reset, step, pending)
    return state, (jax.tree.map(lambda x: x[:tracked], record), closed if market.settles_late else None)


def act(cohorts: tuple[Cohort, ...], key: Key[Array, ""], obs: PyTree, winner: Int[Array, ""]) -> PyTree:
    """The action of the agent that won one world; agents are counted over all cohorts."""
    action, start = cohorts[0].act(key, obs, winner), cohorts[0].capacity
    for cohort in cohorts[1:]:
        chosen = cohort.act(key, obs, winner - start)
        action = jax.tree.map(lambda new, old, m=winner >= start: jnp.where(m, new, old), chosen, action)
        start += cohort.capacity
    return action


def _settle(
    market: DeepMarket,
    state: MarketState,
    step: Step,
    winner: Int[Array, " instances"],
    pays: Float[Array, " instances"],
    receives: Float[Array, " instances"],
) -> tuple[MarketState, Float[Array, " instances"]]:
    """Buyer to house, house to seller, world and consumers to the new owner."""
    sold = winner != NOBODY
    reward = money.quantise(jnp.where(sold, step.reward, 0.0).astype(jnp.float32), market.coin)
    fault = faults.check_rows(state.fault, faults.BAD_REWARD, ~jnp.isfinite(reward), state.tick)
    unseen = faults.any_nan(step.obs, reward.shape[0]) & sold
    fault = faults.check_rows(fault, faults.BAD_OBSERVATION, unseen, state.tick)
    transfers = [
        Transfer("house", winner, -pays),
        Transfer("house", state.owner, receives),
        Transfer("world", winner, reward),
    ]
    for place, consumer in enumerate(market.consumers):
        paid, fault = _consume(market, state._replace(fault=fault), step, sold, place, consumer)
        transfers.append(Transfer(f"consumer {place}", winner, paid))
        reward = reward + paid
    ledger = state.ledger.transfer(*transfers)
    if market.consumers:
        ledger = ledger.pay_income(jnp.stack([jnp.asarray(c.income, jnp.float32) for c in market.consumers]))
    return state._replace(ledger=ledger, fault=fault), reward


def _consume(
    market: DeepMarket,
    state: MarketState,
    step: Step,
    sold: Bool[Array, " instances"],
    place: int,
    consumer: AbstractConsumer,
) -> tuple[Float[Array, " instances"], faults.Fault]:
    account = jax.tree.map(lambda x: x[place], state.ledger.consumers)
    purse = money.to_credits(account, market.coin)
    value = jax.vmap(consumer.value, in_axes=(0, None, 0))(consumer.seen(step), purse, step.terminated)
    bad = sold & ~(jnp.isfinite(value) & (value >= 0))
    fault = faults.check_rows(state.fault, faults.BAD_CONSUMER, bad, state.tick)
    cap = money.spendable(account, sold.shape[0], market.coin)
    paid = jnp.minimum(money.quantise(value, market.coin), cap)
    return jnp.where(sold, paid, 0.0), fault


def _levy(
    market: DeepMarket,
    state: MarketState,
    key: Key[Array, ""],
    offers: Offers,
    winner: Int[Array, " instances"],
    pays: Float[Array, " instances"],
) -> MarketState:
    ledger, fault = state.ledger, state.fault
    own_bid = jnp.where(winner == NOBODY, 0.0, offers.own_bid)
    # a levy may add up what an agent won in many instances
    winner, pays, own_bid = on_every_device((winner, pays, own_bid))
    # summed in whole steps, so that the order of the instances does not matter
    asked = not isinstance(offers.efforts, tuple)
    effort = jnp.sum(jnp.round(offers.efforts), axis=0) if asked else jnp.zeros(market.agents)
    for place, levy in enumerate(market.levies):
        seen = Tick(
            number=state.tick,
            winner=winner,
            price=pays,
            bid=own_bid,
            bids_placed=jnp.sum(offers.placed, axis=0, dtype=jnp.int32),
            effort=effort,
            total_wealth=money.to_credits(money.total(ledger.agents), market.coin),
        )
        alarm = ledger.overflow | money.beyond(ledger.agents)
        ledger = eqx.tree_at(lambda b: b.overflow, ledger, alarm)
        due = levy.collect(jax.random.fold_in(key, place), ledger.wealth, seen)
        fault = faults.note(fault, faults.BAD_LEVY, jnp.any(~(due >= 0)), state.tick, place)
        ledger = ledger.collect(due)
    return state._replace(ledger=ledger, fault=fault)


def _advance(
    market: DeepMarket,
    env: AbstractEnv,
    state: MarketState,
    keys: Key[Array, " instances"],
    step: Step,
    pending: Pending,
) -> MarketState:
    """Hand the worlds over, reset those that are over, count."""
    sold, ended, winner = pending.valid, pending.ended, pending.winner
    closing = sold & step.truncated & ~step.terminated
    reset = ended | ~sold
    world, obs = env.reset_where(keys, reset, step.state, step.obs)
    finished = ended | closing
    returns = state.episode_return + pending.reward
    lengths = state.episode_length + sold.astype(jnp.int32)
    # a world that the house inherited in mid-episode is not fresh
    opening = sold & (state.owner == NOBODY) & (state.episode_length == 0)
    t = state.tally
    tally = Tally(
        sales=t.sales + sold,
        price=t.price + pending.pays,
        openings=t.openings + opening,
        opening_price=t.opening_price + jnp.where(opening, pending.pays, 0.0),
        reward=t.reward + pending.reward,
        episodes=t.episodes + finished,
        returns=t.returns + jnp.where(finished, returns, 0.0),
        lengths=t.lengths + jnp.where(finished, lengths, 0),
        unsold=t.unsold + (~sold & ~state.closing),
        births=t.births,
        deaths=t.deaths,
        bankruptcies=t.bankruptcies,
        undone=t.undone,
    )
    slots = jnp.where(sold, winner, market.agents)
    lives = state.lives._replace(
        wins=state.lives.wins.at[slots].add(1, mode="drop"),
        last_win=state.lives.last_win.at[slots].set(state.tick, mode="drop"),
    )
    over = finished | ~sold
    return state._replace(
        world=world,
        obs=obs,
        owner=jnp.where(reset, NOBODY, winner),
        closing=closing,
        present=attend_again(market, state.cohorts, keys, reset, state.present),
        pending=pending,
        lives=lives,
        episode_return=jnp.where(over, 0.0, returns),
        episode_length=jnp.where(over, 0, lengths),
        tally=tally,
        tick=state.tick + 1,
    )
