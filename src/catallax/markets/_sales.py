"""The auctions of one tick: every agent bids on every world, capped by its wealth."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, PyTree

from catallax.core import ABSTAIN, Cohort, choose, money, split_by
from catallax.markets._state import MarketState

if TYPE_CHECKING:
    from catallax.markets._deep import DeepMarket

_BLOCK = 1 << 16
"""Bids worked on at once: more would leave the cache."""


class Offers(NamedTuple):
    """Outcome of the auctions, leading axis `instances`."""

    winner: Int[Array, " instances"]
    """Index on the agents axis, `NOBODY` when nobody bid."""
    pays: Float[Array, " instances"]
    """Credits."""
    receives: Float[Array, " instances"]
    """What the mechanism grants the seller, credits."""
    own_bid: Float[Array, " instances"]
    """The winner's own bid, credits."""
    bad_bidder: Int[Array, " instances"]
    """A living agent whose bid is not finite, or larger than a transfer that it could pay; -1 if there is none."""
    bad_bid: Float[Array, " instances"]
    """What it bid, credits."""
    kept: tuple[PyTree, ...]
    """Bids of each cohort that learns, 0 where its wealth capped them; empty for the others."""
    placed: PyTree
    """Who took part, axes `instances agents`; empty without levies."""
    efforts: PyTree
    """Steps of every agent's program, axes `instances agents`; empty unless a levy asks."""


def auction_all(
    market: DeepMarket,
    state: MarketState,
    bid_keys: Key[Array, " instances"],
    auction_keys: Key[Array, " instances"],
) -> Offers:
    """Sell every world: `b = min(bid, wealth / instances)`, then the auction's rule."""
    caps = state.ledger.caps(state.owner.shape[0])
    alive = jnp.concatenate([c.alive for c in state.cohorts])
    limit = money.LARGEST_TRANSFER * market.coin

    def sell(keys: tuple[Key[Array, ""], Key[Array, ""], PyTree, PyTree]) -> Offers:
        bid_key, auction_key, obs, present = keys
        raw = bids_on(state.cohorts, bid_key, obs)
        if market.attendance is not None:
            # not as if it were dead: who is away has made no bid to learn from either
            raw = jnp.where(present, raw, ABSTAIN)
        bids = capped(raw, caps, market.coin)
        free = jnp.where(money.quantise(raw, market.coin) > caps, 0.0, bids)
        sale = market.auction.clear(auction_key, bids, alive)
        place = jnp.arange(bids.shape[0], dtype=jnp.int32)
        most = jnp.where(caps < limit, jnp.finfo(jnp.float32).max, limit)
        bad = jnp.max(jnp.where(alive & ~((raw <= most) & (raw > -jnp.inf)), place, -1))
        placed = (bids >= 0) & alive if market.levies else ()
        own = bids[jnp.maximum(sale.winner, 0)]
        # the runner-up is left out: nobody asks for it, and finding it costs as much as the winner
        kept = market.kept_bids(free)
        efforts = efforts_on(state.cohorts, obs, alive) if any(x.asks_effort for x in market.levies) else ()
        return Offers(sale.winner, sale.pays, sale.receives, own, bad, raw[jnp.maximum(bad, 0)], kept, placed, efforts)

    return _over_instances(sell, (bid_keys, auction_keys, state.obs, state.present), alive.shape[0])


def capped(raw: Float[Array, " agents"], caps: Float[Array, " agents"], coin: float) -> Float[Array, " agents"]:
    """What is offered: `min(bid, cap)` on the grain; a negative bid abstains."""
    # decided before rounding: on a coarse grain a small negative bid becomes -0.0, which takes part
    return jnp.where(raw < 0, ABSTAIN, jnp.minimum(money.quantise(raw, coin), caps))


def _over_instances(sell: Callable[[PyTree], Offers], worlds: PyTree, agents: int) -> Offers:
    instances = jax.tree.leaves(worlds)[0].shape[0]
    if agents * instances <= 2 * _BLOCK:
        return jax.vmap(sell)(worlds)
    # large populations: a few worlds at a time keep the bids of one block in cache
    return jax.lax.map(sell, worlds, batch_size=max(1, _BLOCK // agents))


def bids_on(cohorts: tuple[Cohort, ...], key: Key[Array, ""], obs: PyTree) -> Float[Array, " agents"]:
    """Every slot's bid on one world, credits, not yet capped."""
    if len(cohorts) == 1:
        return cohorts[0].bids(key, obs)
    return jnp.concatenate([c.bids(jax.random.fold_in(key, place), obs) for place, c in enumerate(cohorts)])


def efforts_on(cohorts: tuple[Cohort, ...], obs: PyTree, alive: Bool[Array, " agents"]) -> Float[Array, " agents"]:
    """Every living agent's computing time on one world, steps."""
    return jnp.where(alive, jnp.concatenate([c.efforts(obs) for c in cohorts]), 0.0)


def price_newcomers(market: DeepMarket, state: MarketState, keys: Key[Array, " instances"]) -> MarketState:
    """Give agents without a price theirs, when they first meet a world they match.

    There they bid `newcomers.price(key, best competing bid)` from now on, the competitors' bids capped
    by their wealth: their price is what is missing to that. A newcomer that meets several worlds at once
    takes the dearest, whatever their order. The keys are those of the auction, so that a newcomer that draws its
    match draws the same there. A closing world is not for sale, so nobody is priced there.
    """
    (cohort,) = state.cohorts
    raw = jax.vmap(cohort.bids)(keys, state.obs)
    novice = jax.vmap(lambda a: a.unpriced)(cohort.individuals) & cohort.alive
    matches = (raw >= 0) & novice[None, :] & ~state.closing[:, None]
    caps = state.ledger.caps(state.owner.shape[0])
    offered = jax.vmap(lambda bids: capped(bids, caps, market.coin))(raw)
    best = jnp.max(jnp.where(cohort.alive & ~novice, offered, 0.0), axis=1, initial=0.0)
    asked = jax.vmap(lambda key, top: market.newcomers.price(split_by(key, "newcomer")[0], top))(keys, best)
    price = jnp.max(jnp.where(matches, asked[:, None] - raw, -jnp.inf), axis=0)
    priced = jax.vmap(lambda a, p: a.priced(p))(cohort.individuals, price)
    met = jnp.any(matches, axis=0)
    individuals = jax.tree.map(partial(choose, met), priced, cohort.individuals)
    return state._replace(cohorts=(eqx.tree_at(lambda c: c.individuals, cohort, individuals),))
