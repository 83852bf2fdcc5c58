"""How many ticks a market and Q-learning need on families of growing decision problems."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from _coverage_chance import closed, luck
from jaxtyping import Array, Float, Key

import catallax as cx
from catallax.envs import Chain, Garnet
from catallax.lab import statistics
from catallax.markets import MarketState

NEAR = 0.95
"""Part of the way from the uniformly random policy to the best that counts as arrived."""
INSTANCES = 4
ROUND = 4


class Family(NamedTuple):
    """Problems of growing size."""

    size: str
    sizes: tuple[float, ...]
    make: Callable[[Any, int], Any]
    """`(size, seed) -> world`."""
    bound: Callable[[Any], float]
    """Largest possible return, credits."""
    visits: Callable[[float], float] = lambda size: 1.0
    """Budget for each state and action, in units of the settings."""

    def smallest(self, count: int) -> Family:
        """Only so many of the sizes."""
        return self._replace(sizes=self.sizes[:count])


class Plan(NamedTuple):
    """What a run has, whatever the method."""

    exploration: float
    looks: int
    visits: int
    grid: Sequence[tuple[float, float]]
    """Settings that are tried: visits that halve a step size, and first bids or values as a part of the largest possible return."""


@cache
def garnet(seed: int, states: int = 16, actions: int = 4, branching: int = 3, discount: float = 0.9) -> Garnet:
    """One random problem; every seed and size has its own."""
    (key,) = luck([seed], f"garnet {states} {actions} {branching} {discount:g}")
    return Garnet(states, actions, branching, key=key, discount=discount)


def largest(world: Any) -> float:
    """Rewards of a garnet are 1 at most."""
    return 1 / (1 - float(world.discount))


FAMILIES = {
    "states": Family("states", (8, 16, 32, 64), lambda n, seed: garnet(seed, states=n), largest),
    "actions": Family("actions", (2, 4, 8, 16), lambda n, seed: garnet(seed, actions=n), largest),
    "noise": Family("successors of an action", (1, 3, 9), lambda n, seed: garnet(seed, branching=n), largest),
    "horizon": Family("horizon 1 / (1 - discount), ticks", (5, 10, 20, 40), lambda n, seed: garnet(seed, discount=1 - 1 / n), largest),
    "chain": Family("cells", (8, 16, 24, 32), lambda n, seed: Chain(n, 1.0, 0.99, 4 * n), lambda world: 1.0, lambda n: n / 4),
}  # fmt: skip


class Learned(NamedTuple):
    """Tables of one method on one size."""

    ticks: Float[np.ndarray, " looks"]
    tables: Float[np.ndarray, "seeds looks states actions"]


def table_of(state: MarketState) -> Float[Array, "actions states"]:
    """Valuations of a society of tabular bidders."""
    bidders = state.cohorts[0].individuals
    assert isinstance(bidders, cx.agents.Tabular)
    return bidders.table


@eqx.filter_jit
def _market(
    envs: Any,
    weights: Float[Array, " 4"],
    setting: Float[Array, " 2"],
    keys: Key[Array, " seeds"],
    exploration: float,
    clones: int,
    looks: int,
    rounds: Array,
) -> tuple[MarketState, Array]:
    def one(env: Any, key: Array) -> tuple[MarketState, Array]:
        society = cx.agents.Tabular.society(env, clones=clones, step=0.0, endowment=10_000.0)
        bidders = society.individuals
        assert isinstance(bidders, cx.agents.Tabular)
        first = jnp.full_like(bidders.table, setting[1])
        decay = jnp.full_like(bidders.decay, setting[0])
        society = eqx.tree_at(lambda c: (c.individuals.table, c.individuals.decay), society, (first, decay))
        auction = cx.auctions.Trembling(cx.auctions.Weighted(*weights), exploration)
        market = cx.DeepMarket(society, auction, round_ticks=ROUND)
        begin, on = jax.random.split(key)

        def look(state: MarketState, _: None) -> tuple[MarketState, Array]:
            state = jax.lax.fori_loop(0, rounds, lambda _, s: market.round(env, s, on)[0], state)
            return state, table_of(state).T

        return jax.lax.scan(look, market.init(env, INSTANCES, begin), None, looks)

    return jax.vmap(one)(envs, keys)


CONSERVING = (0.0, 1.0, 0.0, 1.0)
"""Weights of the credit-conserving Vickrey auction."""


def market(
    worlds: Sequence[Any],
    setting: tuple[float, float],
    seeds: Sequence[int],
    exploration: float,
    looks: int,
    ticks: int,
    weights: tuple[float, ...] = CONSERVING,
    clones: int = 2,
) -> Learned:
    """Bidders whose bids are valuations, with accounts of their own for each clone."""
    envs = jax.tree.map(lambda *leaves: jnp.stack([jnp.asarray(leaf) for leaf in leaves]), *worlds)
    rounds = rounds_between(looks, ticks)
    numbers = jnp.asarray(weights), jnp.asarray(setting), luck(seeds, "market of bidders"), exploration
    state, tables = _market(envs, *numbers, clones, looks, jnp.int32(rounds))
    closed(state)
    return Learned(np.arange(1.0, looks + 1) * rounds * INSTANCES * ROUND, np.asarray(tables))


def rounds_between(looks: int, ticks: int) -> int:
    """Rounds from look to look.

    Raises:
        ValueError: if they would not be whole, so that budgets were cut.
    """
    rounds, rest = divmod(ticks, looks * INSTANCES * ROUND)
    if rest or not rounds:
        raise ValueError(
            f"claim_coverage: {ticks} ticks are no whole number of rounds of {INSTANCES * ROUND} ticks between {looks} looks; "
            "choose other `visits` or `looks`."
        )
    return rounds


def q_learning(
    worlds: Sequence[Any],
    setting: tuple[float, float],
    seeds: Sequence[int],
    exploration: float,
    looks: int,
    ticks: int,
) -> Learned:
    """The same exploration, instances, budget and grid."""
    rounds_between(looks, ticks)
    # numbers as arrays, or each discount would be a program of its own
    arrays = [jax.tree.map(jnp.asarray, world) for world in worlds]
    runs = [
        cx.lab.baselines.q_learning(
            world,
            ticks=ticks,
            instances=INSTANCES,
            key=key,
            step=0.0,
            decay=setting[0],
            epsilon=exploration,
            initial=setting[1],
            chunks=looks,
        )
        for world, key in zip(arrays, luck(seeds, "Q-learning"), strict=True)
    ]
    return Learned(np.asarray(runs[0].trace["tick"], float), np.stack([run.history for run in runs]))


METHODS = {"market": market, "Q-learning": q_learning}


class Course(NamedTuple):
    """How one method fared on one size."""

    ticks: Float[np.ndarray, " looks"]
    quality: Float[np.ndarray, "seeds looks"]
    """Value of the greedy policy, from the uniformly random policy (0) to the best (1)."""
    error: Float[np.ndarray, "seeds looks"]
    """Mean distance of bids or values from Q*, as a part of the largest."""

    @property
    def arrived(self) -> Float[np.ndarray, " seeds"]:
        """Whether it ever was near twice in a row."""
        return np.asarray(near(self.quality).any(1))

    @property
    def time(self) -> Float[np.ndarray, " seeds"]:
        """Ticks until then; the whole budget where it never was."""
        return np.where(self.arrived, self.ticks[near(self.quality).argmax(1)], self.ticks[-1])


def near(quality: Float[np.ndarray, "seeds looks"]) -> np.ndarray:
    """At which looks it is near, and still so at the next."""
    now = quality >= NEAR
    return np.logical_and(now, np.append(now[:, 1:], now[:, -1:], axis=1))


def course(worlds: Sequence[Any], learned: Learned) -> Course:
    """Judge tables by exact planning."""
    quality, error = zip(
        *(judged(world, tables) for world, tables in zip(worlds, learned.tables, strict=True)), strict=True
    )
    return Course(learned.ticks, np.stack(quality), np.stack(error))


def judged(world: Any, tables: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quality and error of tables with axes `looks states actions`."""
    mdp, best = world.mdp(), cx.planning.value_iteration(world)
    floor = cx.planning.policy_value(world, np.full(best.q.shape, 1 / best.q.shape[1])).start_value
    policies, which = np.unique(tables.argmax(2), axis=0, return_inverse=True)
    value = np.array([cx.planning.policy_value(world, policy).start_value for policy in policies])
    alive = ~mdp.terminal.all((1, 2)) & (np.abs(best.q).max(1) > 0)
    gap = np.abs(tables - best.q)[:, alive].mean((1, 2)) / best.q.max()
    return (value[which.ravel()] - floor) / (best.start_value - floor), gap


