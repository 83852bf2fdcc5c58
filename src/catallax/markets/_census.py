"""Births, deaths and the repayment of endowments, once a round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key, PyTree

from catallax.core import ABSTAIN, NOBODY, Cohort, Newborns, Population, Transfer, money, split_by
from catallax.markets import _faults as faults
from catallax.markets._sharding import on_every_device
from catallax.markets._state import Lives, MarketState

if TYPE_CHECKING:
    from catallax.markets._deep import DeepMarket


_BROKE = 0.05
"""Who dies with less than this share of what it was born with counts as bankrupt."""


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


def population_of(state: MarketState, instances: int) -> Population:
    (cohort,) = state.cohorts
    lives, tally = state.lives, on_every_device(state.tally)
    # rules may add up wealth
    return on_every_device(
        Population(
            alive=cohort.alive,
            wealth=state.ledger.wealth / instances,
            age=state.tick - lives.born,
            wins=lives.wins,
            idle=state.tick - lives.last_win,
            endowment=lives.endowment / instances,
            individuals=cohort.individuals,
            price=jnp.sum(tally.price) / jnp.maximum(jnp.sum(tally.sales), 1),
            tick=state.tick,
        )
    )


def repay(market: DeepMarket, state: MarketState, share: Any) -> MarketState:
    """A debtor pays a share of its profit to its creator, at most what it owes."""
    lives, ledger = state.lives, state.ledger
    profit = jnp.maximum(ledger.wealth - lives.endowment, 0.0)
    due = money.minimum(money.from_credits(share * profit, market.coin), lives.debt)
    # rounded down: a debt is no float, and nobody pays more than it owes
    amount = jnp.minimum(money.spendable(due, 1, market.coin), ledger.caps(1))
    creator = jnp.maximum(lives.creator, 0)
    # a creator whose slot was taken over by somebody else is no longer there to be paid
    present = (
        (lives.creator >= 0) & (lives.identity[creator] == lives.creator_identity) & state.cohorts[0].alive[creator]
    )
    debtors = jnp.where(amount > 0, jnp.arange(amount.shape[0], dtype=jnp.int32), NOBODY)
    ledger = ledger.transfer(
        Transfer("house", debtors, -amount),
        Transfer("house", jnp.where(present & (amount > 0), lives.creator, NOBODY), amount),
    )
    debt = money.subtract(lives.debt, money.from_credits(amount, market.coin))
    return state._replace(ledger=ledger, lives=lives._replace(debt=debt))


def leavers(
    market: DeepMarket, state: MarketState, instances: int
) -> tuple[Bool[Array, " agents"], Bool[Array, " agents"]]:
    """Who leaves by the market's exit rules, and who of them is broke."""
    population = population_of(state, instances)
    leaving = jnp.zeros_like(population.alive)
    for rule in market.exits:
        leaving = leaving | (rule.leavers(population) & population.alive)
    return leaving, leaving & (population.wealth <= _BROKE * population.endowment)


def bury(state: MarketState, leaving: Bool[Array, " agents"], broke: Bool[Array, " agents"]) -> MarketState:
    """Remove the leaving, whose wealth falls to the house; those among them that went broke are counted apart."""
    (cohort,) = state.cohorts
    cohort = eqx.tree_at(lambda c: c.alive, cohort, cohort.alive & ~leaving)
    return _disown(state, leaving)._replace(
        cohorts=(cohort,),
        ledger=state.ledger.inherit(leaving),
        lives=state.lives._replace(debt=money.where(leaving, money.zeros(leaving.shape), state.lives.debt)),
        tally=state.tally._replace(
            deaths=state.tally.deaths + jnp.sum(leaving, dtype=jnp.int32),
            bankruptcies=state.tally.bankruptcies + jnp.sum(broke, dtype=jnp.int32),
        ),
    )


