"""Who bids most and who comes second: the settlement every auction shares."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from catallax.core import ABSTAIN, NOBODY, Sale


class Ranking(NamedTuple):
    """The two highest bids of the living."""

    winner: Int[Array, ""]
    """Index on the agents axis, `NOBODY` when nobody bid."""
    highest: Float[Array, ""]
    """Credits, 0 when nobody bid."""
    runner_up: Int[Array, ""]
    second: Float[Array, ""]
    """Credits, 0 when at most one agent bid."""


def taking_part(bids: Float[Array, " agents"], alive: Bool[Array, " agents"]) -> Float[Array, " agents"]:
    """Bids with the dead made to abstain; any negative bid means the same."""
    return jnp.where(alive & (bids >= 0), bids, ABSTAIN)


def lots(key: Key[Array, ""], agents: int) -> Int[Array, " agents"]:
    """A random order of the agents, the same for equal keys: lot numbers in [0, 2**31).

    One salt is drawn and mixed with the index, so that the numbers cost a few
    integer operations inside the reduction that reads them, and no memory.
    """
    salt = jax.random.bits(key, (2,), jnp.uint32)
    x = jnp.arange(agents, dtype=jnp.uint32) * jnp.uint32(0x9E3779B1) ^ salt[0]
    x = (x ^ (x >> 16)) * jnp.uint32(0x85EBCA6B)
    x = (x ^ (x >> 13) ^ salt[1]) * jnp.uint32(0xC2B2AE35)
    return ((x ^ (x >> 16)) >> 1).astype(jnp.int32)


def draw(among: Bool[Array, " agents"], lot: Int[Array, " agents"]) -> Int[Array, ""]:
    """The one with the lowest lot, `NOBODY` among nobody; equal lots go to the lower index."""
    agents = among.shape[0]
    lowest = jnp.min(jnp.where(among, lot, jnp.iinfo(jnp.int32).max))
    # two masked minima: argmin is scalar code on a CPU and several times slower
    index = jnp.min(jnp.where(among & (lot == lowest), jnp.arange(agents, dtype=jnp.int32), agents))
    return jnp.where(index < agents, index, NOBODY)


def best(key: Key[Array, ""], bids: Float[Array, " agents"]) -> tuple[Int[Array, ""], Float[Array, ""]]:
    """The highest bidder, ties broken at random, and its bid (0 when nobody bids)."""
    highest = jnp.max(bids)
    winner = draw((bids == highest) & (bids >= 0), lots(key, bids.shape[0]))
    return winner, jnp.maximum(highest, 0.0)


def rank(key: Key[Array, ""], bids: Float[Array, " agents"], alive: Bool[Array, " agents"]) -> Ranking:
    """The two highest living bidders, ties broken at random."""
    offered = taking_part(bids, alive)
    winner, highest = best(key, offered)
    others = jnp.where(jnp.arange(bids.shape[0]) == winner, ABSTAIN, offered)
    runner_up, second = best(key, others)
    return Ranking(winner, highest, runner_up, second)


def settle(ranking: Ranking, pays: Float[Array, ""], receives: Float[Array, ""]) -> Sale:
    """A sale at these prices; nothing moves when nobody bid."""
    sold = ranking.winner != NOBODY
    return Sale(ranking.winner, jnp.where(sold, pays, 0.0), jnp.where(sold, receives, 0.0), ranking.runner_up)
