"""Chang et al. (2020): tabular bidders reach the exact fixed points of bandit, chain and duality."""

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

    seeds: int = 10
    """Independent societies per case, trained at once."""
    ticks: int = 200_000
    """Ticks per society, over all instances."""
    instances: int = 16
    """Parallel worlds per society."""
    exploration: float = 0.3
    """Probability that a sale goes to anybody, at the house's expense."""
    step: float = 0.2
    """Step size; these worlds are deterministic, so it need not shrink."""
    key: int = 0
    """Seed of the run."""


CHAIN_RIGHT = tuple(0.8 * 0.99**k for k in (4, 3, 2, 1, 0))
"""Cloned bidders pay each other the full value: the goal's 0.8, discounted by 0.99 a step."""
CHAIN_SOLITARY = (0.0, 0.0, 0.0, 0.0, 0.8)
DUALITY_SOLITARY = ((0.0, 0.995), (0.50, 0.795))
DUALITY_CLONED = ((0.0, 1.49), (1.49, 1.29))


def run(config: Config, context: Context) -> Report:
    """Train every case and compare its bids with the computed ones."""
    bandit = learned(config, cx.envs.Bandit(), clones=2)[:, :, 0]
    price = np.sort(bandit, axis=1)[:, -1]
    chain = learned(config, cx.envs.Chain(), clones=2)[:, 1, :5]
    alone = learned(config, cx.envs.Chain(), clones=1)[:, 1, :5]
    duality = learned(config, cx.envs.Duality(), clones=1, ceiling=1.0)[:, :, :2].swapaxes(1, 2)
    cloned = learned(config, cx.envs.Duality(), clones=2, ceiling=1.0)[:, :, :2].swapaxes(1, 2)
    bandit_error = float(np.abs(bandit - [0.2, 0.4, 0.6, 0.8]).max())
    chain_error = float((np.abs(chain - CHAIN_RIGHT) / CHAIN_RIGHT).max())
    alone_error = float(np.abs(alone - CHAIN_SOLITARY).max())
    duality_error = float(np.abs(np.maximum(duality, 0) - DUALITY_SOLITARY).max())
    wrong = float((duality[:, 1, 1] > duality[:, 1, 0]).mean())
    cloned_error = float(np.abs(np.maximum(cloned, 0) - DUALITY_CLONED).max())
    price_error = float(np.abs(price - 0.8).max())
    return Report(
        [
            Finding(
                "a", "Bandit bids 0.2/0.4/0.6/0.8", "within 0.02", worst(bandit_error, bandit), bandit_error <= 0.02
            ),
            Finding("a", "Bandit price 0.8", "within 0.02", f"off by at most {price_error:.5f}", price_error <= 0.02),
            Finding(
                "a",
                "Chain, cloned, bids for R",
                "within 2 %",
                f"off by at most {100 * chain_error:.3f} %",
                chain_error <= 0.02,
            ),
            Finding(
                "a",
                "Chain, solitary: credit collapses",
                "0, 0, 0, 0, 0.8",
                worst(alone_error, alone),
                alone_error <= 0.02,
            ),
            Finding(
                "a",
                "Duality, solitary, bids in [0, 1]",
                "(0, 0.995), (0.50, 0.795)",
                worst(duality_error, duality),
                duality_error <= 0.02,
            ),
            Finding(
                "a",
                "Duality, solitary: wrong action in state 1",
                "always",
                f"in {100 * wrong:.0f} % of seeds",
                wrong == 1.0,
            ),
            Finding(
                "a",
                "Duality, cloned, bids in [0, 1], valuations",
                "(0, 1.49), (1.49, 1.29)",
                worst(cloned_error, cloned),
                cloned_error <= 0.02,
            ),
        ],
        text="Targets are the exact fixed points of the rules (computed, not published). A society explores by "
        "`Trembling`, so its valuations are learned off-policy; bids are means over the seeds, and what they are "
        "off by is the worst seed. In Duality no bid exceeds 1.",
        values={
            "bandit_error": bandit_error,
            "chain_error": chain_error,
            "alone_error": alone_error,
            "duality_error": duality_error,
            "cloned_error": cloned_error,
        },
    )


def learned(config: Config, env: Any, clones: int, ceiling: float = float("inf")) -> np.ndarray:
    """Valuations after training, axes `seeds actions obs`."""
    market = cx.DeepMarket(
        cx.agents.Tabular.society(env, clones=clones, step=config.step, ceiling=ceiling, endowment=10_000.0),
        cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), config.exploration),
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
    return np.asarray(trained.state.cohorts[0].individuals.table)


def worst(error: float, values: np.ndarray) -> str:
    """The mean values and the largest deviation of any seed."""
    mean = ", ".join(f"{v:.4f}" for v in values.mean(0).ravel())
    return f"{mean}; off by at most {error:.5f}"
