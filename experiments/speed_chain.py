"""Ticks per CPU second including learning: tabular and network bidders on Chain, 64 seeds in one vmap."""

from __future__ import annotations

import time
from dataclasses import dataclass

import jax

import catallax as cx
from catallax.lab import Context, Finding, Report

RIVAL = 1_135
"""Environment steps per CPU second of mbchang/decentralized-rl, the code of Chang et al. (2020), on Chain: collecting
and updating, measured by ourselves on one core."""


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 64
    """Societies in one vmap."""
    instances: int = 64
    """Parallel worlds per society."""
    ticks: int = 500_000
    """Ticks per society."""
    network_ticks: int = 65_536
    """Ticks per society of network bidders."""
    network_instances: int = 16
    """Parallel worlds per society of network bidders; 4,096 ticks make one batch, as in the original."""
    repeats: int = 3
    """The best of so many measurements is reported."""
    key: int = 0
    """Seed of the run."""


def run(config: Config, context: Context) -> Report:
    """Train once to compile, then measure."""
    env, auction = cx.envs.Chain(), cx.auctions.CreditConservingVickrey()
    tabular = cx.DeepMarket(cx.agents.Tabular.society(env), auction)
    network = cx.DeepMarket(
        cx.agents.Network.society(env, key=jax.random.key(config.key), clones=2, endowment=100.0),
        auction,
        round_ticks=4_096 // config.network_instances,
    )
    quick = best_rate(config, tabular, env, config.ticks, config.instances)
    same = best_rate(config, network, env, config.network_ticks, config.network_instances)
    return Report(
        [
            Finding("i", "tabular bidders, Chain, ticks per CPU second including learning", f">= 1,000 x {RIVAL:,}",
                    f"{quick:,.0f} = {quick / RIVAL:,.0f} x {RIVAL:,}", quick >= 1_000 * RIVAL),
            Finding("i", "network bidders (Beta bids, PPO, two clones each), Chain, the same", f">= 200 x {RIVAL:,}",
                    f"{same:,.0f} = {same / RIVAL:,.0f} x {RIVAL:,}", same >= 200 * RIVAL),
        ],
        text=f"{RIVAL:,} environment steps per CPU second were measured once, on one core, with the code that Chang et al. "
        "(2020) published (mbchang/decentralized-rl, network bidders on Chain, collecting and updating); that code is not run "
        "here. The second row is the same algorithm; the first has tables in place of networks. CPU seconds of the whole process over the whole call of `train` (set-up, learning and reading out, without "
        "compilation).",
    )  # fmt: skip


def best_rate(config: Config, market: cx.DeepMarket, env: cx.envs.Chain, ticks: int, instances: int) -> float:
    """Ticks of all seeds per CPU second, the best of some repeats after one to compile."""

    def measure(seed: int) -> float:
        began = time.process_time()
        trained = cx.train(
            market, env, ticks=ticks, instances=instances, key=jax.random.key(seed), seeds=config.seeds, chunks=1
        )
        spent = time.process_time() - began
        assert trained.ledger.audit() == 0
        return trained.ticks * config.seeds / spent

    measure(config.key)
    return max(measure(config.key + 1 + n) for n in range(config.repeats))
