"""Cross the frozen lake: a market beside Q-learning, a random walk and the exact optimum."""

from __future__ import annotations

from dataclasses import dataclass

import jax

import catallax as cx
from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    size: str = "8x8"
    """Which lake: 4x4 or 8x8."""
    ticks: int = 3_000_000
    """Budget, over all instances."""
    instances: int = 64
    """Parallel worlds that share the society's wealth."""
    exploration: float = 0.1
    """Probability that a sale goes to anybody, at the house's expense."""
    step: float = 0.003
    """Smallest step size of the bidders."""
    episodes: int = 2_000
    """Episodes per evaluation."""
    key: int = 0
    """Seed of the run."""


def run(config: Config, context: Context) -> Report:
    """Train, evaluate, write the report."""
    env = cx.envs.FrozenLake(config.size, max_steps=200)
    market = cx.DeepMarket(
        cx.agents.Tabular.society(env, step=config.step, decay=100.0),
        cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), config.exploration),
    )
    trained = cx.train(
        market,
        env,
        ticks=config.ticks,
        instances=config.instances,
        key=jax.random.key(config.key),
        folder=context.folder,
        resume=context.resume,
        replace=not context.resume,
        tracked=1,
        progress=context.progress,
    )
    best = cx.planning.value_iteration(env)
    score = cx.evaluate(trained.policy, env, episodes=config.episodes, key=jax.random.key(1))
    chance = cx.evaluate(
        lambda key, obs: jax.random.randint(key, (), 0, 4), env, episodes=config.episodes, key=jax.random.key(2)
    )
    exact = cx.planning.policy_value(env, trained.policy).start_value
    rows = [
        {"name": "optimum", "value": best.start_value},
        {"name": "market", "value": score.mean_return, "std_error": score.std_error},
        {"name": "random", "value": chance.mean_return, "std_error": chance.std_error},
    ]
    assert trained.folder is not None
    trained.folder.update(result=rows)
    print(trained.summary())
    report = cx.view.write_report(trained.folder)
    print(f"report: {report}")
    return Report(
        [
            Finding("demo", f"frozen lake {config.size}, market's exact greedy value over the optimum", "",
                    f"{exact / best.start_value:.4f}"),
            Finding("demo", "discounted return over episodes: optimum, market, random", "",
                    f"{best.start_value:.4f}, {score.mean_return:.4f} ± {score.std_error:.4f}, {chance.mean_return:.4f}"),
            Finding("demo", "imbalance of the books, grains", "0", str(trained.ledger.imbalance), trained.ledger.imbalance == 0),
        ]
    )  # fmt: skip
