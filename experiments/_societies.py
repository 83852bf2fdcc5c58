"""Many small societies at once, each in its own world, under its own levies and auction: one compiled program for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import catallax as cx

Branch = tuple[float, int, float, bool]
"""Probability, successor, reward (credits), whether the episode ends."""
ROUND = 16


class Law(NamedTuple):
    """Levies and the auction; numbers alone, so that laws are an axis of a `vmap`."""

    harberger: float = 0.0
    """Share of the owner's own bid, per tick."""
    rent: float = 0.0
    """Share of the winner's wealth, per sale."""
    cap: float = 1.0
    """Largest share of all wealth that one account may hold."""
    wealth_tax: float = 0.0
    """Share of everybody's wealth, per tick."""
    upkeep: float = 0.0
    """Credits from everybody, per tick."""
    pays: tuple[float, float] = (0.0, 1.0)
    """Weights of the two highest bids in what the winner pays."""
    receives: tuple[float, float] = (0.0, 1.0)
    """The same in what the seller receives."""


class Case(NamedTuple):
    """One society in one world under one law."""

    world: cx.envs.TabularEnv
    agents: cx.agents.Strategic
    """Stacked, axis `agents`."""
    endowment: Any
    """Credits, axis `agents`."""
    early: Any
    """Who is there from the start, axis `agents`; the others come after the first look."""
    law: Law


class AtOnce(cx.core.AbstractLevy):
    """Several levies collected as one: `due = min(sum of dues, w)`; a fifth of the ledger's work of five."""

    levies: tuple[cx.core.AbstractLevy, ...]

    def collect(self, key: Any, wealth: Any, tick: Any) -> Any:
        """Credits due from each agent."""
        # each on the grain, so that sums of products round alike in every kernel
        dues = [cx.core.money.quantise(levy.collect(key, wealth, tick)) for levy in self.levies]
        return jnp.minimum(sum(dues), wealth)


class Outcome(NamedTuple):
    """What happened; leading axes `cases seeds looks` unless said."""

    counts: np.ndarray
    """How often each action was taken, axes `obs actions`."""
    price: np.ndarray
    """Mean price that the seller received at each observation, credits; NaN where there was no sale."""
    won: np.ndarray
    """Sales won, axis `agents`."""
    reward: np.ndarray
    """Mean reward of a tick, credits."""
    wealth: np.ndarray
    """At the end of the look, axis `agents`."""
    house: np.ndarray
    """Balance of the house at the end, credits; axes `cases seeds`."""
    imbalance: int
    """Of all books together, grains."""


def world(
    name: str,
    rows: Mapping[tuple[int, int], Sequence[Branch]],
    *,
    shape: tuple[int, int, int],
    discount: float,
    max_steps: int | None = None,
) -> cx.envs.TabularEnv:
    """A small world; what is not listed ends the episode with nothing.

    Args:
        name: for error messages.
        rows: branches by state and action.
        shape: states, actions, branches, to which the tables are filled up; episodes start in state 0.
        discount: of a tick.
        max_steps: ticks after which an episode is cut short; `None`: never.
    """
    states = shape[0]
    successor, probability = np.zeros(shape, int), np.zeros(shape)
    reward, terminal = np.zeros(shape), np.ones(shape, bool)
    probability[:, :, 0] = 1.0
    for (state, action), branches in rows.items():
        probability[state, action] = 0.0
        for place, (chance, to, pay, ends) in enumerate(branches):
            probability[state, action, place], successor[state, action, place] = chance, to
            reward[state, action, place], terminal[state, action, place] = pay, ends
    mdp = cx.envs.MDP(successor, probability, reward, terminal, np.eye(states)[0], discount, np.arange(states))
    return cx.envs.TabularEnv.of(name, mdp, max_steps=max_steps)


def arrays(env: cx.envs.TabularEnv) -> cx.envs.TabularEnv:
    """All numbers as arrays, so that worlds of one shape share a program."""
    return jax.tree.map(lambda x: jnp.asarray(x) if eqx.is_array(x) else jnp.asarray(x, jnp.float32), env)


def population(individuals: Sequence[cx.agents.Strategic]) -> cx.agents.Strategic:
    """Stacked, on the host."""
    return jax.tree.map(lambda *leaves: np.stack([np.asarray(x) for x in leaves]), *individuals)


def strategic(agents: cx.agents.Strategic, **changes: Any) -> cx.agents.Strategic:
    """With other numbers; axis `agents`."""
    names = list(changes)
    fresh = [
        np.broadcast_to(np.asarray(changes[n], np.asarray(getattr(agents, n)).dtype), np.shape(getattr(agents, n)))
        for n in names
    ]
    return eqx.tree_at(lambda a: [getattr(a, n) for n in names], agents, fresh)


