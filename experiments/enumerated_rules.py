"""From an empty population: enumerated rules come to solve the 6-bit multiplexer, random rules Woods1."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np

import catallax as cx
from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    multiplexer_ticks: int = 400_000
    """Ticks on the multiplexer, over all instances."""
    woods_ticks: int = 2_000_000
    """Ticks on Woods1, over all instances."""
    instances: int = 4
    """Parallel worlds."""
    capacity: int = 400
    """Slots for rules."""
    allowance: float = 3.0
    """Credits a newborn gets from the house, per instance."""
    epsilon: float = 0.01
    """How much a newcomer outbids the best competing bid, credits."""
    rent: float = 0.001
    """Share of the winner's wealth per sale."""
    key: int = 0
    """Seed of the run."""


def run(config: Config, context: Context) -> Report:
    """Both worlds, from nobody."""
    key = jax.random.key(config.key)
    multiplexer = cx.envs.Multiplexer(2)
    listed = society(config, cx.agents.Enumeration(cx.agents.RuleFamily.build(6, 2), config.allowance), 6)
    answers = cx.train(listed, multiplexer, ticks=config.multiplexer_ticks, instances=config.instances, key=key)
    right = cx.evaluate(answers.policy, multiplexer, episodes=4_096, key=key)
    woods = cx.envs.Sensed(cx.envs.Woods1(max_steps=50))
    family = cx.agents.RandomRules(jax.random.key(config.key + 1), 0.6, 16, 8)
    drawn = society(config, cx.agents.RandomBirths(family, config.allowance), 16)
    walks = cx.train(drawn, woods, ticks=config.woods_ticks, instances=config.instances, key=key)
    food = cx.evaluate(walks.policy, woods, episodes=2_000, key=key)
    eaten = food.totals > 0
    maze = woods.env
    best, walk = shortest_paths(maze), cx.planning.random_walk_steps(maze)
    return Report(
        [
            Finding(
                "f", "6-bit multiplexer, enumerated rules, greedy accuracy", "", f"{right.mean_total:.4f} (chance 0.5)"
            ),
            Finding("f", "multiplexer: population", "", lives(answers)),
            Finding("f", "Woods1, random rules: reaches food within 50 ticks", "", f"{eaten.mean():.4f} of episodes"),
            Finding(
                "f",
                "Woods1: mean ticks to food",
                "",
                f"{food.mean_length:.2f} (optimum {best:.2f}, random walk without a limit {walk:.2f})",
            ),
            Finding("f", "Woods1: population", "", lives(walks)),
        ],
        {"multiplexer": answers.plot("population"), "woods": walks.plot("population")},
    )


def shortest_paths(maze: cx.envs.Maze) -> float:
    """Mean ticks to food of the optimal policy over the starts: the only reward is 1 at the food, so `V = discount**(ticks - 1)`."""
    starts = cx.planning.problem(maze).start > 0
    values = cx.planning.value_iteration(maze).values[starts]
    return float(1 + np.log(values).mean() / np.log(maze.discount))


def society(config: Config, entry: cx.core.AbstractEntry, bits: int) -> cx.DeepMarket:
    """An empty market of rules."""
    return cx.DeepMarket(
        cx.Cohort.empty(cx.agents.Rule.parse("#" * bits, 0, 0.0, novice=True), config.capacity),
        cx.auctions.FirstPrice(),
        (cx.levies.Rent(config.rent),),
        entry=entry,
        exits=(cx.agents.Bankrupt(0.05), cx.agents.Idle(20_000)),
        newcomers=cx.agents.Outbid(config.epsilon),
    )


def lives(run: cx.lab.Run) -> str:
    """Births, deaths and bankruptcies of a run."""
    born, died, broke = (int(np.sum(run.trace[name])) for name in ("births", "deaths", "bankruptcies"))
    return f"{born:,} born, {died:,} died, {broke:,} of them broke, {run.trace['alive'][-1]:.0f} alive; imbalance {run.ledger.imbalance}"
