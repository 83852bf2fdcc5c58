"""The rights of one tick: each is sold whole, and its new owner acts with it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from catallax.core import NOBODY, AbstractEnv, Step, Transfer, money
from catallax.markets import _faults as faults
from catallax.markets._learning import experience
from catallax.markets._sales import bids_on, capped, efforts_on
from catallax.markets._tick import TickKeys, act
from catallax.markets.wide._state import Deed, WideState

if TYPE_CHECKING:
    from catallax.markets.wide._wide import WideMarket


class Deal(NamedTuple):
    """Outcome of the sales of all rights."""

    winner: Int[Array, " rights"]
    pays: Float[Array, " rights"]
    """Credits."""
    receives: Float[Array, " rights"]
    """What the seller gets, after discount, credits."""
    bids: Float[Array, "rights actors"]
    """What everybody said, 0 where wealth capped it, credits."""
    own_bid: Float[Array, " rights"]
    """The winner's, credits."""
    placed: Int[Array, " actors"]
    """For how many rights each bid."""
    effort: Float[Array, " actors"]
    """Steps of each actor's program; 0 unless a levy asks."""


def nothing(market: WideMarket) -> Deal:
    """What is sold where there are no rights."""
    none, actors = jnp.zeros(0), market.actor_slots
    nobody = jnp.zeros(0, jnp.int32)
    return Deal(nobody, none, none, jnp.zeros((0, actors)), none, jnp.zeros(actors, jnp.int32), jnp.zeros(actors))


def sell(
    market: WideMarket, env: AbstractEnv, state: WideState, wealth: Float[Array, " actors"], keys: TickKeys
) -> tuple[WideState, Deal]:
    """Every right goes to a highest bidder, at a price between the second and the highest bid.

    Values of rights add up, so that this is their equilibrium; which price of those that support it is paid is up to the auction.
    `wealth` is what each actor may spend on one right: its wealth before it was paid for goods, split evenly over the rights, as over
    the instances of a deep market.
    """
    actors, alive = state.actors, jnp.concatenate([cohort.alive for cohort in state.actors])
    assert market.auction is not None
    auction, caps = market.auction, wealth
    asked = any(levy.asks_effort for levy in market.levies)
    most = jnp.where(caps < money.LARGEST_TRANSFER * market.coin, jnp.finfo(jnp.float32).max, caps)

    def one(keys: tuple[Key[Array, ""], Key[Array, ""]], obs: PyTree) -> tuple:
        raw = bids_on(actors, keys[0], obs)
        bids = capped(raw, caps, market.coin)
        place = jnp.arange(bids.shape[0], dtype=jnp.int32)
        bad = jnp.max(jnp.where(alive & ~((raw <= most) & (raw > -jnp.inf)), place, -1))
        kept = jnp.where(money.quantise(raw, market.coin) > caps, 0.0, bids)
        sale = auction.clear(keys[1], bids, alive)
        own, placed = bids[jnp.maximum(sale.winner, 0)], (bids >= 0) & alive
        effort = efforts_on(actors, obs, alive) if asked else jnp.zeros(bids.shape[0])
        return sale, kept, bad, raw[jnp.maximum(bad, 0)], own, placed, effort

    sale, kept, bad, bad_bid, own, placed, effort = jax.vmap(one)((keys.bids, keys.auction), state.obs)
    sold = (sale.winner != NOBODY) & ~state.closing
    discount = env.discount if market.discount is None else market.discount
    deal = Deal(
        jnp.where(sold, sale.winner, NOBODY),
        jnp.where(sold, sale.pays, 0.0),
        money.quantise(discount * sale.receives, market.coin),
        kept,
        jnp.where(sale.winner != NOBODY, own, 0.0),
        jnp.sum(placed, axis=0, dtype=jnp.int32),
        jnp.sum(jnp.round(effort), axis=0),
    )
    fault = faults.check_bids(state.fault, bad, bad_bid, state.tick)
    return state._replace(fault=faults.note(fault, faults.NOBODY_ALIVE, ~jnp.any(alive), state.tick)), deal


def exercise(
    market: WideMarket, env: AbstractEnv, state: WideState, deal: Deal, keys: TickKeys
) -> tuple[WideState, Step, Float[Array, " rights"]]:
    """The new owners act, each on its own part; buyers pay, sellers are paid, and the world pays the new owners."""
    action = jax.vmap(partial(act, state.actors))(keys.act, state.obs, jnp.maximum(deal.winner, 0))
    step = env.step_many(keys.step, state.world, action)
    sold = deal.winner != NOBODY
    reward = money.quantise(jnp.where(sold, step.reward, 0.0).astype(jnp.float32), market.coin)
    fault = faults.check_rows(state.fault, faults.BAD_REWARD, ~jnp.isfinite(reward), state.tick)
    fault = faults.check_rows(
        fault, faults.BAD_OBSERVATION, faults.any_nan(step.obs, reward.shape[0]) & sold, state.tick
    )
    ledger = state.ledger.transfer(
        Transfer("house", deal.winner, -deal.pays),
        Transfer("house", state.owner, deal.receives),
        Transfer("world", deal.winner, reward),
    )
    return state._replace(ledger=ledger, fault=fault), step, reward


def learn(
    market: WideMarket, state: WideState, deal: Deal, prices: Float[Array, " goods"], keys: TickKeys
) -> WideState:
    """The last owners learn what their rights brought: reward, what they made at today's prices, and the resale."""
    if not any(cohort.learns for cohort in state.actors):
        return state
    deed, cohorts, start = state.deed, [], 0
    brought = (deed.made @ prices).astype(deed.reward.dtype) + deed.reward if market.goods else deed.reward
    resale = jnp.where(deed.ended, 0.0, deal.receives)
    for place, cohort in enumerate(state.actors):
        stop = start + cohort.capacity
        if cohort.learns:
            rows = experience(cohort, deed._replace(reward=brought), deed.bids[:, start:stop], start, resale)
            cohort = cohort.learn(jax.random.fold_in(keys.learn, place), rows)
        cohorts.append(cohort)
        start = stop
    return state._replace(actors=tuple(cohorts))


def hand_over(
    env: AbstractEnv,
    state: WideState,
    deal: Deal,
    step: Step,
    reward: Float[Array, " rights"],
    keys: TickKeys,
    goods: int,
) -> WideState:
    """The worlds that go on change hands, those that are over start again with the house."""
    sold = deal.winner != NOBODY
    ended = sold & step.terminated
    closing = sold & step.truncated & ~step.terminated
    reset = ended | ~sold
    made = made_by(step, deal.winner, goods)
    world, obs = env.reset_where(keys.reset, reset, step.state, step.obs)
    return state._replace(
        world=world,
        obs=obs,
        owner=jnp.where(reset, NOBODY, deal.winner),
        closing=closing,
        deed=Deed(state.obs, deal.bids, deal.winner, deal.pays, reward, made, ended, sold),
    )


def made_by(step: Step, winner: Int[Array, " rights"], goods: int) -> Float[Array, "rights goods"]:
    """Units that each right's owner made; nothing is made with a right that nobody bought."""
    if not goods:
        return jnp.zeros((winner.shape[0], 0))
    if "made" not in step.info:
        raise ValueError(
            f'WideMarket: a right\'s step must tell in info["made"] what it made of each of {goods} goods, axes [goods]; got {list(step.info)}.'
        )
    return jnp.where((winner != NOBODY)[:, None], step.info["made"], 0.0)
