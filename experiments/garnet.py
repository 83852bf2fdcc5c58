"""Twenty random decision problems: greedy value and prices of a market, and of Q-learning, against the optimum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
    baseline_exploration: float = 0.3
    """Probability of a random action of Q-learning."""
    baseline_decay: float = 30.0
    """Visits of a pair after which its step size in Q-learning has halved."""
    key: int = 0
    """Seed of problems and runs."""


def run(config: Config, context: Context) -> Report:
    """Train one market and one Q-learner per problem, on the same budget."""
    market, learner = [], []
    for number in range(config.problems):
        env_key, run_key = jax.random.split(jax.random.fold_in(jax.random.key(config.key), number))
        env = cx.envs.Garnet(20, 4, 3, key=env_key, discount=0.9)
        best = cx.planning.value_iteration(env)
        market.append(measure(env, best, *train_market(config, env, run_key)))
        learner.append(measure(env, best, *train_learner(config, env, run_key)))
    (ratios, errors), (their_ratios, their_errors) = (np.array(rows).T for rows in (market, learner))
    good, theirs = int(np.sum(ratios >= 0.99)), int(np.sum(their_ratios >= 0.99))
    wanted = round(0.95 * config.problems)
    return Report(
        [
            Finding("b", f"greedy value >= 0.99 of the optimum, {config.problems} Garnets", f">= {wanted} of {config.problems}",
                    f"{good} of {config.problems}, lowest {ratios.min():.5f}", bool(good >= wanted)),
            Finding("b", "mean abs(price - V*) / max V*", "<= 5 %",
                    f"mean {100 * errors.mean():.2f} %, worst {100 * errors.max():.2f} %", bool(errors.max() <= 0.05)),
            Finding("b", "Q-learning, same budget: greedy value >= 0.99 of the optimum, and mean abs(max_a Q - V*) / max V*", "",
                    f"{theirs} of {config.problems}, lowest {their_ratios.min():.5f}; "
                    f"mean {100 * their_errors.mean():.2f} %, worst {100 * their_errors.max():.2f} %"),
        ],
        text=f"Q-learning starts from values of {INITIAL:g}, half the largest possible return, as the market's bids do, acts at "
        f"random with probability {config.baseline_exploration:g} and halves a step size after {config.baseline_decay:g} visits "
        "of a pair; both methods' settings were chosen by hand on these problems.",
    )  # fmt: skip


INITIAL = 5.0
"""Bids and values before the first visit, credits."""


def train_market(config: Config, env: cx.envs.Garnet, key: jax.Array) -> tuple[Any, np.ndarray]:
    """Policy and prices."""
    market = cx.DeepMarket(
        cx.agents.Tabular.society(env, initial_bid=INITIAL, step=0.0, decay=config.decay),
        cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), config.exploration),
    )
    trained = cx.train(market, env, ticks=config.ticks, instances=config.instances, key=key, chunks=1)
    assert trained.ledger.audit() == 0
    return trained.policy, trained.prices()


def train_learner(config: Config, env: cx.envs.Garnet, key: jax.Array) -> tuple[Any, np.ndarray]:
    """Policy and values of the best actions."""
    learned = cx.lab.baselines.q_learning(
        env,
        ticks=config.ticks,
        instances=config.instances,
        key=key,
        step=0.0,
        decay=config.baseline_decay,
        epsilon=config.baseline_exploration,
        initial=INITIAL,
        chunks=1,
    )
    return learned.policy, learned.values.max(1)


def measure(env: cx.envs.Garnet, best: Any, policy: Any, values: np.ndarray) -> tuple[float, float]:
    """Greedy value over the optimum, and the mean error of the values over the largest."""
    ratio = cx.planning.policy_value(env, policy).start_value / best.start_value
    return ratio, float(np.abs(values - best.values).mean() / best.values.max())
