"""A bid tax on Holland's bucket brigade is a discount: strengths beside temporal differences, and along a chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import catallax as cx
from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    records: int = 50
    """Random records of who acted, each with its own bid and tax."""
    rules: int = 12
    """Rules in a record."""
    ticks: int = 2_000
    """Actions in a record."""
    links: int = 6
    """Rules of the chain, the last of which is rewarded with one credit."""
    episodes: int = 500
    """Passages through the chain."""
    bid: float = 0.1
    """Share of its strength that a rule of the chain pays to the one before."""
    taxes: tuple[float, ...] = (0.0, 0.01, 0.025, 0.1)
    """Shares that the rules of the chain are taxed."""
    key: int = 0
    """Seed of the records."""


Record = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Who acted, the rewards (credits), and where episodes ended."""


def run(config: Config, context: Context) -> Report:
    """The identity on random records, and its consequence along a chain."""
    rng = np.random.default_rng(config.key)
    single, double = gap(config, rng, jnp.float32), gap(config, rng, jnp.float64)
    curves, ratios = {}, []
    for tax in config.taxes:
        values, discount = chain(config, tax)
        curves[f"tax {tax:g}, discount {discount:.3g}"] = [
            (np.arange(1, config.episodes + 1) * float(config.links), values[:, 0])
        ]
        ratios.append((values[-1, :-1] / values[-1, 1:], discount))
    off = max(float(np.abs(ratio / discount - 1).max()) for ratio, discount in ratios)
    said = ", ".join(f"{ratio.mean():.4f} for {discount:.4f}" for ratio, discount in ratios)
    case = f"strength with bid c and tax t beside TD(0) with step c + t and discount c / (c + t), {config.records} random records"
    return Report(
        [
            Finding("ZCS, SCS", case, "relative difference within 1e-12 in float64",
                    f"at most {double:.1e} in float64, {single:.1e} in float32", bool(double < 1e-12)),
            Finding("ZCS, SCS", f"fall of value from link to link of a chain of {config.links} rules", "c / (c + t), within 1e-6",
                    f"{said}; relative difference at most {off:.1e}", bool(off < 1e-6)),
        ],
        {"chain": cx.view.seed_curves(curves, target=1.0, unit="value of the chain's first rule, credits", goal="reward")},
        "The temporal differences are computed by a plain loop of their own. Both are compared where an episode ended, so that "
        "every bid has reached the rule before. The tax is paid by the rule that acts, at every action.",
    )  # fmt: skip


def record(config: Config, rng: np.random.Generator) -> Record:
    """Who acted at random, never twice in a row; rewards between 0 and 1 credit; an episode ends with probability 0.1."""
    rules = np.cumsum(rng.integers(1, config.rules, config.ticks)) % config.rules
    ended = rng.random(config.ticks) < 0.1
    ended[-1] = True
    return rules.astype(np.int32), rng.random(config.ticks).astype(np.float32), ended


def temporal_differences(values: np.ndarray, rows: Record, step: float, discount: float) -> np.ndarray:
    """TD(0) by the book, in double precision: values where each episode ended, axes `episodes rules`."""
    values, seen = values.astype(np.float64), []
    rules, rewards, ended = rows
    for i, rule in enumerate(rules):
        ahead = 0.0 if ended[i] else values[rules[i + 1]]
        values[rule] += step * (float(rewards[i]) + discount * ahead - values[rule])
        if ended[i]:
            seen.append(values.copy())
    return np.array(seen)


def gap(config: Config, rng: np.random.Generator, dtype: Any) -> float:
    """Largest relative difference over all rules, records and ends of episodes."""
    records = [record(config, rng) for _ in range(config.records)]
    bids, taxes = rng.uniform(0.05, 0.4, config.records), rng.uniform(0.0, 0.4, config.records)
    first = rng.uniform(1.0, 2.0, (config.records, config.rules)).astype(np.float32)
    with jax.enable_x64(dtype == jnp.float64):
        rows = [jnp.asarray(np.stack(column)) for column in zip(*records, strict=True)]
        rows[1] = rows[1].astype(dtype)

        @jax.jit
        @jax.vmap
        def replay(bid: Any, tax: Any, strength: Any, *rows: Any) -> Any:
            brigade = cx.markets.StrengthBrigade(bid, tax)
            return brigade.values(brigade.replay(strength, *rows)[0])

        found = replay(jnp.asarray(bids, dtype), jnp.asarray(taxes, dtype), jnp.asarray(first, dtype), *rows)
    worst = 0.0
    for number, rows in enumerate(records):
        step = bids[number] + taxes[number]
        wanted = temporal_differences(step * first[number], rows, step, bids[number] / step)
        worst = max(worst, float(np.abs(np.asarray(found[number])[rows[2]] / wanted - 1).max()))
    return worst


def chain(config: Config, tax: float) -> tuple[np.ndarray, float]:
    """Values of a chain's rules after each passage, and the discount that the tax amounts to."""
    brigade = cx.markets.StrengthBrigade(config.bid, tax)
    rules = np.tile(np.arange(config.links, dtype=np.int32), config.episodes)
    last = rules == config.links - 1
    with jax.enable_x64(True):
        strengths, _ = jax.jit(brigade.replay)(
            jnp.zeros(config.links, jnp.float64), jnp.asarray(rules), jnp.asarray(last, jnp.float64), jnp.asarray(last)
        )
        return np.asarray(brigade.values(strengths))[last], float(brigade.discount)
