"""Grids whose goal moves and bandits whose arms change, task after task: a deep market beside Q-learning; nobody is told of the change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

import catallax as cx
from catallax.markets import policy_of, raise_fault

ROUND = 8
INSTANCES = 4
POOR, RICH = 1.0, 20.0
"""Endowments, credits: as much as the goal pays, so that wealth binds, and so much that it never does."""


class Tasks(NamedTuple):
    """Worlds that look alike and differ in what pays; axis `tasks`."""

    worlds: cx.envs.TabularEnv
    transitions: Float[Array, "tasks states actions states"]
    """Probability of going on to each state."""
    rewards: Float[Array, "tasks states actions"]
    """Expected, credits."""
    start: Float[Array, " states"]
    best: Float[Array, " tasks"]
    """Value of the best policy, credits."""


def grids() -> Tasks:
    """5 x 5 cells, from the middle to one of three corners."""
    worlds = [
        cx.envs.GridWorld(rows=5, cols=5, goal=goal, max_steps=None, discount=0.95).mdp()
        for goal in ((0, 0), (0, 4), (4, 2))
    ]
    middle = np.eye(25)[12]
    return _joined([mdp._replace(start=middle) for mdp in worlds], 60)


def bandits(arms: int = 6, tasks: int = 3) -> Tasks:
    """One state; in each regime another arm pays in 9 of 10 cases, the others in 1 to 5 of 10."""
    quality = np.array([0.9, 0.5, 0.4, 0.3, 0.2, 0.1])
    found = []
    for task in range(tasks):
        chance = np.roll(quality, 2 * task)[None, :, None]
        probability = np.concatenate([chance, 1 - chance], 2)
        shape = probability.shape
        pays = np.broadcast_to(np.array([1.0, 0.0]), shape)
        found.append(
            cx.envs.MDP(
                np.zeros(shape, int), probability, pays.copy(), np.ones(shape, bool), np.ones(1), 0.95, np.zeros(1, int)
            )
        )
    return _joined(found, None)


def _joined(tasks: list[cx.envs.MDP], limit: int | None) -> Tasks:
    made = [cx.envs.TabularEnv.of("continual", mdp, max_steps=limit) for mdp in tasks]
    stacked = jax.tree.map(lambda *x: jnp.stack([jnp.asarray(v) for v in x]), *made)
    states = tasks[0].successor.shape[0]
    onward = [np.einsum("sab,sabt->sat", m.probability * ~m.terminal, np.eye(states)[m.successor]) for m in tasks]
    rewards = [np.sum(m.probability * m.reward, 2) for m in tasks]
    best = [cx.planning.value_iteration(env).start_value for env in made]
    return Tasks(
        stacked,
        *(jnp.asarray(np.stack(x), jnp.float32) for x in (onward, rewards)),
        jnp.asarray(tasks[0].start, jnp.float32),
        jnp.asarray(best, jnp.float32),
    )


def worth(tasks: Tasks, actions: Array, discount: float = 0.95) -> Array:
    """Exact value of a policy in every task, part of the best."""
    rows = jnp.arange(actions.size)

    def one(onward: Array, rewards: Array) -> Array:
        return (
            jnp.linalg.solve(jnp.eye(actions.size) - discount * onward[rows, actions], rewards[rows, actions])
            @ tasks.start
        )

    return jax.vmap(one)(tasks.transitions, tasks.rewards) / tasks.best


class Method(NamedTuple):
    """A learner: pure functions."""

    init: Callable[[Key[Array, ""], Any], Any]
    advance: Callable[[Key[Array, ""], Any, Any], Any]
    """A round of `ROUND` ticks in `INSTANCES` worlds."""
    actions: Callable[[Any], Array]
    """What it would do, by observation."""
    audit: Callable[[Any], Any] = lambda state: jnp.zeros((), bool)
    """Whether something is wrong with its books."""


def follow(method: Method, tasks: Tasks, key: Key[Array, ""], rounds: int, looks: int) -> tuple[Array, Any]:
    """Two passes over the tasks; worth in every task, axes `stretches looks tasks`."""
    order = jnp.tile(jnp.arange(tasks.best.size), 2)
    start, run = jax.random.split(key)

    def look(carry: Any, key: Any) -> tuple[Any, Array]:
        state, task = carry
        world = jax.tree.map(lambda x: x[task], tasks.worlds)
        state, _ = jax.lax.scan(
            lambda s, k: (method.advance(k, s, world), None), state, jax.random.split(key, rounds // looks)
        )
        return (state, task), worth(tasks, method.actions(state))

    def stretch(state: Any, now: Any) -> tuple[Any, Array]:
        task, key = now
        (state, _), found = jax.lax.scan(look, (state, task), jax.random.split(key, looks))
        return state, found

    first = jax.tree.map(lambda x: x[0], tasks.worlds)
    state, found = jax.lax.scan(stretch, method.init(start, first), (order, jax.random.split(run, order.size)))
    return found, method.audit(state)


# --- the market


def market(
    step: Any, tremble: Any, tax: Any, cap: Any, env: cx.envs.TabularEnv, endowment: float = POOR, copies: int = 3
) -> Method:
    """A deep market; for every action several agents with tables of their own, so that one may remember what the others unlearn."""
    names, seen = env.action_space.n, env.observation_space.n
    one = cx.agents.Tabular
    individuals = [
        one(jnp.ones(seen), jnp.zeros(seen, jnp.int32), jnp.asarray(a, jnp.int32), jnp.asarray(step, jnp.float32), jnp.ones(()), jnp.asarray(jnp.inf))
        for a in range(names) for _ in range(copies)
    ]  # fmt: skip
    society = cx.DeepMarket(
        cx.Cohort.stack(individuals, clones=2, endowment=endowment),
        cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), tremble),
        [cx.levies.WealthTax(tax), cx.levies.AntiMonopoly(cap)],
        round_ticks=ROUND,
    )  # fmt: skip

    def init(key: Any, world: Any) -> Any:
        return society.init(world, INSTANCES, key)

    def advance(key: Any, state: Any, world: Any) -> Any:
        return society.round(world, state, key)[0]

    def actions(state: Any) -> Array:
        places = jnp.arange(seen)
        return jax.vmap(policy_of(society, state))(jax.random.split(jax.random.key(0), seen), places)

    return Method(init, advance, actions, lambda state: state)


# --- Q-learning


class Row(NamedTuple):
    obs: Array
    action: Array
    reward: Array
    over: Array
    after: Array


class Table(NamedTuple):
    """How a learner keeps values: what a step does with a row, and what is believed."""

    init: Callable[[tuple[int, int]], Any]
    q: Callable[[Any], Array]
    learn: Callable[[Key[Array, ""], Any, Row], Any]
    """From `INSTANCES` rows."""


DISCOUNT = 0.95


def single(step: Any) -> Table:
    """One table."""
    return Table(lambda shape: jnp.ones(shape), lambda q: q, lambda key, q, row: _taught(q, row, step))


def _taught(q: Array, row: Row, step: Any) -> Array:
    target = row.reward + jnp.where(row.over, 0.0, DISCOUNT * q[row.after].max(-1))
    return q.at[row.obs, row.action].add(step * (target - q[row.obs, row.action]))


def replayed(step: Any, room: int, batch: int = 8) -> Table:
    """One table, taught as well from transitions drawn of all that it has room for (Lin 1992)."""

    def init(shape: tuple[int, int]) -> Any:
        zero = jnp.zeros(room, jnp.int32)
        return jnp.ones(shape), Row(zero, zero, jnp.zeros(room), jnp.ones(room, bool), zero), jnp.zeros((), jnp.int32)

    def learn(key: Any, state: Any, row: Row) -> Any:
        q, kept, seen = state
        drawn = jax.random.randint(key, (batch,), 0, jnp.maximum(jnp.minimum(seen, room), 1))
        q = _taught(q, row, step)
        q = jnp.where(seen > 0, _taught(q, jax.tree.map(lambda x: x[drawn], kept), step), q)
        places = (seen + jnp.arange(INSTANCES)) % room
        return q, jax.tree.map(lambda k, x: k.at[places].set(x), kept, row), seen + INSTANCES

    return Table(init, lambda state: state[0], learn)


def several(step: Any, fade: Any, count: int = 3) -> Table:
    """A mixture: tables that share what comes by how well each foresaw what came lately (a Bayesian switch that forgets)."""

    def init(shape: tuple[int, int]) -> Any:
        return jnp.ones((count, *shape)), jnp.zeros(count), jnp.zeros((), jnp.int32)

    def learn(key: Any, state: Any, row: Row) -> Any:
        tables, errors, leader = state
        target = row.reward + jnp.where(row.over, 0.0, DISCOUNT * tables[:, row.after].max(-1))
        miss = jnp.mean((target - tables[:, row.obs, row.action]) ** 2, axis=1)
        errors = errors + fade * (miss - errors)
        leader = jnp.argmin(errors)
        return tables.at[leader].set(_taught(tables[leader], row, step)), errors, leader

    return Table(init, lambda state: state[0][state[2]], learn)


def learner(table: Table, tremble: Any, env: cx.envs.TabularEnv) -> Method:
    """Explores with a fixed probability; the same ticks, worlds and first values as the market."""
    shape = (env.observation_space.n, env.action_space.n)

    def init(key: Any, world: Any) -> Any:
        state, obs = world.reset_many(jax.random.split(key, INSTANCES))
        return table.init(shape), state, obs

    def advance(key: Any, carry: Any, world: Any) -> Any:
        def tick(carry: Any, key: Any) -> tuple[Any, None]:
            known, state, obs = carry
            luck, draw, step_key, reset_key, learn_key = jax.random.split(key, 5)
            noise = 1e-6 * jax.random.uniform(luck, (INSTANCES, shape[1]))
            greedy = jnp.argmax(table.q(known)[obs] + noise, 1)
            anyhow = jax.random.uniform(draw, (INSTANCES, 2))
            action = jnp.where(anyhow[:, 0] < tremble, (anyhow[:, 1] * shape[1]).astype(jnp.int32), greedy)
            done = world.step_many(jax.random.split(step_key, INSTANCES), state, action)
            known = table.learn(learn_key, known, Row(obs, action, done.reward, done.terminated, done.obs))
            state, obs = world.reset_where(
                jax.random.split(reset_key, INSTANCES), done.terminated | done.truncated, done.state, done.obs
            )
            return (known, state, obs), None

        return jax.lax.scan(tick, carry, jax.random.split(key, ROUND))[0]

    return Method(init, advance, lambda carry: jnp.argmax(table.q(carry[0]), 1))


@eqx.filter_jit
def courses(
    make: Callable[..., Method], settings: Any, tasks: Tasks, keys: Key[Array, " lanes"], rounds: int, looks: int
) -> tuple[Array, Any]:
    """Many settings and seeds at once; worth, axes `lanes stretches looks tasks`, and what is left for the audit."""
    return jax.vmap(lambda chosen, key: follow(make(*chosen), tasks, key, rounds, looks))(settings, keys)


def richest(state: Any) -> np.ndarray:
    """The largest part of all wealth that one account holds, axis `lanes`."""
    wealth = np.asarray(jax.vmap(lambda ledger: ledger.wealth)(state.ledger))
    return wealth.max(1) / wealth.sum(1)


def audited(state: Any) -> int:
    """Grains that the books of the markets lack.

    Raises:
        MarketError: if a market met a fault.
    """
    raise_fault(state, "the continual worlds")
    return state.ledger.audit()