def play(cases: Sequence[Case], *, seeds: int, key: int, looks: int, ticks: int, batch: int = 256) -> Outcome:
    """All cases with all seeds; a society is one instance.

    Args:
        cases: worlds and populations of one shape.
        seeds: of each case; the same numbers of luck for every case.
        key: of the seeds.
        looks: how often figures are read.
        ticks: between two looks.
        batch: societies in one call of the compiled program; the last call is filled up, so that all calls share it.
    """
    keys = jax.random.split(jax.random.key(key), seeds)
    ready = [c._replace(world=arrays(c.world), law=jax.tree.map(np.float32, c.law)) for c in cases]
    stacked = jax.tree.map(lambda *x: np.stack([np.asarray(v) for v in x]), *ready)
    which, seed = (x.ravel() for x in np.indices((len(cases), seeds)))
    parts = []
    for start in range(0, which.size, batch):
        rows = np.minimum(np.arange(start, start + batch), which.size - 1)
        chosen = jax.tree.map(lambda x, rows=rows: jnp.asarray(x[which[rows]]), stacked)
        found, kept = _play(chosen, keys[seed[rows]], looks, max(1, ticks // ROUND)), which.size - start
        parts.append(jax.tree.map(lambda x, kept=kept: np.asarray(x)[:kept], found))
    (figures, state) = jax.tree.map(lambda *x: np.concatenate(x), *parts)
    cx.markets.raise_fault(state, "the societies")
    imbalance = state.ledger.audit()
    counts, price, won, reward, wealth = jax.tree.map(lambda x: x.reshape(len(cases), seeds, *x.shape[1:]), figures)
    house = cx.core.money.exact(state.ledger.house) / cx.core.money.GRAINS_PER_COIN * state.ledger.coin
    return Outcome(counts, price, won, reward, wealth, np.asarray(house, float).reshape(len(cases), seeds), imbalance)


@eqx.filter_jit
def _play(cases: Case, keys: Any, looks: int, rounds: int) -> Any:
    return jax.vmap(lambda case, key: _one(case, key, looks, rounds))(cases, keys)


def _one(case: Case, key: Any, looks: int, rounds: int) -> Any:
    law, (states, actions, _) = case.law, case.world.successor.shape
    cohort = cx.Cohort(case.agents, case.early, jnp.asarray(case.endowment))
    levy = AtOnce((cx.levies.Harberger(law.harberger), cx.levies.Rent(law.rent), cx.levies.AntiMonopoly(law.cap),
                   cx.levies.WealthTax(law.wealth_tax), cx.levies.Upkeep(law.upkeep)))  # fmt: skip
    market = cx.DeepMarket(cohort, cx.auctions.Weighted(*law.pays, *law.receives), [levy], round_ticks=ROUND)
    start, run = jax.random.split(key)

    def read(state: Any, look: Any) -> Any:
        state = _arrived(state, case, look)
        before = state.tick
        state, records = jax.lax.scan(lambda s, _: market.round(case.world, s, run, 1), state, length=rounds)
        sold = (records.winner >= 0).ravel()
        obs, action, winner = (x.ravel() for x in (records.obs, records.action, records.winner))
        seen = jnp.where(sold, obs, states)
        counts = jnp.zeros((states, actions)).at[seen, action].add(1.0, mode="drop")
        # before discount: what the rule granted, so that prices compare with values
        price = jnp.zeros(states).at[seen].add(records.receives.ravel() / case.world.discount, mode="drop")
        won = jnp.zeros(cohort.capacity).at[jnp.where(sold, winner, cohort.capacity)].add(1.0, mode="drop")
        reward = jnp.sum(records.reward) / (state.tick - before)
        return state, (counts, price / counts.sum(1), won, reward, state.ledger.wealth)

    state, figures = jax.lax.scan(read, market.init(case.world, 1, start), jnp.arange(looks))
    return figures, state


def _arrived(state: Any, case: Case, look: Any) -> Any:
    """At the second look the others come, with their endowment from the house."""
    late = (look == 1) & ~case.early
    (cohort,) = state.cohorts
    return state._replace(
        cohorts=(eqx.tree_at(lambda c: c.alive, cohort, cohort.alive | late),),
        ledger=state.ledger.endow(jnp.where(late, case.endowment, 0.0)),
    )


def shares(counts: np.ndarray) -> np.ndarray:
    """How often each action was taken where: a policy; uniform where nobody ever was."""
    total = counts.sum(-1, keepdims=True)
    return np.where(total > 0, counts / np.maximum(total, 1), 1 / counts.shape[-1])


def returns(env: cx.envs.TabularEnv, counts: np.ndarray) -> np.ndarray:
    """Exact discounted return of what was done; leading axes of `counts` are kept."""
    flat = shares(counts).reshape(-1, *counts.shape[-2:])
    values = [cx.planning.policy_value(env, policy).start_value for policy in flat]
    return np.array(values).reshape(counts.shape[:-2])


def shortfall(env: cx.envs.TabularEnv, counts: np.ndarray) -> np.ndarray:
    """Regret: the value that the best action had over the one taken, summed over `counts`, credits."""
    best = cx.planning.value_iteration(env)
    gap = best.q.max(1, keepdims=True) - best.q
    return (counts * gap).sum((-2, -1))
