"""Trades per second of the logarithmic market scoring rule, in one market and in thousands, beside plain Python and NumPy code."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import _lmsr_loop as rivals
import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import catallax as cx
from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    markets: int = 10_000
    """Independent markets in one `vmap`."""
    trades: int = 200
    """In each of them."""
    lone_trades: int = 200_000
    """In one market alone."""
    outcomes: tuple[int, ...] = (2, 4)
    """Of a market; one comparison each."""
    liquidity: float = 100.0
    """Credits per nat."""
    deviation: float = 10.0
    """Standard deviation of the shares in a trade."""
    rival_trades: int = 50_000
    """Trades of a rival in each timed run."""
    repeats: int = 7
    """Timed runs of each, in turns; the median counts."""
    compared: int = 250
    """Markets of the `vmap`, spread over all of them, whose costs are compared with the rivals'."""
    mechanisms: str = "mechanisms"
    """A copy of microprediction/mechanisms, to race its NumPy code as well; it is not shipped. Without one it is left out, and the report says so."""
    key: int = 0
    """Seed of the trades."""


REQUIRED = 100
"""Times a plain loop."""


def run(config: Config, context: Context) -> Report:
    """Check that all compute the same, then race them."""
    racers: dict[str, Callable] = {"a plain Python loop": rivals.plain_loop}
    absent = not Path(config.mechanisms).is_dir()
    if not absent:
        racers["the NumPy code of microprediction/mechanisms"] = rivals.load_mechanisms(config.mechanisms)
    findings = []
    for outcomes in config.outcomes:
        findings += race(config, outcomes, racers)
    return Report(findings, text=TEXT + ABSENT * absent)


TEXT = (
    "A trade is a number of shares of one outcome; its cost and the prices after it are computed. Ours goes through `quote` and "
    "`apply`, as a user's would, in single precision on all cores; compilation is not counted. The plain loop is our own: "
    "`math.exp` and `math.log` on a list, in one process, without accounts or checks, the cost function taken once a trade. "
    "All run in turns, on the same trades in the same order."
)


ABSENT = (
    " The NumPy code of microprediction/mechanisms took no part in this run: there was no copy of it in the folder that `--mechanisms` names, by "
    "default `mechanisms` where the command is run."
)


def trader(config: Config, outcomes: int) -> Callable[[Any, Any], tuple[Any, Any]]:
    """All trades of one market, compiled as a scan: costs, and prices at the end."""
    maker = jax.tree.map(
        lambda leaf: jnp.asarray(leaf, jnp.float32) if eqx.is_array(leaf) else leaf,
        cx.forecasting.LMSR(outcomes, config.liquidity),
    )

    def trade(maker, order):
        maker, done = maker.apply(maker.quote(order[0], shares=order[1]))
        return maker, done.cost

    def market(which, shares):
        closed, costs = jax.lax.scan(trade, maker, (which, shares))
        return costs, closed.prices

    return market


def race(config: Config, outcomes: int, racers: dict[str, Callable]) -> list[Finding]:
    """Trades per second of one market and of many, each beside every rival."""
    rng = np.random.default_rng([config.key, outcomes])
    which = rng.integers(outcomes, size=(config.markets, config.trades))
    shares = rng.normal(0, config.deviation, (config.markets, config.trades))
    lone = rng.integers(outcomes, size=config.lone_trades), rng.normal(0, config.deviation, config.lone_trades)
    market = trader(config, outcomes)
    alone, many = jax.jit(market), jax.jit(jax.vmap(market))
    args = {"one market": lone, f"{config.markets:,} markets in one vmap": (which, shares)}
    args = {name: (jnp.asarray(w, jnp.int32), jnp.asarray(x, jnp.float32)) for name, (w, x) in args.items()}
    orders = list(zip(lone[0].tolist(), lone[1].tolist(), strict=True))[: config.rival_trades]
    runs: dict[str, tuple[int, Callable]] = {
        name: (w.size, lambda f=f, w=w, x=x: jax.block_until_ready(f(w, x)))
        for (name, (w, x)), f in zip(args.items(), (alone, many), strict=True)
    }
    for name, racer in racers.items():
        runs[name] = (len(orders), lambda racer=racer: racer(outcomes, config.liquidity, orders))
    first = {name: racer() for name, (_, racer) in runs.items()}
    rates = {name: [] for name in runs}
    for _ in range(config.repeats):
        for name, (trades, racer) in runs.items():
            start = time.perf_counter()
            racer()
            rates[name].append(trades / (time.perf_counter() - start))
    rate = {name: float(np.median(each)) for name, each in rates.items()}
    ours, theirs = list(args), list(racers)
    findings = [
        Finding("speed", f"LMSR, {outcomes} outcomes, {case}: {what} in single precision from those of the rivals, at most",
                f"< {bound:g}", f"{worst:.2g}", worst < bound, note)
        for case, what, bound, worst, note in agreement(config, outcomes, racers, (orders, which, shares), first)
    ]  # fmt: skip
    for case in ours:
        for name in theirs:
            ratio = rate[case] / rate[name]
            required = case != ours[0]
            findings.append(
                Finding("speed", f"LMSR, {outcomes} outcomes, {case}: trades per second over those of {name}",
                        f">= {REQUIRED}" if required else "", f"{ratio:.0f} ({rate[case]:,.0f} beside {rate[name]:,.0f})",
                        ratio >= REQUIRED if required else None, f"median of {config.repeats}")
            )  # fmt: skip
    return findings


def agreement(
    config: Config, outcomes: int, racers: dict[str, Callable], asked: tuple[Any, Any, Any], first: dict[str, Any]
) -> list[tuple[str, str, float, float, str]]:
    """How far costs and closing prices are from the rivals': of the lone market, and of markets spread over the batch."""
    orders, which, shares = asked
    (lone, (costs, _)), (batch, (paid, closed)) = list(first.items())[:2]
    numbers = np.unique(np.linspace(0, config.markets - 1, config.compared, dtype=int))
    alone, batched, prices = [], [], []
    for name, racer in racers.items():
        alone.append(np.abs(np.asarray(costs)[: len(orders)] - first[name][0]).max())
        for number in numbers:
            trades = list(zip(which[number].tolist(), shares[number].tolist(), strict=True))
            theirs, ended = racer(outcomes, config.liquidity, trades)
            batched.append(np.abs(np.asarray(paid[number]) - theirs).max())
            prices.append(np.abs(np.asarray(closed[number]) - ended).max())
    note = f"all {config.trades:,} trades of {numbers.size:,} of the markets"
    return [
        (lone, "a cost (credits)", 0.01, float(np.max(alone)), ""),
        (batch, "a cost (credits)", 0.01, float(np.max(batched)), note),
        (batch, "a closing price", 1e-4, float(np.max(prices)), note),
    ]
