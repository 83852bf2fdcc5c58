"""What each cohort is told about its sales once their resale price is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from catallax.core import Cohort, Experience
from catallax.markets._sharding import on_every_device
from catallax.markets._state import MarketState, Pending

if TYPE_CHECKING:
    from catallax.markets._deep import DeepMarket


class Closed(NamedTuple):
    """Sales whose resale price is known, kept for those that learn at the end of the round."""

    sale: Pending
    resale: Float[Array, " instances"]
    """Credits, after discount."""


def close(market: DeepMarket, state: MarketState, receives: Float[Array, " instances"]) -> Closed:
    """The pending sales with what the seller just received; without what nobody will ask for."""
    resale = jnp.where(state.pending.ended, 0.0, receives)
    bids = tuple(
        bids if market.learns_late(cohort) else ()
        for cohort, bids in zip(state.cohorts, state.pending.bids, strict=True)
    )
    return Closed(state.pending._replace(bids=bids), resale)


def learn_now(
    market: DeepMarket, state: MarketState, key: Key[Array, ""], resale: Float[Array, " instances"]
) -> MarketState:
    """Online cohorts learn from the sales just closed."""
    cohorts, start = list(state.cohorts), 0
    for place, cohort in enumerate(state.cohorts):
        if cohort.learns and not market.learns_late(cohort):
            rows = on_every_device(experience(cohort, state.pending, state.pending.bids[place], start, resale))
            cohorts[place] = cohort.learn(jax.random.fold_in(key, place), rows)
        start += cohort.capacity
    return state._replace(cohorts=tuple(cohorts))


def learn_late(market: DeepMarket, state: MarketState, key: Key[Array, ""], closed: Closed) -> MarketState:
    """The other cohorts learn from the whole round, leading axes of `closed`: `time instances`."""
    cohorts, start = list(state.cohorts), 0
    for place, cohort in enumerate(state.cohorts):
        if market.learns_late(cohort):

            def rows_at(now: Closed, cohort: Cohort = cohort, place: int = place, start: int = start) -> Experience:
                return experience(cohort, now.sale, now.sale.bids[place], start, now.resale)

            batch = on_every_device(jax.vmap(rows_at)(closed))
            batch = jax.tree.map(_merge_time, batch, _sample_axes(batch))
            cohorts[place] = cohort.learn(jax.random.fold_in(key, place), batch)
        start += cohort.capacity
    return state._replace(cohorts=tuple(cohorts))


def experience(
    cohort: Cohort,
    pending: Any,
    bids: Float[Array, "instances agents"],
    start: int,
    resale: Float[Array, " instances"],
) -> Experience:
    """Rows of each individual: axes `individuals samples`, samples = instances x clones; `pending` is a record of sales."""
    instances, clones = pending.winner.shape[0], cohort.clones
    individuals = cohort.capacity // clones

    def by_individual(x: Array) -> Array:
        return jnp.moveaxis(x.reshape(instances, individuals, clones), 1, 0).reshape(individuals, instances * clones)

    slots = start + jnp.arange(cohort.capacity, dtype=jnp.int32)
    won = pending.winner[:, None] == slots[None, :]

    def if_won(x: Float[Array, " instances"]) -> Array:
        return by_individual(jnp.where(won, x[:, None], 0.0))

    return Experience(
        obs=jax.tree.map(lambda x: jnp.repeat(x, clones, axis=0), pending.obs),
        bid=by_individual(bids),
        won=by_individual(won),
        pays=if_won(pending.pays),
        reward=if_won(pending.reward),
        resale=if_won(resale),
        valid=jnp.repeat(pending.valid, clones),
    )


def _sample_axes(batch: Experience) -> Experience:
    """Where the `samples` axis lies once `time` was put in front."""
    return Experience._make([jax.tree.map(lambda _: 1, batch.obs), 2, 2, 2, 2, 2, 1])


def _merge_time(x: Array, samples: int) -> Array:
    """[time, ..., samples, ...] -> [..., time * samples, ...]."""
    x = jnp.moveaxis(x, 0, samples - 1)
    return x.reshape(*x.shape[: samples - 1], x.shape[samples - 1] * x.shape[samples], *x.shape[samples + 1 :])
