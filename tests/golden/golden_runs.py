"""The golden runs: small markets with fixed keys and what is remembered of them.

Only what every processor computes alike is remembered. Money is integer, random
bits are integer, and the parts below are chosen so that no float they add or
multiply is rounded in a way that fused multiply-add or a vectorised power could
change: one instance where something is learned, step sizes that are powers of
two, rents of one sale at a time. Prices are kept to 1e-4.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np

import catallax as cx
from catallax.core import money

FILE = Path(__file__).with_name("golden.json")
KEY = 7


def bandit() -> cx.lab.Run:
    """Tabular bidders under credit-conserving Vickrey with explorers on the bandit."""
    env = cx.envs.Bandit()
    market = cx.DeepMarket(
        cx.agents.Tabular.society(env, step=0.5, endowment=16.0),
        cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), 0.25),
    )
    return cx.train(market, env, ticks=320, instances=1, key=jax.random.key(KEY), chunks=1)


def chain() -> cx.lab.Run:
    """A bucket brigade of tabular bidders along the chain."""
    env = cx.envs.Chain()
    market = cx.DeepMarket(cx.agents.Tabular.society(env, step=0.5, endowment=16.0), cx.auctions.BucketBrigade())
    return cx.train(market, env, ticks=320, instances=1, key=jax.random.key(KEY), chunks=1)


def grid() -> cx.lab.Run:
    """Tabular bidders in a slippery grid who pay rent."""
    env = cx.envs.GridWorld(3, 3, goal=(2, 2), slip=0.25, max_steps=20)
    market = cx.DeepMarket(
        cx.agents.Tabular.society(env, step=0.5, endowment=16.0), cx.auctions.Vickrey(), (cx.levies.Rent(0.125),)
    )
    return cx.train(market, env, ticks=320, instances=1, key=jax.random.key(KEY), chunks=1)


def rules() -> cx.lab.Run:
    """Enumerated rules that outbid each other on the multiplexer, and go broke or idle."""
    env = cx.envs.Multiplexer(1)
    market = cx.DeepMarket(
        cx.Cohort.empty(cx.agents.Rule.parse("###", 0, 0.0, novice=True), 12),
        cx.auctions.FirstPrice(),
        entry=cx.agents.Enumeration(cx.agents.RuleFamily.build(3, 2), allowance=0.5, per_round=2),
        exits=(cx.agents.Bankrupt(0.0625), cx.agents.Idle(24)),
        newcomers=cx.agents.Outbid(0.03125),
        round_ticks=4,
    )
    return cx.train(market, env, ticks=1_280, instances=4, key=jax.random.key(KEY), chunks=1)


RUNS: dict[str, Callable[[], cx.lab.Run]] = {run.__name__: run for run in (bandit, chain, grid, rules)}


def remembered(run: cx.lab.Run) -> dict[str, Any]:
    """Integer balances (in grains), who won how often, births and deaths, prices to 1e-4."""
    books, state = run.ledger, run.state
    return {
        "ticks": run.ticks,
        "agents": money.exact(books.agents).tolist(),
        "house": int(money.exact(books.house)),
        "world": int(money.exact(books.world)),
        "default": int(money.exact(books.default)),
        "wins": np.asarray(state.lives.wins).tolist(),
        "alive": [int(x) for c in state.cohorts for x in np.asarray(c.alive)],
        "births": int(sum(run.trace["births"])),
        "deaths": int(sum(run.trace["deaths"])),
        "price": round(float(run.trace["price_mean"][-1]), 4),
    }
