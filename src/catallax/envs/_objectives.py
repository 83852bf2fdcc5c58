"""Worlds with several objectives, each of which somebody else may pay for."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree

from catallax.core import Step
from catallax.envs._tabular import MDP, TabularEnv
from catallax.envs._wrapper import AbstractWrapper
from catallax.envs.planning import policy_value, value_iteration

MOVES = np.array([[-1, 0], [1, 0], [0, -1], [0, 1]])
"""Up, down, left, right."""


class Objectives(AbstractWrapper):
    """A finite world that pays nothing itself, and tells how much of each objective every step brings: `info["objectives"]`.

    Amounts are earned on entering a state. Consumers pay for them (`agents.ObjectiveBuyer`), one an objective.

    >>> sea = Objectives.deep_sea()
    >>> sea.names, sea.earned.shape
    (('treasure', 'time'), (121, 2))
    """

    env: TabularEnv
    earned: Float[Array, "states objectives"]
    names: tuple[str, ...] = eqx.field(static=True)

    def __check_init__(self) -> None:
        if self.earned.shape != (self.env.successor.shape[0], len(self.names)):
            raise ValueError(
                f"Objectives: expected an amount for each of {self.env.successor.shape[0]} states and {len(self.names)} objectives, got "
                f"axes {self.earned.shape}."
            )

    def after(self, state: PyTree, action: Int[Array, "*batch"], step: Step) -> Step:
        """The world's step, its reward told apart by objective."""
        told = {**step.info, "objectives": self.earned[step.state.cell]}
        return step._replace(reward=jnp.zeros_like(step.reward), info=told)

    def weighed(self, weights: Any) -> TabularEnv:
        """The world with one reward, `sum_k weights_k amount_k`: the linear scalarisation.

        Args:
            weights: credits per unit of each objective.
        """
        inner = self.env.mdp()
        paid = np.asarray(self.earned, float) @ np.asarray(weights, float)
        return TabularEnv.of("Objectives", inner._replace(reward=paid[inner.successor]), max_steps=self.env.max_steps)

    def best(self, weights: Any) -> Int[np.ndarray, " observations"]:
        """An action per observation, best for the weighed sum by value iteration.

        Args:
            weights: credits per unit of each objective.
        """
        policy = value_iteration(self.weighed(weights), 1e-10).policy
        return policy[np.unique(np.asarray(self.env.observation), return_index=True)[1]]

    def worth(self, policy: Int[np.ndarray, " observations"]) -> Float[np.ndarray, " objectives"]:
        """What a policy brings of each objective from the start, discounted and without the time limit, exactly.

        Args:
            policy: an action per observation.
        """
        return np.array([policy_value(self.weighed(unit), policy).start_value for unit in np.eye(len(self.names))])

    @classmethod
    def deep_sea(cls, treasures: Any = None, discount: float = 0.99) -> Objectives:
        """Deep-sea treasure: a submarine, treasures that are worth more the deeper they lie, and a tick lost with every move.

        Args:
            treasures: the map, 0 where there is water, -10 where there is rock; by default that of Yang et al. (2019), whose front is convex.
            discount: value now of what comes a tick later.

        Source: Vamplew et al. (2011), the task; Yang, Sun and Narasimhan (2019), the map, as in mo-gymnasium's `deep-sea-treasure-v0`.
        """
        sea = _CONVEX if treasures is None else np.asarray(treasures, float)
        rows, columns = sea.shape
        place = np.stack(np.divmod(np.arange(rows * columns), columns), 1)
        there = place[:, None, :] + MOVES
        inside = ((there >= 0) & (there < sea.shape)).all(-1)
        kept = np.where(np.expand_dims(inside, -1), there, place[:, None, :])
        free = inside & (sea[kept[..., 0], kept[..., 1]] != -10)
        cell = np.where(free, kept[..., 0] * columns + kept[..., 1], np.arange(rows * columns)[:, None])
        found: np.ndarray = np.asarray(sea.ravel() > 0)
        earned = np.stack([np.where(found, sea.ravel(), 0.0), -np.ones(sea.size)], 1)
        return cls._of("deep sea", cell[..., None], np.ones((*cell.shape, 1)), found[cell][..., None], earned,
                       np.arange(sea.size), 0, discount, ("treasure", "time"))  # fmt: skip

    @classmethod
    def gathering(cls, discount: float = 0.99) -> Objectives:
        """Resource gathering: bring gold and a gem home, past two enemies, each of which kills one visit in ten.

        Source: Barrett and Narayanan (2008), as in mo-gymnasium's `resource-gathering-v0`.

        >>> Objectives.gathering().names
        ('life', 'gold', 'gem')
        """
        alive = 100  # states: 4 x cell + 2 x gold + gem; then the same, dead
        cell, gold, gem = np.arange(alive) // 4, np.arange(alive) // 2 % 2, np.arange(alive) % 2
        there = np.stack(np.divmod(cell, 5), 1)[:, None, :] + MOVES
        inside = ((there >= 0) & (there < 5)).all(-1)
        next_cell = np.where(inside, there[..., 0] * 5 + there[..., 1], cell[:, None])
        now = 4 * next_cell + 2 * (gold[:, None] | (next_cell == 2)) + (gem[:, None] | (next_cell == 9))
        danger = np.isin(next_cell, [3, 7])
        successor = np.stack([now, np.where(danger, now + alive, now)], 2)
        chance = np.stack([np.where(danger, 0.9, 1.0), np.where(danger, 0.1, 0.0)], 2)
        home = cell == 22
        earned = np.zeros((2 * alive, 3))
        earned[:alive, 1], earned[:alive, 2], earned[alive:, 0] = home * gold, home * gem, -1.0
        ends = np.concatenate([home, np.ones(alive, bool)])
        # whoever is dead stays dead: what its rows say never matters
        successor, chance = (np.concatenate([part, part]) for part in (successor, chance))
        return cls._of("gathering", successor, chance, ends[successor], earned, np.tile(np.arange(alive), 2), 4 * 22,
                       discount, ("life", "gold", "gem"))  # fmt: skip

    @classmethod
    def _of(
        cls, name: str, successor: np.ndarray, chance: np.ndarray, ends: np.ndarray, earned: np.ndarray, seen: np.ndarray,
        first: int, discount: float, names: tuple[str, ...],
    ) -> Objectives:  # fmt: skip
        start = np.eye(len(earned))[first]
        mdp = MDP(successor, chance, np.zeros(successor.shape), ends, start, discount, seen)
        env = TabularEnv.of(name, mdp, max_steps=100)
        amounts = jnp.asarray(earned, jnp.float32)
        # the wrapper has the rest as properties
        return Objectives(env=env, earned=amounts, names=names)  # pyright: ignore[reportCallIssue]


def _sea(depth: list[int], value: list[float], columns: int) -> np.ndarray:
    """A map from the depth of each column's treasure."""
    rows = np.arange(11)[:, None]
    depths = np.array(depth + [11] * (columns - len(depth)))[None, :]
    sea = np.where(rows > depths, -10.0, 0.0)
    sea[depth, np.arange(len(depth))] = value
    return sea


_CONVEX = _sea([1, 2, 3, 4, 4, 4, 7, 7, 9, 10], [0.7, 8.2, 11.5, 14.0, 15.1, 16.1, 19.6, 20.3, 22.4, 23.7], 11)
CONCAVE_SEA = _sea([1, 2, 3, 4, 4, 4, 7, 7, 9, 10], [1.0, 2.0, 3.0, 5.0, 8.0, 16.0, 24.0, 50.0, 74.0, 124.0], 11)
"""Another map, whose front is concave: mo-gymnasium's `deep-sea-treasure-concave-v0`, which names Vamplew et al. (2018)."""
