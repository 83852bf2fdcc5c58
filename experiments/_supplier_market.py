"""A supply chain whose suppliers come and go, run by a deep market and by central learners."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import catallax as cx
from catallax.agents import Tabular
from catallax.core import NOBODY, AbstractEntry, AbstractExit, Cohort, Newborns, Population
from catallax.envs import MDP, TabularEnv

STAGES, NOISE, WORLDS = 3, 0.1, 4
"""Steps of an order; standard deviation of value added, credits; orders that run side by side."""
HIGHEST = 3.0
"""No order brings more: where all estimates begin, credits."""


class Chains(NamedTuple):
    """A world for each seed."""

    mean: jax.Array
    """Value added, credits, axes `[seeds, stages, predecessors, suppliers]`; the last supplier enters half-way."""
    leaver: jax.Array
    """Axis `[seeds]`: the one who works most on the best route at first."""


def drawn(seeds: range, suppliers: int, pattern: float) -> Chains:
    """Value added `pattern * skill[stage, supplier] + (1 - pattern) * match[stage, predecessor, supplier]`, both uniform in [0, 1]; the entrant's skill
    is 0.9 or more, and so is its match with anybody."""
    means, leavers = [], []
    for seed in seeds:
        luck = np.random.default_rng([seed, suppliers])
        count = suppliers + 1
        skill, match = luck.random((STAGES, 1, count)), luck.random((STAGES, count, count))
        skill[..., -1] = 0.9 + 0.1 * skill[..., -1]
        match[..., -1] = 0.9 + 0.1 * match[..., -1]
        mean = pattern * skill + (1 - pattern) * match
        here = np.arange(count) < suppliers
        route = best_route(mean, here)
        means.append(mean)
        leavers.append(np.bincount(route, minlength=count).argmax())
    return Chains(jnp.asarray(np.array(means), jnp.float32), jnp.asarray(np.array(leavers), jnp.int32))


def best_route(mean: np.ndarray, here: np.ndarray) -> list[int]:
    """Whom the best route leads through."""
    values = np.asarray(optimal(jnp.asarray(mean, jnp.float32), jnp.asarray(here)))
    last, route = 0, []
    for stage in range(STAGES):
        last = int(np.argmax(np.where(here, values[stage, last], -np.inf)))
        route.append(last)
    return route


def optimal(mean: jax.Array, here: jax.Array) -> jax.Array:
    """`Q*` of the suppliers that are there, axes `[stages, predecessors, suppliers]`, credits."""
    onward, values = jnp.zeros(mean.shape[-1]), []
    for stage in reversed(range(STAGES)):
        value = mean[stage] + onward[None]
        values.append(value)
        onward = jnp.max(jnp.where(here, value, -jnp.inf), axis=1)
    return jnp.stack(values[::-1])


def routed(estimates: jax.Array, mean: jax.Array, here: jax.Array) -> jax.Array:
    """Expected value of the route that estimates would choose, credits."""
    last, total = jnp.zeros((), jnp.int32), jnp.zeros(())
    for stage in range(STAGES):
        choice = jnp.argmax(jnp.where(here, estimates[stage, last], -jnp.inf)).astype(jnp.int32)
        total, last = total + mean[stage, last, choice], choice
    return total


def environment(mean: np.ndarray) -> TabularEnv:
    """The chain of one seed as a world with tables; a state is a stage and who worked last."""
    count = mean.shape[-1]
    states = STAGES * count
    stage, last = np.divmod(np.arange(states), count)
    successor = np.minimum(stage + 1, STAGES - 1)[:, None] * count + np.arange(count)
    reward = mean[stage, last][..., None] + NOISE * np.array([-1.0, 1.0])
    shape = reward.shape
    terminal = np.broadcast_to((stage == STAGES - 1)[:, None, None], shape)
    start = (np.arange(states) == 0).astype(float)
    mdp = MDP(
        np.broadcast_to(successor[..., None], shape),
        np.full(shape, 0.5),
        reward,
        terminal,
        start,
        1.0,
        np.arange(states),
    )
    return TabularEnv.of("chain of suppliers", mdp)


class Arrival(AbstractEntry):
    """One supplier enters in the round in which it is due."""

    newcomer: Any
    due: jax.Array

    def init(self, key: jax.Array) -> tuple[()]:
        """Nothing to remember."""
        return ()

    def newborns(self, key: jax.Array, state: tuple[()], population: Population) -> tuple[tuple[()], Newborns]:
        """The newcomer, if it is due."""
        one = jax.tree.map(lambda leaf: jnp.asarray(leaf)[None], self.newcomer)
        return state, Newborns(one, jnp.full(1, 1e3), jnp.full(1, NOBODY, jnp.int32), self.due[None])


class Departure(AbstractExit):
    """The supplier of one action leaves in the round in which it is due."""

    action: jax.Array
    due: jax.Array

    def leavers(self, population: Population) -> jax.Array:
        """Who goes."""
        return self.due & (population.individuals.action == self.action)  # pyright: ignore[reportAttributeAccessIssue]


class Setting(NamedTuple):
    """Of every learner."""

    step: float
    explore: float


class Course(NamedTuple):
    """Of one learner, axes `[seeds, orders]` in batches of the orders that run side by side."""

    value: jax.Array
    """Expected value of the route that would be chosen, over the best of the time."""
    error: jax.Array
    """Mean |estimate - Q*| along the chosen route before the change, credits, axis `[seeds]`."""
    books: Any
    """A ledger for each seed; of a central learner nothing."""

    @property
    def imbalance(self) -> list[int]:
        """Of the books of each seed, grains."""
        return [jax.tree.map(lambda leaf, seed=seed: leaf[seed], self.books).audit() for seed in range(len(self.error))]


@partial(jax.jit, static_argnums=(0, 1))
def market(auction: str, rounds: int, envs: Any, chains: Chains, setting: jax.Array, keys: jax.Array) -> Course:
    """A deep market with a table for every supplier; half-way one leaves and one enters."""
    kinds = {"Vickrey": cx.auctions.Vickrey(), "credit-conserving Vickrey": cx.auctions.CreditConservingVickrey()}

    def one(env: TabularEnv, mean: jax.Array, leaver: jax.Array, key: jax.Array) -> Course:
        count = mean.shape[-1]
        states = STAGES * count

        def supplier(action: jax.Array) -> Tabular:
            table, visits = jnp.full(states, HIGHEST), jnp.zeros(states, jnp.int32)
            return Tabular(table, visits, action, setting[0], jnp.ones(()), jnp.asarray(jnp.inf))

        actions = jnp.arange(count, dtype=jnp.int32)
        cohort = Cohort(jax.vmap(supplier)(actions), actions < count - 1, 1e3)
        none = jnp.asarray(False)
        society = cx.DeepMarket(
            cohort, cx.auctions.Trembling(kinds[auction], setting[1]), round_ticks=STAGES, repayment=None,
            entry=Arrival(supplier(actions[-1]), none), exits=(Departure(leaver, none),),
        )  # fmt: skip
        run_key, start_key = jax.random.split(key)

        def round_(state: Any, number: jax.Array) -> tuple[Any, tuple[jax.Array, jax.Array]]:
            due = number == rounds // 2 - 1
            now = eqx.tree_at(lambda m: (m.entry.due, m.exits[0].due), society, (due, due))
            state, _ = now.round(env, state, run_key)
            (group,) = state.cohorts
            whose = jnp.where(group.alive, group.individuals.action, count)
            estimates = jnp.full((count, states), -1.0).at[whose].set(group.individuals.table, mode="drop")
            estimates = estimates.T.reshape(STAGES, count, count)
            return state, judged(estimates, mean, leaver, number + 1 >= rounds // 2)

        state, (value, error) = jax.lax.scan(round_, society.init(env, WORLDS, start_key), jnp.arange(rounds))
        return Course(value, error[rounds // 2 - 2], state.ledger)

    return jax.vmap(one)(envs, chains.mean, chains.leaver, keys)


def present(count: int, leaver: jax.Array, changed: jax.Array) -> jax.Array:
    """Who is there before or after the change."""
    who = jnp.arange(count)
    return jnp.where(changed, who != leaver, who != count - 1)


def judged(estimates: jax.Array, mean: jax.Array, leaver: jax.Array, changed: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Value of the chosen route over the best one's, and how far its estimates are from `Q*`."""
    here = present(mean.shape[-1], leaver, changed)
    truth = optimal(mean, here)
    most = jnp.max(jnp.where(here, truth[0, 0], -jnp.inf))
    last, away = jnp.zeros((), jnp.int32), jnp.zeros(())
    for stage in range(STAGES):
        choice = jnp.argmax(jnp.where(here, estimates[stage, last], -jnp.inf)).astype(jnp.int32)
        away = away + jnp.abs(estimates[stage, last, choice] - truth[stage, last, choice]) / STAGES
        last = choice
    return routed(estimates, mean, here) / most, away


