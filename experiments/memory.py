"""T-maze: a register that agents read and write lets the market remember the cue."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np

import catallax as cx
from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    corridors: tuple[int, ...] = (2, 4, 8)
    """Lengths of the corridor between the cue and the junction."""
    seeds: int = 10
    """Independent societies per maze, trained at once."""
    ticks: int = 1_000_000
    """Ticks per society, over all instances."""
    instances: int = 8
    """Parallel worlds per society."""
    exploration: float = 0.02
    """Probability that a sale goes to anybody, at the house's expense."""
    earn_out: float = 0.95
    """Share of its gain that a buyer passes back to its seller; None leaves a writer with the price alone."""
    step: float = 0.01
    """Smallest step size; what a symbol means changes while writers learn."""
    decay: float = 10.0
    """Visits after which the step size has halved."""
    discount: float = 0.9
    """Value of a credit one tick later; the nearer 1, the less it costs to stand still."""
    round_ticks: int = 64
    """Ticks between two settlements of earn-outs; longer than an episode."""
    episodes: int = 2_000
    """Episodes per seed when success is measured."""
    key: int = 0
    """Seed of the run."""


def run(config: Config, context: Context) -> Report:
    """Train with and without the register."""
    findings = []
    for corridor in config.corridors:
        maze = cx.envs.TMaze(corridor, discount=config.discount)
        noted = cx.envs.Register(maze, symbols=2)
        remembered = success(config, noted, config.earn_out)
        unpaid = success(config, noted, None)
        blind = success(config, maze, config.earn_out)
        findings += [
            Finding(
                "d", f"T-maze {corridor}, with register", ">= 0.95 success", told(remembered), min(remembered) >= 0.95
            ),
            Finding("d", f"T-maze {corridor}, without", "<= 0.55 success", told(blind), max(blind) <= 0.55),
            Finding("d", f"T-maze {corridor}, with register but no earn-outs", "", told(unpaid)),
        ]
    return Report(
        findings,
        text="Success is the share of episodes that end with the right turn, greedy policy. A register "
        "fetches the same price whatever it says as long as nobody reads it, so resale alone gives a writer no reason to "
        "tell the truth. An earn-out gives one: each buyer passes back to its seller a share of what it gained beyond the price.",
    )


def success(config: Config, env: cx.core.AbstractEnv, earn_out: float | None) -> list[float]:
    """Share of right turns of every seed's greedy policy."""
    market = cx.DeepMarket(
        cx.agents.Tabular.society(env, step=config.step, decay=config.decay, endowment=1000.0),
        cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), config.exploration),
        earn_out=earn_out,
        round_ticks=config.round_ticks,
    )
    trained = cx.train(
        market,
        env,
        ticks=config.ticks,
        instances=config.instances,
        key=jax.random.key(config.key),
        seeds=config.seeds,
        chunks=1,
    )
    assert trained.ledger.audit() == 0
    scores = []
    for seed in range(config.seeds):
        score = cx.evaluate(trained.seed(seed).policy, env, episodes=config.episodes, key=jax.random.key(seed))
        scores.append(float((score.totals > 0.5).mean()))
    return scores


def told(scores: list[float]) -> str:
    """Mean and range over seeds."""
    return f"mean {np.mean(scores):.3f}, lowest {min(scores):.3f}, highest {max(scores):.3f}"
