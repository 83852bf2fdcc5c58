"""Two consumers with opposed wishes and incomes of 3 : 1 in place of the reward."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

import catallax as cx
from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 10
    """Independent societies."""
    ticks: int = 200_000
    """Ticks per society, over all instances."""
    instances: int = 8
    """Parallel worlds."""
    paces: tuple[float, ...] = (0.005, 0.001)
    """Shares of its wealth that a consumer pays for one service."""
    tolerance: float = 0.01
    """How far from the prediction the share may lie."""
    exploration: float = 0.05
    """Probability that a sale goes to anybody, at the house's expense."""
    key: int = 0
    """Seed of the run."""


PREDICTED = 0.75
"""Share of the income of the first consumer."""


def fork() -> cx.envs.TabularEnv:
    """A start with two ends, left (cell 1) and right (cell 2), and no reward of its own."""
    return cx.envs.TabularEnv.of(
        "fork",
        cx.envs.MDP(
            successor=np.array([[1, 2], [1, 1], [2, 2]])[:, :, None],
            probability=np.ones((3, 2, 1)),
            reward=np.zeros((3, 2, 1)),
            terminal=np.ones((3, 2, 1), bool),
            start=np.array([1.0, 0.0, 0.0]),
            discount=1.0,
            observation=np.arange(3),
        ),
    )


def run(config: Config, context: Context) -> Report:
    """Serve both at every pace and count."""
    curves = {f"a service costs at most {pace:g} of a purse": serve(config, pace) for pace in config.paces}
    shares = [[float(values[values.size // 2 :].mean()) for _, values in seeds] for seeds in curves.values()]
    findings = [
        Finding("g", f"share of services for the consumer with 3/4 of the income, {name}", f"within {config.tolerance:g} of {PREDICTED:g}, the model's prediction",
                f"{np.mean(found):.4f} ± {np.std(found, ddof=1):.4f} (sd over {config.seeds} seeds)",
                bool(abs(np.mean(found) - PREDICTED) <= config.tolerance))
        for name, found in zip(curves, shares, strict=True)
    ]  # fmt: skip
    return Report(
        findings,
        {"consumers": cx.view.seed_curves(curves, target=PREDICTED, unit="share of services for consumer 1", goal="prediction")},
        text="Prediction: in the long run each consumer spends its income, and arbitrage between the two services makes "
        "their prices equal, so services are in the proportion of incomes, 3 : 1. Counted over the second half of the run. "
        "The prediction assumes that a payment is a tiny part of the purse.",
        values={f"share_at_{pace:g}": float(np.mean(found)) for pace, found in zip(config.paces, shares, strict=True)},
    )  # fmt: skip


def serve(config: Config, pace: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Ticks and share of services for the first consumer, of every seed."""
    env = fork()
    curves = []
    for seed in range(config.seeds):
        market = cx.DeepMarket(
            cx.agents.Tabular.society(env, step=0.3, endowment=100.0),
            cx.auctions.Trembling(cx.auctions.CreditConservingVickrey(), config.exploration),
            consumers=[
                cx.agents.Subscriber(300.0, 0.75, lambda obs: jnp.where(obs == 1, 100.0, 0.0), pace),
                cx.agents.Subscriber(100.0, 0.25, lambda obs: jnp.where(obs == 2, 100.0, 0.0), pace),
            ],
        )
        trained = cx.train(
            market,
            env,
            ticks=config.ticks,
            instances=config.instances,
            key=jax.random.fold_in(jax.random.key(config.key), seed),
            tracked=config.instances,
            chunks=1,
        )
        assert trained.ledger.audit() == 0
        curves.append(share_over_time(trained.sales["tick"] * config.instances, trained.sales["action"] == 0))
    return curves


def share_over_time(ticks: np.ndarray, first: np.ndarray, readings: int = 50) -> tuple[np.ndarray, np.ndarray]:
    """Share of the services that went to the first consumer, in equal stretches of the run.

    Args:
        ticks: when each service was sold, ticks of all instances.
        first: whether it was the first consumer's.
        readings: number of stretches.
    """
    edges = np.linspace(0, ticks.max() + 1, readings + 1)
    place = np.digitize(ticks, edges) - 1
    served, all_ = np.bincount(place, first, readings), np.bincount(place, minlength=readings)
    return edges[1:], served / np.maximum(all_, 1)
