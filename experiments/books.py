"""The books close exactly after ten million ticks with births, deaths and every levy."""

from __future__ import annotations

from dataclasses import dataclass

import equinox as eqx
import jax
import numpy as np

import catallax as cx
from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    ticks: int = 10_010_624
    """Ticks, over all instances."""
    least: int = 10**7
    """Ticks below which nothing is proved."""
    instances: int = 64
    """Parallel worlds."""
    key: int = 0
    """Seed of the run."""


def run(config: Config, context: Context) -> Report:
    """Run rules that come and go, tax them in every way, and audit."""
    env = cx.envs.Multiplexer(2)
    market = cx.DeepMarket(
        cx.Cohort.empty(cx.agents.Rule.parse("######", 0, 0.0, novice=True), 200),
        cx.auctions.Vickrey(),
        (
            cx.levies.Rent(0.001),
            cx.levies.WealthTax(1e-5),
            cx.levies.Harberger(1e-3),
            cx.levies.AntiMonopoly(0.2),
            cx.levies.BidFee(1e-4),
        ),
        entry=cx.agents.Enumeration(cx.agents.RuleFamily.build(6, 2), allowance=3.0),
        exits=(cx.agents.Bankrupt(0.05), cx.agents.Idle(2_000)),
        newcomers=cx.agents.Outbid(0.01),
    )
    trained = cx.train(
        market,
        env,
        ticks=config.ticks,
        instances=config.instances,
        key=jax.random.key(config.key),
        progress=context.progress,
    )
    imbalance = trained.ledger.audit()
    worst = int(np.max(trained.trace["imbalance"]))
    leaky = eqx.tree_at(lambda b: b.house.grains, trained.ledger, trained.ledger.house.grains + 1)
    born, died = (int(np.sum(trained.trace[name])) for name in ("births", "deaths"))
    return Report(
        [
            Finding("h", f"imbalance after {trained.ticks:,} ticks, {born:,} births, {died:,} deaths, five levies", "exactly 0",
                    f"{imbalance} grains at the end, {worst} at worst", imbalance == worst == 0 and trained.ticks >= config.least and min(born, died) > 0),
            Finding("h", "imbalance after a deliberate leak of one grain", "not 0", f"{leaky.imbalance} grain", leaky.imbalance == 1),
        ]
    )  # fmt: skip