def _disown(state: MarketState, leavers: Bool[Array, " agents"]) -> MarketState:
    """The house takes over the worlds of those who leave, and nobody learns from their last sale and bids."""
    gone = (state.owner != NOBODY) & leavers[jnp.maximum(state.owner, 0)]
    sold_by_gone = (state.pending.winner != NOBODY) & leavers[jnp.maximum(state.pending.winner, 0)]
    return state._replace(
        owner=jnp.where(gone, NOBODY, state.owner),
        pending=state.pending._replace(
            valid=state.pending.valid & ~sold_by_gone,
            # or a newborn in the slot would learn from a bid that it never made
            bids=jax.tree.map(lambda bids: jnp.where(leavers, ABSTAIN, bids), state.pending.bids),
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
    (cohort,) = state.cohorts
    slots, born = _places(cohort, newborns)
    endowment = money.quantise(newborns.endowment * instances, market.coin)
    paid_by = newborns.creator
    good = jnp.isfinite(newborns.endowment) & (newborns.endowment >= 0)
    fault = faults.note(state.fault, faults.BAD_ENDOWMENT, jnp.any(newborns.valid & ~good), state.tick)
    siblings = jnp.sum((paid_by[:, None] == paid_by[None, :]) & born[None, :], axis=1)
    purse = state.ledger.caps(1)[jnp.maximum(paid_by, 0)]
    born = born & ((paid_by == NOBODY) | (purse >= endowment * siblings))
    slots = jnp.where(born, slots, NOBODY)
    ledger = state.ledger.transfer(
        Transfer("house", jnp.where(born, paid_by, NOBODY), -endowment),
        Transfer("house", slots, endowment),
    )
    return state._replace(
        cohorts=(_settle_in(cohort, newborns, slots),),
        ledger=ledger,
        entry=entry,
        fault=fault,
        lives=_register(market, state, newborns, slots, endowment, born),
        tally=state.tally._replace(births=state.tally.births + jnp.sum(born, dtype=jnp.int32)),
    )


def _places(cohort: Cohort, newborns: Newborns) -> tuple[Int[Array, " newborns"], Bool[Array, " newborns"]]:
    """Free slots for the valid newborns, lowest first; False for those who find none."""
    count = newborns.valid.shape[0]
    free = jnp.nonzero(~cohort.alive, size=count, fill_value=NOBODY)[0].astype(jnp.int32)
    place = jnp.cumsum(newborns.valid) - 1
    slots = jnp.where(newborns.valid, free[jnp.maximum(place, 0)], NOBODY)
    return slots, slots != NOBODY


def _drop(slots: Int[Array, " newborns"], agents: int) -> Int[Array, " newborns"]:
    return jnp.where(slots == NOBODY, agents, slots)


def _settle_in(cohort: Cohort, newborns: Newborns, slots: Int[Array, " newborns"]) -> Cohort:
    where = _drop(slots, cohort.capacity)
    individuals = jax.tree.map(
        lambda old, new: old.at[where].set(new.astype(old.dtype), mode="drop"), cohort.individuals, newborns.individuals
    )
    alive = cohort.alive.at[where].set(True, mode="drop")
    return eqx.tree_at(lambda c: (c.individuals, c.alive), cohort, (individuals, alive))


def _register(
    market: DeepMarket,
    state: MarketState,
    newborns: Newborns,
    slots: Int[Array, " newborns"],
    endowment: Float[Array, " newborns"],
    born: Bool[Array, " newborns"],
) -> Lives:
    lives = state.lives
    where = _drop(slots, lives.born.shape[0])
    identity = lives.next_identity + jnp.cumsum(born, dtype=jnp.int32) - 1
    parent = jnp.where(newborns.creator == NOBODY, NOBODY, lives.identity[jnp.maximum(newborns.creator, 0)])
    owed = money.from_credits(jnp.where(newborns.creator == NOBODY, 0.0, endowment), market.coin)
    return lives._replace(
        identity=lives.identity.at[where].set(identity, mode="drop"),
        born=lives.born.at[where].set(state.tick, mode="drop"),
        wins=lives.wins.at[where].set(0, mode="drop"),
        last_win=lives.last_win.at[where].set(state.tick, mode="drop"),
        endowment=lives.endowment.at[where].set(endowment, mode="drop"),
        creator=lives.creator.at[where].set(newborns.creator, mode="drop"),
        creator_identity=lives.creator_identity.at[where].set(parent, mode="drop"),
        debt=jax.tree.map(lambda old, new: old.at[where].set(new, mode="drop"), lives.debt, owed),
        next_identity=lives.next_identity + jnp.sum(born, dtype=jnp.int32),
    )
