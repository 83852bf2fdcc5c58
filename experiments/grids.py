"""Frozen lake, grid, cliff, Woods1, Maze4: a market's greedy policy, and Q-learning's, against the exact optimum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

import catallax as cx
from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 10
    """Independent societies per world, trained at once."""
    ticks: int = 1_000_000
    """Ticks per society, over all instances."""
    lake_ticks: int = 10_000_000
    """The same for the frozen lake, whose moves are random."""
    instances: int = 64
    """Parallel worlds per society."""
    exploration: float = 0.2
    """Probability that a sale goes to anybody, at the house's expense."""
    lake_step: float = 0.002
    """Smallest step size on the lake; it starts at 1 and halves after 300 visits."""
    step: float = 0.5
    """Smallest step size where moves are certain; it starts at 1."""
    baseline_exploration: float = 0.1
    """Probability of a random action of Q-learning."""
    worlds: tuple[str, ...] = ("lake", "grid", "cliff", "woods1", "maze4")
    """Which worlds."""
    key: int = 0
    """Seed of the run."""


WORLDS = {
    "lake": lambda: cx.envs.FrozenLake("8x8", max_steps=200),
    "grid": lambda: cx.envs.GridWorld(8, 8, goal=(7, 7)),
    "cliff": lambda: cx.envs.CliffWalking(max_steps=200),
    "woods1": lambda: cx.envs.Woods1(max_steps=50),
    "maze4": lambda: cx.envs.Maze4(max_steps=50),
}


def run(config: Config, context: Context) -> Report:
    """Train every world and solve its greedy policies exactly."""
    findings, lowest = [], {}
    for name in config.worlds:
        env = WORLDS[name]()
        scores = ratios(config, env)
        lowest[f"{name}_lowest"] = min(scores)
        findings.append(
            Finding(
                "c",
                name,
                ">= 0.98 of the optimum",
                f"lowest of {config.seeds} seeds {min(scores):.5f}",
                min(scores) >= 0.98,
                note=f"Q-learning, same budget: {min(baseline(config, env)):.5f}",
            )
        )
    return Report(
        findings,
        text="A ratio of values, `V_greedy / V*` at the start; for the cliff, where values are negative, `V* / V_greedy`. "
        "The cliff is trained under `Shifted(by=100)`, which keeps the optimal policy, since no bid is below zero. "
        "Greedy policies are solved exactly, without the time limit under which they were trained. Q-learning "
        f"is trained on the worlds as they are, acts at random with probability {config.baseline_exploration:g} where the market "
        f"trembles with {config.exploration:g}, and has the market's step sizes, except that on the lake its step size falls "
        "towards 0; both methods' settings were chosen by hand.",
        values=lowest,
    )


def ratios(config: Config, env: Any) -> list[float]:
    """Greedy value over optimum for every seed."""
    world = cx.envs.Shifted(env, by=100.0) if isinstance(env, cx.envs.CliffWalking) else env
    lake = isinstance(env, cx.envs.FrozenLake)
    shifted = world is not env
    market = cx.DeepMarket(
        cx.agents.Tabular.society(
            world,
            initial_bid=100.0 if shifted else 1.0,
            step=config.lake_step if lake else config.step,
            decay=300.0,
            # a fall costs 100 credits, and who explores along a cliff must be able to pay
            endowment=100_000.0 if shifted else 1000.0,
        ),
        cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), config.exploration),
    )
    trained = cx.train(
        market,
        world,
        ticks=config.lake_ticks if lake else config.ticks,
        instances=config.instances,
        key=jax.random.key(config.key),
        seeds=config.seeds,
        chunks=1,
    )
    assert trained.ledger.audit() == 0
    return shares(env, [trained.seed(seed).greedy() for seed in range(config.seeds)])


def baseline(config: Config, env: Any) -> list[float]:
    """The same for Q-learning on the same budget."""
    lake = isinstance(env, cx.envs.FrozenLake)
    learned = cx.lab.baselines.q_learning(
        env,
        ticks=config.lake_ticks if lake else config.ticks,
        instances=config.instances,
        key=jax.random.key(config.key),
        step=0.0 if lake else config.step,
        decay=300.0,
        epsilon=config.baseline_exploration,
        # no return is larger, so it tries everything
        initial=0.0 if isinstance(env, cx.envs.CliffWalking) else 1.0,
        seeds=config.seeds,
        chunks=1,
    )
    return shares(env, list(learned.values.argmax(-1)))


def shares(env: Any, policies: Sequence[np.ndarray]) -> list[float]:
    """Value over optimum of each policy; optimum over value where values are negative."""
    best = cx.planning.value_iteration(env).start_value
    values = [cx.planning.policy_value(env, policy).start_value for policy in policies]
    return [best / value if best < 0 else value / best for value in values]
