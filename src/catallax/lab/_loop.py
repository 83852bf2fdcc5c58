"""The compiled training loop: many rounds on the device, one visit of the host per chunk."""

from __future__ import annotations

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key, PyTree

from catallax.core import AbstractEnv
from catallax.markets import DeepMarket, MarketState, SaleRecord, empty_tally


class Chunk(NamedTuple):
    """How much work lies between two visits of the host (all static)."""

    rounds: int
    """Rounds per full chunk."""
    tracked: int
    """Instances whose sales are recorded."""


@eqx.filter_jit
def start(market: DeepMarket, env: AbstractEnv, instances: int, key: PyTree, seeds: bool) -> MarketState:
    """The state before the first tick, with a leading seeds axis if asked."""
    if seeds:
        return jax.vmap(lambda k: market.init(env, instances, k))(key)
    return market.init(env, instances, key)


@eqx.filter_jit
def advance(
    market: DeepMarket,
    env: AbstractEnv,
    state: MarketState,
    key: PyTree,
    rounds: Int[Array, ""],
    chunk: Chunk,
    seeds: bool,
) -> tuple[MarketState, SaleRecord]:
    """Run `rounds <= chunk.rounds` rounds; one program serves full and short chunks.

    Returns:
        The state, its tally summed over this chunk alone, and the sales of the
        tracked instances, axes `[seeds] time instances`, of which the first
        `rounds * round_ticks` are meaningful.
    """
    if seeds:
        return jax.vmap(lambda s, k: advance_one(market, env, s, k, rounds, chunk))(state, key)
    return advance_one(market, env, state, key, rounds, chunk)


def advance_one(
    market: DeepMarket, env: AbstractEnv, state: MarketState, key: Key[Array, ""], rounds: Int[Array, ""], chunk: Chunk
) -> tuple[MarketState, SaleRecord]:
    """The same for one market."""
    instances = state.owner.shape[0]
    state = state._replace(tally=empty_tally(instances))
    shape = jax.eval_shape(lambda s: market.round(env, s, key, chunk.tracked)[1], state)
    # without tracked instances the buffer is empty, however long the chunk
    length = chunk.rounds * market.round_ticks
    log = jax.tree.map(lambda x: jnp.zeros((length, *x.shape[1:]), x.dtype), shape)

    def body(number: Array, carry: tuple[MarketState, SaleRecord]) -> tuple[MarketState, SaleRecord]:
        state, log = carry
        state, records = market.round(env, state, key, chunk.tracked)
        at = number * market.round_ticks
        log = jax.tree.map(lambda whole, part: jax.lax.dynamic_update_slice_in_dim(whole, part, at, 0), log, records)
        return state, log

    return jax.lax.fori_loop(0, rounds, body, (state, log))
