"""Births, deaths and the repayment of endowments in a deep market, once a round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Key, PyTree

from catallax.core import Newborns, Population, split_by
from catallax.markets import _faults as faults
from catallax.markets import _society as society
from catallax.markets._sharding import on_every_device
from catallax.markets._society import Society
from catallax.markets._state import MarketState

if TYPE_CHECKING:
    from catallax.markets._deep import DeepMarket


def census(market: DeepMarket, state: MarketState, key: Key[Array, ""], instances: int) -> MarketState:
    """Debtors repay, leavers leave, newborns enter, in this order.

    Amounts that entry and exit rules see and name are credits per instance.
    """
    if market.entry is None and not market.exits:
        return state
    if market.repayment is not None:
        state = repay(market, state, market.repayment)
    if market.exits:
        state = bury(state, *leavers(market, state, instances))
    if market.entry is not None:
        state = bear(market, state, drawn(market, state, key, instances), instances)
    return note_nobody(state)


def note_nobody(state: MarketState) -> MarketState:
    """A rule that brings nobody to an empty world now is not waited for."""
    nobody = ~jnp.any(state.cohorts[0].alive)
    return state._replace(fault=faults.note(state.fault, faults.NOBODY_ALIVE, nobody, state.tick))


def _society(state: MarketState) -> Society:
    (cohort,) = state.cohorts
    return Society(cohort.individuals, cohort.alive, state.ledger, state.lives, state.tick, state.fault)


def _with(state: MarketState, new: Society) -> MarketState:
    (cohort,) = state.cohorts
    cohort = eqx.tree_at(lambda c: (c.individuals, c.alive), cohort, (new.individuals, new.alive))
    return state._replace(cohorts=(cohort,), ledger=new.ledger, lives=new.lives, fault=new.fault)


def population_of(state: MarketState, instances: int) -> Population:
    """What entry and exit rules see."""
    tally = on_every_device(state.tally)
    price = jnp.sum(tally.price) / jnp.maximum(jnp.sum(tally.sales), 1)
    # rules may add up wealth
    return on_every_device(society.population(_society(state), price, instances))


def repay(market: DeepMarket, state: MarketState, share: Any) -> MarketState:
    """A debtor pays a share of its profit to its creator, at most what it owes."""
    return _with(state, society.repay(_society(state), share))


def leavers(
    market: DeepMarket, state: MarketState, instances: int
) -> tuple[Bool[Array, " agents"], Bool[Array, " agents"]]:
    """Who leaves by the market's exit rules, and who of them is broke."""
    return society.leavers(market.exits, population_of(state, instances))


def bury(state: MarketState, leaving: Bool[Array, " agents"], broke: Bool[Array, " agents"]) -> MarketState:
    """Remove the leaving, whose wealth and worlds fall to the house; those among them that went broke are counted apart."""
    return _with(state, society.bury(_society(state), leaving))._replace(
        owner=society.disowned(state.owner, leaving),
        pending=society.forgotten(state.pending, leaving),
        tally=state.tally._replace(
            deaths=state.tally.deaths + jnp.sum(leaving, dtype=jnp.int32),
            bankruptcies=state.tally.bankruptcies + jnp.sum(broke, dtype=jnp.int32),
        ),
    )


def drawn(market: DeepMarket, state: MarketState, key: Key[Array, ""], instances: int) -> tuple[PyTree, Newborns]:
    """Whom the entry rule wants to enter, after its new state."""
    assert market.entry is not None
    (birth_key,) = split_by(key, "birth")
    return market.entry.newborns(birth_key, state.entry, population_of(state, instances))


def bear(
    market: DeepMarket,
    state: MarketState,
    wanted: tuple[PyTree, Newborns],
    instances: int,
    open_: Bool[Array, ""] | bool = True,
) -> MarketState:
    """Newborns settle in and are endowed; nobody, and the entry rule's state stays, where it is not `open_`."""
    entry, newborns = wanted
    entry = jax.tree.map(lambda new, old: jnp.where(open_, new, old), entry, state.entry)
    newborns = newborns._replace(valid=newborns.valid & open_)
    settled, births = society.bear(_society(state), newborns, instances)
    return _with(state, settled)._replace(entry=entry, tally=state.tally._replace(births=state.tally.births + births))
