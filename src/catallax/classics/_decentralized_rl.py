"""Decentralized reinforcement learning: network bidders that sell each other the world, many societies at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Key, PyTree

from catallax.agents import Network
from catallax.auctions import CreditConservingVickrey
from catallax.classics._per_seed import PerSeed
from catallax.core import AbstractAuction, AbstractEnv, Cohort, Discrete, require_alike, split_by
from catallax.markets import (
    AbstractAttendance,
    DeepMarket,
    MarketPolicy,
    MarketState,
    empty_tally,
    policy_of,
    raise_fault,
)

PURSE = 50_000.0
"""Credits per instance and account: the source's bidders have no budget, and these never feel one."""
Society = Callable[[Key[Array, ""]], Cohort]


@dataclass(frozen=True)
class DecentralizedRL:
    """What the societies have learned; the axis `looks` runs over the training."""

    env: AbstractEnv
    auction: AbstractAuction
    ticks: Int[np.ndarray, " looks"]
    """Of each society, over all instances, at each look."""
    returns: Float[np.ndarray, "seeds looks"]
    """Mean undiscounted return of the episodes that ended since the look before, bids drawn, credits; NaN where none did."""
    bids: Float[np.ndarray, "seeds looks obs individuals"] | None
    """Expected bids, credits; None where observations are not `Discrete`."""
    state: MarketState
    """At the end, leading axis `seeds`."""

    @property
    def final_return(self) -> PerSeed:
        """Mean return since the last look but one."""
        return PerSeed(self.returns[:, -1])

    def policy(self, seed: int) -> MarketPolicy:
        """One society as `(key, obs) -> action`: the highest expected bid acts."""
        state = jax.tree.map(lambda x: x[seed], self.state)
        return policy_of(DeepMarket(state.cohorts, self.auction), state)

    def bid_error(self, values: Float[np.ndarray, "obs actions"], look: int = -1) -> PerSeed:
        """Mean of `|bid - value|` over the observations and actions whose value is a number, credits.

        Args:
            values: what each action is worth at each observation, NaN where it does not count.
            look: when.

        Raises:
            ValueError: if observations are not `Discrete`.
        """
        return PerSeed(np.nanmean(np.abs(self._bids(look) - values), axis=(1, 2)))

    def price_error(self, values: Float[np.ndarray, "obs actions"], look: int = -1) -> PerSeed:
        """Mean over the observations of `|highest bid - highest value|`, credits; arguments as for `bid_error`."""
        known = ~np.isnan(values).all(1)
        return PerSeed(np.abs(self._bids(look)[:, known].max(2) - np.nanmax(values[known], axis=1)).mean(1))

    def _bids(self, look: int) -> np.ndarray:
        if self.bids is None:
            raise ValueError(
                f"DecentralizedRL: {type(self.env).__name__} has no Discrete observations to list bids at."
            )
        return self.bids[:, look]


