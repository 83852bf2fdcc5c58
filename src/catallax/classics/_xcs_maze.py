"""XCS in woods and mazes, many seeds at once."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key

from catallax import envs
from catallax.agents import classifiers as parts
from catallax.classics._moving_mean import moving_mean
from catallax.classics._per_seed import PerSeed
from catallax.classics._xcs import XCS, sizes
from catallax.classics._xcs_steps import XCSWalk
from catallax.core import as_key
from catallax.envs import planning

FOOD = 1000.0
DISCOUNT = 0.71
MAZES = {
    "Woods1": (400, 0.5),
    "Woods2": (800, 0.5),
    "Maze4": (1_600, 0.3),
    "Maze5": (1_600, 0.3),
    "Maze6": (1_600, 0.3),
    "Woods101": (800, 0.3),
    "MazeF4": (800, 0.3),
}
"""Capacity and `#` probability by maze; those of Woods2, Maze5 and Maze6 are the literature's, as recalled."""
MUTATION = 0.01
"""Of every place, as recalled for the mazes."""


@dataclass(frozen=True)
class XCSMazeResult:
    """What the seeds have learned."""

    env: envs.Sensed
    walk: XCSWalk
    populations: parts.Classifiers
    """Rules, leading axis `seeds`."""
    steps: np.ndarray
    """Ticks of each exploit problem, the limit where the food was not found; axes `seeds`, `problems`."""
    policies: np.ndarray
    """The best action of every cell, food included; axes `seeds`, `cells`."""
    values: np.ndarray
    """Payoff that the best action promises, in units of reward; axes `seeds`, `cells`; NaN where no rule matches."""
    greedy_steps: PerSeed
    """Mean ticks to food over all free cells, greedy and learning off; a walk in circles counts the limit."""
    optimum: float
    """The same on the shortest paths."""
    rule_counts: PerSeed
    """Distinct rules at the end."""

    def rules(self, seed: int, *, limit: int | None = None) -> str:
        """The rules of one seed as text, the most numerous first."""
        rules = jax.tree.map(lambda x: x[seed], self.populations)
        return parts.rule_table(rules, self.env.observation_space.n, limit)

    def curve(self, window: int = 50) -> np.ndarray:
        """Mean ticks of the last `window` exploit problems; axes `seeds`, `problems` from the `window`-th on."""
        return moving_mean(self.steps, window)

    def map(self, seed: int) -> dict[str, np.ndarray]:
        """Columns for `view.price_map`: what one seed expects of every cell, and where it goes."""
        grid, free = self.env.env.picture, len(np.asarray(self.env.env.start_cells))
        best = planning.value_iteration(self.env.env).values[:free]
        return {
            "prices": self.values[seed, :free], "optimum": best, "actions": self.policies[seed, :free],
            "rows": np.asarray(grid.rows), "cols": np.asarray(grid.columns), "cells": np.asarray(grid.cells[:free]),
            "walls": np.asarray(grid.walls), "goal": np.asarray(grid.goals), "moves": np.asarray(grid.moves),
        }  # fmt: skip

    def table(self) -> str:
        """A line per seed and one for all."""
        lines = ["seed  greedy steps  rules"]
        for seed, (steps, count) in enumerate(zip(np.asarray(self.greedy_steps), np.asarray(self.rule_counts))):
            lines.append(f"{seed:>4}  {steps:12.4f}  {count:5.0f}")
        low, high = self.greedy_steps.interval()
        lines.append(f"mean {self.greedy_steps.mean():.4f} [{low:.4f}, {high:.4f}], shortest paths {self.optimum:.4f}")
        return "\n".join(lines)


def xcs_maze(
    maze: str | envs.Maze = "Woods1",
    problems: int = 2_000,
    seeds: int = 10,
    *,
    key: Key[Array, ""] | int = 0,
    walk: XCSWalk | None = None,
) -> XCSMazeResult:
    """Let XCS find food, all seeds in one program.

    Args:
        maze: one of `MAZES`, or your own; its discount is that of the learning targets.
        problems: to explore; each is followed by an exploit problem.
        seeds: independent runs.
        key: of all seeds, or a number.
        walk: settings; by default those of `MAZES`, for a maze of your own those of Maze5.

    Raises:
        ValueError: on an unknown name or a count below 1.

    Source: Wilson (1995), section 5, for Woods2; Lanzi (1999) for Maze5 and Maze6.

    >>> xcs_maze("Maze7")
    Traceback (most recent call last):
    ValueError: xcs_maze: maze must be a Maze or one of Woods1, Woods2, Maze4, Maze5, Maze6, Woods101, MazeF4, got 'Maze7'.
    """
    if isinstance(maze, str) and maze not in MAZES:
        raise ValueError(f"xcs_maze: maze must be a Maze or one of {', '.join(MAZES)}, got {maze!r}.")
    for name, count in (("problems", problems), ("seeds", seeds)):
        if count < 1:
            raise ValueError(f"xcs_maze: {name} must be at least 1, got {count}.")
    world = getattr(envs, maze)(food=FOOD, discount=DISCOUNT) if isinstance(maze, str) else maze
    given = XCSWalk(maze_system(*MAZES[maze if isinstance(maze, str) else "Maze5"])) if walk is None else walk
    env = envs.Sensed(world)  # pyright: ignore[reportCallIssue] - its spaces are properties
    # numbers as arrays, so that settings of one structure share a program
    used: XCSWalk = jax.tree.map(lambda x: jnp.asarray(x, jnp.float32) if isinstance(x, float) else x, given)
    bare = envs.Sensed(world.without_picture())  # pyright: ignore[reportCallIssue]
    done = _learn(used, jax.random.split(as_key(key), seeds), bare, problems)
    payoffs = np.asarray(_ask(used.system, done.rules, bare))
    policies = payoffs.argmax(-1)
    payoff = payoffs.max(-1)
    limit = int(used.limit)
    return XCSMazeResult(
        env, given, done.rules, np.asarray(done.steps), policies, np.where(np.isfinite(payoff), payoff, np.nan),
        PerSeed([planning.policy_steps(world, policy, limit) for policy in policies]),
        planning.policy_steps(world, planning.value_iteration(world).policy, limit),
        PerSeed(np.count_nonzero(np.asarray(done.rules.numerosity), axis=1)),
    )  # fmt: skip


def maze_system(capacity: int = 1_600, wildcard: float = 0.3, *, specify: parts.AbstractSpecify | None = None) -> XCS:
    """XCS as the maze literature sets it; with `wildcard` 0 no `#` ever appears, by mutation neither.

    Args:
        capacity: copies of rules in all.
        wildcard: probability of `#` in covering.
        specify: help against rules that are too general.
    """
    return XCS(
        capacity,
        covering=parts.Covering(wildcard),
        genetic=parts.Genetic(mutation=MUTATION if wildcard > 0 else 0.0),
        subsumption=parts.GASubsumption(),
        specify=parts.NoSpecify() if specify is None else specify,
    )


@eqx.filter_jit
def _learn(walk: XCSWalk, keys: Array, env: envs.Sensed, problems: int):
    return walk.learn(keys, env, problems)


@eqx.filter_jit
def _ask(system: XCS, populations: parts.Classifiers, env: envs.Sensed) -> Array:
    """What every seed expects of every action in every cell; axes `seeds`, `cells`, `actions`."""

    def expects(rules: parts.Classifiers, obs: Array) -> Array:
        return parts.prediction_array(rules, rules.match(obs), sizes(env)[1])

    return jax.lax.map(lambda rules: jax.vmap(lambda obs: expects(rules, obs))(env.env.sensors), populations)
