"""An instance in which somebody went broke is undone and played again without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Key, PyTree

from catallax.core import NOBODY
from catallax.markets._census import bear, bury, leavers, note_nobody, population_of, repay
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


def begin(state: MarketState) -> MarketState:
    """A new instance begins."""
    bare = state._replace(instance=(), tally=empty_tally(1))
    return state._replace(instance=Instance(bare, empty_tally(1), jnp.asarray(False)))


def wait(before: MarketState, after: MarketState, record: SaleRecord) -> tuple[MarketState, SaleRecord]:
    """The tick counts only if the instance was not over before it."""
    instance: Instance = before.instance
    kept = _choose(instance.over, before._replace(instance=()), after._replace(instance=()))
    over = instance.over | (after.owner[0] == NOBODY)
    nothing = SaleRecord(
        record.obs,
        jnp.full_like(record.seller, NOBODY),
        jnp.full_like(record.winner, NOBODY),
        record.action,
        *(jnp.zeros_like(x) for x in (record.pays, record.receives, record.reward, record.ended)),
    )
    return kept._replace(instance=instance._replace(over=over)), _choose(instance.over, nothing, record)


def conclude(market: DeepMarket, state: MarketState, key: Key[Array, ""]) -> MarketState:
    """The end of a round: an instance that is over is undone if somebody went broke, else births and deaths follow.

    What is undone is as if it had never been, learning and the world's own records
    included; only the clock goes on, and those who went broke are gone.

    Source: Baum (1999), as implemented by Qi et al. (2026).
    """
    assert market.replay is not None
    instance: Instance = state.instance
    so_far = jax.tree.map(jnp.add, instance.tally, state.tally)
    state = state._replace(instance=(), tally=so_far)
    if market.repayment is not None:
        state = _choose(instance.over, repay(market, state, market.repayment), state)
    broke = instance.over & state.cohorts[0].alive & market.replay.leavers(population_of(state, 1))
    undone = jnp.any(broke)
    leaving, poor = leavers(market, state, 1)
    restored = instance.start._replace(tick=state.tick, rounds=state.rounds, fault=state.fault)
    state = _choose(undone, restored._replace(tally=restored.tally._replace(undone=jnp.ones((), jnp.int32))), state)
    settled = bury(state, jnp.where(undone, broke, instance.over & leaving), broke | (instance.over & ~undone & poor))
    if market.entry is not None:
        # nobody is born for an instance that is played again, unless nobody is left to play it
        open_ = instance.over & (~undone | ~jnp.any(settled.cohorts[0].alive))
        settled = note_nobody(bear(market, settled, key, 1, open_))
    # what has not ended is not counted yet, since it may be undone
    tally = _choose(instance.over, settled.tally, empty_tally(1))
    fresh = begin(settled).instance
    going_on = Instance(instance.start, so_far, instance.over)
    return settled._replace(tally=tally, instance=_choose(instance.over, fresh, going_on))


def _choose(condition: Bool[Array, ""], yes: PyTree, no: PyTree) -> PyTree:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), yes, no)