def decentralized_rl(
    env: AbstractEnv,
    *,
    auction: AbstractAuction | None = None,
    attendance: AbstractAttendance | None = None,
    society: Society | None = None,
    ticks: int = 500_000,
    batch: int = 4_096,
    instances: int = 64,
    looks: int = 20,
    seeds: int = 10,
    key: int = 0,
    after: DecentralizedRL | None = None,
) -> DecentralizedRL:
    """Train societies of network bidders on a world, all seeds in one program.

    Every tick each primitive's clones draw bids, the winner's action is taken, and
    it gains `reward + discount * resale - price`; after each batch every primitive
    climbs its expected gain by PPO.

    Args:
        env: the world.
        auction: how the right to act is sold; that of `after`, or `CreditConservingVickrey()`, if not given.
        attendance: who may bid in an episode, such as `AgentDropout()`; everybody if not given.
        society: makes a population from a key; one network bidder per action with two clones if not given.
        ticks: budget of each society over all instances, rounded down to whole batches.
        batch: ticks between two lessons.
        instances: parallel worlds of each society, at most `batch`.
        looks: how often bids and returns are recorded.
        seeds: independent societies.
        key: seed of the seeds.
        after: go on with these societies instead of new ones: transfer, to a world with the same observations and actions.

    Raises:
        ValueError: on a count below 1, a budget below one batch per look, `society` and `after` together, or an `after` of
            other seeds, observations or actions.
        MarketError: if the world produces what a market cannot use.

    Source: Chang, Kaushik, Weinberg, Griffiths and Levine (2020), arXiv 2007.02382.
    """
    for name, count in (("seeds", seeds), ("looks", looks), ("instances", instances)):
        if count < 1:
            raise ValueError(f"decentralized_rl: {name} must be at least 1, got {count}.")
    if batch < instances or ticks < batch * looks:
        raise ValueError(
            f"decentralized_rl: ticks={ticks} must hold one batch={batch} per look, of which there are {looks}, and a "
            f"batch a tick in each of instances={instances}; raise ticks or lower looks, batch or instances."
        )
    keys = jax.random.split(jax.random.key(key), seeds)
    if after is None:
        auction = CreditConservingVickrey() if auction is None else auction
        make = _bidders(env) if society is None else society
        cohorts = eqx.filter_jit(jax.vmap(lambda k: (make(split_by(k, "society")[0]),)))(keys)
    else:
        _refuse_strangers(env, society, seeds, after)
        auction = after.auction if auction is None else auction
        cohorts = after.state.cohorts
    rounds = ticks // batch // looks
    state, (bids, returns) = _learn(
        cohorts, keys, env, auction, attendance, (batch // instances, instances, rounds, looks)
    )
    raise_fault(state, type(env).__name__)
    size = batch // instances * instances * rounds
    told = None if bids is None else np.asarray(bids)
    return DecentralizedRL(env, auction, size * np.arange(1, looks + 1), np.asarray(returns), told, state)


def _refuse_strangers(env: AbstractEnv, society: Society | None, seeds: int, after: DecentralizedRL) -> None:
    """Societies can go on only where they see and do what they learned to."""
    if society is not None:
        raise ValueError("decentralized_rl: expected society or after, not both; leave society out to go on.")
    if after.returns.shape[0] != seeds:
        raise ValueError(f"decentralized_rl: seeds={seeds}, but `after` holds {after.returns.shape[0]} societies.")
    require_alike("decentralized_rl", env, after.env)


def _bidders(env: AbstractEnv) -> Society:
    return lambda key: Network.society(env, key=key, endowment=PURSE)


@eqx.filter_jit
def _learn(
    cohorts: tuple[Cohort, ...],
    keys: Key[Array, " seeds"],
    env: AbstractEnv,
    auction: AbstractAuction,
    attendance: AbstractAttendance | None,
    sizes: tuple[int, int, int, int],
) -> tuple[MarketState, PyTree]:
    round_ticks, instances, rounds, looks = sizes

    def one(cohorts: tuple[Cohort, ...], key: Key[Array, ""]) -> tuple[MarketState, PyTree]:
        market = DeepMarket(cohorts, auction, attendance=attendance, round_ticks=round_ticks)
        start_key, run_key = split_by(key, "start", "run")

        def look(state: MarketState, _: None) -> tuple[MarketState, PyTree]:
            state = state._replace(tally=empty_tally(instances))
            state, _ = jax.lax.scan(lambda s, _: (market.round(env, s, run_key)[0], None), state, length=rounds)
            mean = jnp.sum(state.tally.returns) / jnp.sum(state.tally.episodes)
            return state, (_bids(env, state.cohorts), mean)

        return jax.lax.scan(look, market.init(env, instances, start_key), length=looks)

    return jax.vmap(one)(cohorts, keys)


def _bids(env: AbstractEnv, cohorts: tuple[Cohort, ...]) -> Float[Array, "obs individuals"] | None:
    if not isinstance(env.observation_space, Discrete):
        return None
    every = jnp.arange(env.observation_space.n, dtype=jnp.int32)
    each = [jax.vmap(c.expected_bids)(every)[:, :: c.clones] for c in cohorts]
    return jnp.concatenate(each, axis=1)
