"""An instance in which somebody went broke is undone and played again without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Key, PyTree

from catallax.core import NOBODY
from catallax.markets._census import bear, bury, drawn, leavers, note_nobody, population_of, repay
from catallax.markets._state import MarketState, SaleRecord, Tally, empty_tally

if TYPE_CHECKING:
    from catallax.markets._deep import DeepMarket


class Instance(NamedTuple):
    """The instance under way."""

    start: MarketState
    """Everything as it was when the instance began."""
    tally: Tally
    """Of the instance, up to the last round."""
    over: Bool[Array, ""]
    """It has ended: the next one begins with the next round."""
    trial: PyTree = ()
    """Who is on trial, where newcomers are (see `Trials`); else empty."""


def begin(state: MarketState, trial: PyTree = ()) -> MarketState:
    """A new instance begins."""
    bare = state._replace(instance=(), tally=empty_tally(1))
    return state._replace(instance=Instance(bare, empty_tally(1), jnp.asarray(False), trial))


def wait(before: MarketState, after: MarketState, record: SaleRecord) -> tuple[MarketState, SaleRecord]:
    """The tick counts only if the instance was not over before it."""
    instance: Instance = before.instance
    kept = either(instance.over, before._replace(instance=()), after._replace(instance=()))
    over = instance.over | (after.owner[0] == NOBODY)
    nothing = SaleRecord(
        record.obs,
        jnp.full_like(record.seller, NOBODY),
        jnp.full_like(record.winner, NOBODY),
        record.action,
        *(jnp.zeros_like(x) for x in (record.pays, record.receives, record.reward, record.ended)),
    )
    return kept._replace(instance=instance._replace(over=over)), either(instance.over, nothing, record)


def conclude(market: DeepMarket, state: MarketState, key: Key[Array, ""]) -> MarketState:
    """The end of a round: an instance that is over is undone if somebody went broke, else births and deaths follow.

    What is undone is as if it had never been, learning and the world's own records
    included; only the clock goes on, and those who went broke are gone.

    Source: Baum (1999), as implemented by Qi et al. (2026).
    """
    instance: Instance = state.instance
    state = summed_up(market, state)
    so_far, broke = state.tally, broke_in(market, state) & instance.over
    undone = jnp.any(broke)
    settled = judged(market, instance, state, undone, broke)
    if market.entry is not None:
        # nobody is born for an instance that is played again, unless nobody is left to play it
        open_ = instance.over & (~undone | ~jnp.any(settled.cohorts[0].alive))
        settled = bear(market, settled, drawn(market, settled, key, 1), 1, open_)
    settled = note_nobody(settled)
    fresh = begin(settled).instance
    going_on = instance._replace(tally=so_far)
    # what has not ended is not counted yet, since it may be undone
    tally = either(instance.over, settled.tally, empty_tally(1))
    return settled._replace(tally=tally, instance=either(instance.over, fresh, going_on))


def summed_up(market: DeepMarket, state: MarketState) -> MarketState:
    """Without the instance, with its whole tally; debtors have repaid if it is over."""
    instance: Instance = state.instance
    state = state._replace(instance=(), tally=jax.tree.map(jnp.add, instance.tally, state.tally))
    if market.repayment is None:
        return state
    return either(instance.over, repay(market, state, market.repayment), state)


def broke_in(market: DeepMarket, state: MarketState) -> Bool[Array, " agents"]:
    """Who is broke by the replay rule."""
    assert market.replay is not None
    return state.cohorts[0].alive & market.replay.leavers(population_of(state, 1))


def judged(
    market: DeepMarket,
    instance: Instance,
    state: MarketState,
    undone: Bool[Array, ""],
    guilty: Bool[Array, " agents"],
) -> MarketState:
    """The state as it is or, if `undone`, as it was; then the guilty die or, if the instance is over, the leavers."""
    leaving, poor = leavers(market, state, 1)
    kept = {name: getattr(state, name) for name in ("tick", "rounds", "fault", "entry")}
    start = instance.start._replace(**kept)
    state = either(undone, start._replace(tally=start.tally._replace(undone=jnp.ones((), jnp.int32))), state)
    over = instance.over & ~undone
    return bury(state, jnp.where(undone, guilty, over & leaving), (undone & guilty) | (over & poor))


def either(condition: Bool[Array, ""], yes: PyTree, no: PyTree) -> PyTree:
    """One of two states."""
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), yes, no)
