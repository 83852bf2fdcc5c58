"""What a deep market carries from tick to tick."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, PyTree

from catallax.core import NOBODY, Cohort, Ledger, Money, money


class Pending(NamedTuple):
    """The last sale of each instance, whose resale price the next auction tells."""

    obs: PyTree
    """What was on sale, leading axis `instances`."""
    bids: tuple[PyTree, ...]
    """Bids of each cohort that learns, 0 where wealth capped them, axes `instances agents`; empty for the others."""
    winner: Int[Array, " instances"]
    pays: Float[Array, " instances"]
    """Credits."""
    price: Float[Array, " instances"]
    """What the rule granted the seller in this sale, before discount, credits."""
    reward: Float[Array, " instances"]
    """Credits from the world and the consumers."""
    ended: Bool[Array, " instances"]
    """The world terminated: there is no resale."""
    valid: Bool[Array, " instances"]
    steps: PyTree = ()
    """How long the tick was, where ticks differ (`AbstractEnv.lasting`); else empty."""


class Lives(NamedTuple):
    """The civil register: who was born when, by whom, and how often it won."""

    identity: Int[Array, " agents"]
    """A number no other agent ever had."""
    born: Int[Array, " agents"]
    """Tick of birth."""
    wins: Int[Array, " agents"]
    """Sales won since birth."""
    last_win: Int[Array, " agents"]
    """Tick of the last win, or of birth."""
    endowment: Float[Array, " agents"]
    """Credits received at birth."""
    creator: Int[Array, " agents"]
    """Slot of the agent that paid the endowment, `NOBODY` for the house."""
    creator_identity: Int[Array, " agents"]
    debt: Money
    """What is still owed to the creator."""
    next_identity: Int[Array, ""]


class Tally(NamedTuple):
    """Sums since the last reading; kept per instance so that their order is fixed."""

    sales: Int[Array, " instances"]
    price: Float[Array, " instances"]
    """Credits paid by winners."""
    openings: Int[Array, " instances"]
    opening_price: Float[Array, " instances"]
    """Credits paid to the house for fresh worlds."""
    reward: Float[Array, " instances"]
    """Credits from the world and the consumers."""
    episodes: Int[Array, " instances"]
    returns: Float[Array, " instances"]
    """Undiscounted reward of the finished episodes, credits."""
    lengths: Int[Array, " instances"]
    """Ticks of the finished episodes."""
    unsold: Int[Array, " instances"]
    """Auctions in which nobody bid."""
    births: Int[Array, ""]
    deaths: Int[Array, ""]
    bankruptcies: Int[Array, ""]
    """Deaths with less than a twentieth of the endowment left, and of those whose instance was undone."""
    undone: Int[Array, ""]
    """Instances played again (see `DeepMarket.replay`); what happened in them is not counted here."""


class Fault(NamedTuple):
    """The first thing that went wrong; `code` 0 means nothing."""

    code: Int[Array, ""]
    tick: Int[Array, ""]
    instance: Int[Array, ""]
    agent: Int[Array, ""]


class MarketState(NamedTuple):
    """Everything that changes while a market runs."""

    cohorts: tuple[Cohort, ...]
    ledger: Ledger
    world: PyTree
    """State of each world, leading axis `instances`."""
    obs: PyTree
    owner: Int[Array, " instances"]
    """Who is paid by the next buyer, `NOBODY` for the house."""
    closing: Bool[Array, " instances"]
    """The clock ran out: the next auction's price is paid by the house and the world is reset."""
    present: PyTree
    """Slots that may bid, axes `instances agents`; empty where everybody always may."""
    pending: Pending
    lives: Lives
    entry: PyTree
    """State of the entry rule."""
    episode_return: Float[Array, " instances"]
    episode_length: Int[Array, " instances"]
    tally: Tally
    tick: Int[Array, ""]
    rounds: Int[Array, ""]
    fault: Fault
    instance: PyTree = ()
    """The instance under way, where instances may be played again; else empty."""


class SaleRecord(NamedTuple):
    """One row of the trade log, per tracked instance."""

    obs: PyTree
    seller: Int[Array, " instances"]
    winner: Int[Array, " instances"]
    action: PyTree
    pays: Float[Array, " instances"]
    receives: Float[Array, " instances"]
    reward: Float[Array, " instances"]
    ended: Bool[Array, " instances"]


def fresh_lives(alive: Bool[Array, " agents"], endowment: Float[Array, " agents"]) -> Lives:
    """The register at the start: slot k is identity k, paid for by the house."""
    agents = alive.shape[0]
    zero = jnp.zeros(agents, jnp.int32)
    nobody = jnp.full(agents, NOBODY, jnp.int32)
    return Lives(
        identity=jnp.arange(agents, dtype=jnp.int32),
        born=zero,
        wins=zero,
        last_win=zero,
        endowment=endowment,
        creator=nobody,
        creator_identity=nobody,
        debt=money.zeros((agents,)),
        next_identity=jnp.asarray(agents, jnp.int32),
    )


def empty_tally(instances: int) -> Tally:
    """All sums at zero."""
    whole, real, one = jnp.zeros(instances, jnp.int32), jnp.zeros(instances), jnp.zeros((), jnp.int32)
    return Tally(whole, real, whole, real, real, whole, real, whole, whole, one, one, one, one)