TOLD, FIXED, SHARED = 0, 1, 2


@partial(jax.jit, static_argnums=0)
def central(rounds: int, kind: jax.Array, chains: Chains, setting: jax.Array, keys: jax.Array) -> Course:
    """One table for all: `TOLD` of the entrant, `FIXED` without it, or `SHARED`, told, with `Q(s, a) = B(s) + A(stage, a)`."""
    additive = kind == SHARED

    def one(mean: jax.Array, leaver: jax.Array, key: jax.Array) -> Course:
        count = mean.shape[-1]
        shape = (STAGES, count, count)

        def read(table: tuple) -> jax.Array:
            return jnp.where(additive, table[1][:, :, None] + table[2][:, None, :], table[0])

        def order(table: tuple, given: tuple) -> tuple[tuple, tuple[jax.Array, jax.Array]]:
            number, key = given
            changed = number >= rounds // 2
            here = present(count, leaver, changed)
            known = here & ((jnp.arange(count) < count - 1) | (kind != FIXED))

            def tick(carry: tuple, stage: jax.Array) -> tuple[tuple, None]:
                (single, base, skill, visits), last = carry
                draws = jax.random.uniform(jax.random.fold_in(key, stage), (count + 2, WORLDS))
                values = jnp.where(known, read((single, base, skill)), -jnp.inf)
                best = jnp.argmax(values[stage, last] + 1e-5 * draws[2:].T, axis=1)
                free = jnp.argmax(jnp.where(known, draws[2:].T, -1.0), axis=1)
                choice = jnp.where(draws[0] < setting[1], free, best).astype(jnp.int32)
                added = mean[stage, last, choice] + jnp.where(draws[1] < 0.5, -NOISE, NOISE)
                following = jnp.max(values[jnp.minimum(stage + 1, STAGES - 1), choice], axis=1)
                place = (stage, last, choice)
                surprise = added + jnp.where(stage + 1 < STAGES, following, 0.0) - values[place]
                new = visits.at[place].add(1.0)
                k = jnp.maximum(new[place] - visits[place], 1.0)
                rate = jnp.maximum(setting[0], 1.0 / (1.0 + visits[place]))
                single = single.at[place].add((1.0 - (1.0 - rate) ** k) / k * surprise)
                half = 0.5 * setting[0] * surprise
                return ((single, base.at[stage, last].add(half), skill.at[stage, choice].add(half), new), choice), None

            (table, _), _ = jax.lax.scan(tick, (table, jnp.zeros(WORLDS, jnp.int32)), jnp.arange(STAGES))
            # a learner with a fixed set of actions would never choose the others
            estimates = jnp.where(known, read(table), -1.0)
            return table, judged(estimates, mean, leaver, number + 1 >= rounds // 2)

        halves = jnp.full(shape[:2], HIGHEST / 2)
        table = (jnp.full(shape, HIGHEST), halves, halves, jnp.zeros(shape))
        _, (value, error) = jax.lax.scan(order, table, (jnp.arange(rounds), jax.random.split(key, rounds)))
        return Course(value, error[rounds // 2 - 2], ())

    return jax.vmap(one)(chains.mean, chains.leaver, keys)


def environments(chains: Chains) -> Any:
    """The worlds of all seeds, stacked."""
    return jax.tree.map(
        lambda *leaves: jnp.stack([jnp.asarray(x) for x in leaves]), *[environment(np.asarray(m)) for m in chains.mean]
    )