def tuned(method: str, family: Family, seeds: Sequence[int], plan: Plan) -> tuple[float, float]:
    """Decay and share of the grid that arrive first, by the mean logarithm, on the second size and seeds of their own."""
    size = family.sizes[min(1, len(family.sizes) - 1)]
    return min(
        plan.grid, key=lambda setting: float(np.log(run(method, family, size, setting, seeds, plan).time).mean())
    )


def run(
    method: str, family: Family, size: float, setting: tuple[float, float], seeds: Sequence[int], plan: Plan
) -> Course:
    """One method on one size, with a multiple of `visits` ticks for each state and action."""
    worlds = [family.make(size, seed) for seed in seeds]
    pairs = worlds[0].successor.shape[0] * worlds[0].successor.shape[1]
    scaled = (setting[0], setting[1] * family.bound(worlds[0]))
    ticks = int(plan.visits * family.visits(size) * pairs)
    return course(worlds, METHODS[method](worlds, scaled, seeds, plan.exploration, plan.looks, ticks))


def slope(sizes: Sequence[float], logs: np.ndarray) -> float:
    """Exponent of a power of the size: the regression of mean logarithms, axes `seeds sizes`."""
    x = np.log(sizes) - np.mean(np.log(sizes))
    return float(x @ logs.mean(0) / (x @ x))


def exponent(sizes: Sequence[float], times: Float[np.ndarray, "seeds sizes"]) -> statistics.Interval:
    """Of the ticks, with its bootstrap over seeds."""
    return statistics.interval(np.log(times), partial(slope, sizes))


Courses = Mapping[str, Mapping[str, Mapping[float, Course]]]
"""By family, method and size."""


def times(courses: Mapping[float, Course]) -> Float[np.ndarray, "seeds sizes"]:
    """Ticks until near, smallest size first."""
    return np.stack([courses[size].time for size in sorted(courses)], 1)
