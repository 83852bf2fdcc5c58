"""Twenty random decision problems: greedy value and prices of a tabular market against the exact optimum."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np

import catallax as cx
from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    problems: int = 20
    """Garnet problems of 20 states, 4 actions, branching 3, discount 0.9."""
    ticks: int = 500_000
    """Budget per problem, over all instances."""
    instances: int = 32
    """Parallel worlds."""
    exploration: float = 0.3
    """Probability that a sale goes to anybody, at the house's expense."""
    decay: float = 30.0
    """Visits after which a step size has halved."""
    key: int = 0
    """Seed of problems and runs."""


def run(config: Config, context: Context) -> Report:
    """Train one market per problem."""
    ratios, errors = [], []
    for number in range(config.problems):
        env_key, run_key = jax.random.split(jax.random.fold_in(jax.random.key(config.key), number))
        env = cx.envs.Garnet(20, 4, 3, key=env_key, discount=0.9)
        market = cx.DeepMarket(
            cx.agents.Tabular.society(env, initial_bid=5.0, step=0.0, decay=config.decay),
            cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), config.exploration),
        )
        trained = cx.train(market, env, ticks=config.ticks, instances=config.instances, key=run_key, chunks=1)
        best = cx.planning.value_iteration(env)
        ratios.append(cx.planning.policy_value(env, trained.policy).start_value / best.start_value)
        errors.append(np.abs(trained.prices() - best.values).mean() / best.values.max())
        assert trained.ledger.audit() == 0
    good = sum(r >= 0.99 for r in ratios)
    wanted = round(0.95 * config.problems)
    return Report(
        [
            Finding("b", f"greedy value >= 0.99 of the optimum, {config.problems} Garnets", f">= {wanted} of {config.problems}",
                    f"{good} of {config.problems}, lowest {min(ratios):.5f}", good >= wanted),
            Finding("b", "mean abs(price - V*) / max V*", "<= 5 %",
                    f"mean {100 * np.mean(errors):.2f} %, worst {100 * max(errors):.2f} %", bool(max(errors) <= 0.05)),
        ],
    )  # fmt: skip
