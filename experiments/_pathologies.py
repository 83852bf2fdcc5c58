"""Four worlds of a few states: a healthy one, and one each in which monopoly, holdout and bubble form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from _societies import Branch, Case, Law, population, strategic, world

import catallax as cx

SHAPE = (6, 8, 6)
"""States, actions and branches of all four, so that they share a program."""
AGENTS = 8


@dataclass(frozen=True)
class Pathology:
    """A world, its population, and the choices of its strategic agent, slot 0."""

    name: str
    world: cx.envs.TabularEnv
    agents: cx.agents.Strategic
    endowment: np.ndarray
    early: np.ndarray
    """Who is there from the start."""
    active: np.ndarray
    """Who bids anywhere, over whom wealth is compared."""
    strategies: tuple[dict[str, Any], ...] = ({},)
    """What the strategic agent may change in itself; the first is honest."""

    def case(self, law: Law, strategy: int) -> Case:
        """One society; everybody knows the tax on its own bid, and slot 0 follows the strategy."""
        changes = {
            n: np.where(np.arange(AGENTS) == 0, x, getattr(self.agents, n))
            for n, x in self.strategies[strategy].items()
        }
        return Case(self.world, strategic(self.agents, tax=law.harberger, **changes), self.endowment, self.early, law)


def healthy() -> Pathology:
    """An investment of 0.2 that brings 1 two hands later, or 0.3 at once; two agents for each of four skills.

    Nothing is wrong here: it shows what an institution costs.
    """
    rows: dict[tuple[int, int], list[Branch]] = {
        (0, 0): [(1.0, 1, -0.2, False)],
        (0, 3): [(1.0, 0, 0.3, True)],
        (1, 1): [(1.0, 2, 0.0, False)],
        (2, 2): [(1.0, 0, 1.0, True)],
    }
    env = world("healthy", rows, shape=SHAPE, discount=0.95)
    return _pathology("healthy", env, [(k // 2, range(3)) for k in range(AGENTS)], 20.0)


def monopoly() -> Pathology:
    """Arms of a bandit, paid or not by chance. All are born with little; the first, mediocre, has the world for itself for a while.

    Later two come that are better. They know it, but bid what they have.
    """
    quality = (0.5, 0.1, 0.1, 0.2, 0.2, 0.3, 0.9, 0.9)
    rows: dict[tuple[int, int], list[Branch]] = {
        (0, a): [(q, 0, 1.0, True), (1 - q, 0, 0.0, True)] for a, q in enumerate(quality)
    }
    env = world("monopoly", rows, shape=SHAPE, discount=0.95)
    strategies = tuple({"markup": x} for x in (0.0, -0.5, -0.25, 0.5, 1.0))
    return _pathology("monopoly", env, [(a, [0]) for a in range(AGENTS)], 0.4, early=[0], strategies=strategies)


def holdout() -> Pathology:
    """The first encloses the land through which every builder must go; one builder a day, whose project is worth more or less.

    Waiting costs: with probability 0.9 the day ends with nothing. The owner chooses a reserve.
    """
    worth, stays = (0.1, 0.15, 0.2, 0.25, 1.0), 0.1
    arrives: list[Branch] = [(1 / 5, k, 0.0, False) for k in range(1, 6)]
    waits: list[Branch] = [*((stays / 5, k, 0.0, False) for k in range(1, 6)), (1 - stays, 0, 0.0, True)]
    rows: dict[tuple[int, int], list[Branch]] = {(0, 0): arrives}
    for k, pay in enumerate(worth, 1):
        rows[k, 0], rows[k, 1] = waits, [(1.0, 0, pay, True)]
    env = world("holdout", rows, shape=SHAPE, discount=0.95)
    agents = [(0, range(6)), (1, range(1, 6)), *[(1, ())] * 6]
    strategies = tuple({"reserve": x} for x in (0.0, 0.12, 0.17, 0.22, 0.5, 0.95))
    return _pathology("holdout", env, agents, 20.0, early=range(AGENTS), strategies=strategies)


def bubble() -> Pathology:
    """A field that may be kept, which pays a little, or harvested, which pays 1 and gives a new one.

    Everybody errs a little every day, to either side. Who keeps the field may sell it tomorrow to who then errs most.
    """
    rows: dict[tuple[int, int], list[Branch]] = {(0, 0): [(1.0, 0, 0.05, False)], (0, 1): [(1.0, 0, 1.0, True)]}
    env = world("bubble", rows, shape=SHAPE, discount=0.9)
    agents = [*[(0, [0])] * 6, *[(1, [0])] * 2]
    return _pathology("bubble", env, agents, 40.0, early=range(AGENTS), noise=0.15)


def _pathology(
    name: str,
    env: cx.envs.TabularEnv,
    agents: Any,
    endowment: float,
    *,
    early: Any = range(AGENTS),
    noise: float = 0.0,
    strategies: tuple[dict[str, Any], ...] = ({},),
) -> Pathology:
    places = jnp.arange(SHAPE[0])
    each = [
        cx.agents.Strategic.of(action, jnp.isin(places, jnp.array(list(where), int)), noise=noise)
        for action, where in agents
    ]
    active = np.array([len(list(where)) > 0 for _, where in agents])
    there = np.isin(np.arange(AGENTS), list(early))
    return Pathology(name, env, population(each), np.full(AGENTS, endowment, np.float32), there, active, strategies)


PATHOLOGIES = (healthy, monopoly, holdout, bubble)
