"""Equilibria of divisible goods: certified speed beside conic solvers, hard instances, many markets at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import catallax as cx
from catallax.core import Equilibrium, Status
from catallax.equilibria import AbstractCap, SpendCap, ValueCap, solve
from catallax.equilibria.valuations import Linear
from catallax.lab import Context, Finding, Report

SIZES = ((100, 20), (1_000, 100), (10_000, 100))
RATIOS = {"uniform": (25, 33, 89), "low rank": (27, 90, 168)}
"""Required: times as fast as CVXPY with Clarabel, model included; measured with a prototype of ours."""


@dataclass(frozen=True)
class Config:
    """Settings."""

    sizes: int = 3
    """How many of the sizes 100 x 20, 1,000 x 100 and 10,000 x 100."""
    repeats: int = 5
    """Solutions timed; the median counts."""
    rivals: bool = True
    """Whether CVXPY's solvers run beside (`pip install 'catallax[bench]'`)."""
    scs_seconds: float = 60.0
    """Time limit of SCS."""
    shapes: tuple[tuple[int, int], ...] = ((8, 3), (60, 12), (5, 20), (300, 40))
    """Agents and goods of the hard instances."""
    hard_seeds: int = 32
    """Instances of each family, shape and cap."""
    batch: int = 1_000
    """Markets of 100 x 20 at once."""
    key: int = 0
    """Seed of the instances."""


def run(config: Config, context: Context) -> Report:
    """Speed, then hard instances, then batches."""
    findings = [finding for kind in RATIOS for finding in speed(config, kind)]
    findings += [hard(config, cap) for cap in (SpendCap(), ValueCap())]
    findings += [batch(config, cap) for cap in (SpendCap(), ValueCap())]
    text = (
        "An instance has values from U(0, 1) and budgets from U(0, 3.6) (uniform: about half of the budgets bind), or values exp(A B) of rank 5, "
        "A from N(0, 1), B from N(0, 0.36), and budgets from U(0, 9) (low rank: nearly all bind); of each good there is agents / goods. "
        "Our seconds are the median of warm calls, from NumPy arrays to NumPy arrays; compilation is told apart. The rival's are one call, the building of its "
        "problem included; all prices and bundles are judged by the same certificate."
    )
    return Report(findings, {}, text)


def instance(kind: str, agents: int, goods: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values, supply and budgets."""
    if kind == "uniform":
        values, budgets = rng.uniform(size=(agents, goods)), rng.uniform(0, 2, agents) * 1.8
    else:
        values = np.exp(rng.normal(size=(agents, 5)) @ (rng.normal(size=(5, goods)) * 0.6))
        budgets = rng.uniform(0, 2, agents) * 4.5
    return values, np.full(goods, agents / goods), budgets


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came out."""
    began = time.perf_counter()
    result = jax.block_until_ready(call())
    return time.perf_counter() - began, result


def speed(config: Config, kind: str) -> list[Finding]:
    """One row per size, spending cap, and one with the value cap."""
    rows = []
    for (agents, goods), ratio in list(zip(SIZES, RATIOS[kind], strict=True))[: config.sizes]:
        values, supply, budgets = instance(kind, agents, goods, np.random.default_rng(config.key))
        spend, value = (solved(config, cap, values, supply, budgets) for cap in (SpendCap(), ValueCap()))
        seconds, found, first = spend
        told = f"{seconds:.4f} s, gap {float(found.gap):.1e}, {int(found.iterations)} iterations (first call {first:.1f} s)"
        reached, required = bool(found.gap <= 1e-6), "gap <= 1e-6"
        if config.rivals:
            beside, prices, bundles = clarabel(values, supply, budgets)
            theirs = judged(values, supply, budgets, prices, bundles)
            required = f"gap <= 1e-6, >= {ratio} x CVXPY + Clarabel"
            told = f"{beside / seconds:.0f} x: {told}, beside {beside:.3f} s, gap {theirs:.1e}"
            reached &= beside / seconds >= ratio
            slow = scs(values, supply, budgets, config.scs_seconds)
            told += f"; SCS {slow[0]:.2f} s, {slow[1]}"
        rows.append(Finding("equilibria", f"{kind}, {agents:,} x {goods}, spending cap", required, told, reached))
        seconds, found, first = value
        rows.append(
            Finding("equilibria", f"{kind}, {agents:,} x {goods}, value cap", "gap <= 1e-6",
                    f"{seconds:.4f} s, gap {float(found.gap):.1e}, {int(found.iterations)} iterations (first call {first:.1f} s)",
                    bool(found.gap <= 1e-6))
        )  # fmt: skip
    return rows


def solved(
    config: Config, cap: AbstractCap, values: np.ndarray, supply: np.ndarray, budgets: np.ndarray
) -> tuple[float, Equilibrium, float]:
    """Median seconds, the equilibrium, and the seconds of the first call."""

    def call() -> Equilibrium:
        return solve(Linear(jnp.asarray(values)), jnp.asarray(supply), jnp.asarray(budgets), cap=cap)

    with jax.enable_x64(True):
        first, _ = timed(call)
        seconds, found = zip(*(timed(call) for _ in range(config.repeats)), strict=True)
    return float(np.median(seconds)), jax.tree.map(np.asarray, found[-1]), first


def judged(
    values: np.ndarray, supply: np.ndarray, budgets: np.ndarray, prices: np.ndarray, bundles: np.ndarray
) -> float:
    """The gap of a rival's answer, its bundles scaled to clear."""
    with jax.enable_x64(True):
        sold = np.maximum(bundles, 0)
        sold = sold * (supply / np.maximum(sold.sum(0), 1e-12))
        arrays = (jnp.asarray(array) for array in (supply, budgets))
        return float(
            cx.equilibria.certify(
                Linear(jnp.asarray(values)), *arrays, SpendCap(), jnp.asarray(np.maximum(prices, 1e-15)), jnp.asarray(sold), tol=1e-6
            ).gap
        )  # fmt: skip


def clarabel(values: np.ndarray, supply: np.ndarray, budgets: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """CVXPY with Clarabel on the dual program: seconds, prices, bundles."""
    import cvxpy as cp

    began = time.perf_counter()
    prices, pacing = cp.Variable(supply.size, nonneg=True), cp.Variable(budgets.size)
    above = [cp.multiply(values[:, j], pacing) <= prices[j] for j in range(supply.size)]
    cost = supply @ prices - budgets @ cp.log(pacing)
    problem = cp.Problem(cp.Minimize(cost), [*above, pacing <= 1])
    problem.solve(solver=cp.CLARABEL, tol_gap_abs=1e-6, tol_gap_rel=1e-6, tol_feas=1e-6)
    seconds = time.perf_counter() - began
    return seconds, np.asarray(prices.value), np.stack([np.asarray(row.dual_value) for row in above], axis=1)


def scs(values: np.ndarray, supply: np.ndarray, budgets: np.ndarray, limit: float) -> tuple[float, str]:
    """CVXPY with SCS on the program of Eisenberg and Gale with cash: seconds, and how it ended."""
    import cvxpy as cp

    began = time.perf_counter()
    bundles, cash = cp.Variable(values.shape, nonneg=True), cp.Variable(budgets.size, nonneg=True)
    clears = cp.sum(bundles, axis=0) <= supply
    worth = cp.sum(cp.multiply(values, bundles), axis=1) + cash
    problem = cp.Problem(cp.Maximize(budgets @ cp.log(worth) - cp.sum(cash)), [clears])
    try:
        problem.solve(solver=cp.SCS, eps=1e-4, time_limit_secs=limit)
    except cp.error.SolverError as error:
        return time.perf_counter() - began, f"failed: {error}"
    seconds = time.perf_counter() - began
    gap = judged(values, supply, budgets, np.asarray(clears.dual_value), np.asarray(bundles.value))
    return seconds, f"{problem.status}, gap {gap:.1e}"


def families(agents: int, goods: int, rng: np.random.Generator) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Eight kinds of instances, the hard ones too."""
    uniform, budgets, supply = rng.uniform(size=(agents, goods)), rng.uniform(0.1, 2, agents), np.ones(goods)
    sparse = np.where(rng.random((agents, goods)) < 0.2, uniform, 0.0)
    sparse[np.arange(agents), rng.integers(goods, size=agents)] = rng.uniform(0.1, 1, agents)
    rich = budgets.copy()
    rich[0] = 1e4 * budgets.sum()
    tiny = np.where(np.arange(agents) % 2, budgets, 1e-8)
    low = np.exp(rng.normal(size=(agents, 5)) @ (rng.normal(size=(5, goods)) * 0.6))
    return {
        "uniform": (uniform, supply, budgets),
        "lognormal": (np.exp(2 * rng.normal(size=(agents, goods))), supply, budgets),
        "low rank": (low, supply, budgets),
        "sparse": (sparse, supply, budgets),
        "one rich": (uniform, supply, rich),
        "Pareto budgets, uneven supply": (uniform, np.exp(2 * rng.normal(size=goods)), rng.pareto(1.0, agents) + 1e-3),
        "identical": (np.ones((agents, goods)), supply, budgets),
        "half nearly broke": (uniform, supply, tiny),
    }


def hard(config: Config, cap: AbstractCap) -> Finding:
    """Eight families in each shape."""
    solved, tried, worst, failed = 0, 0, 0, []
    with jax.enable_x64(True):
        for shape in config.shapes:
            drawn = [families(*shape, np.random.default_rng((config.key, seed))) for seed in range(config.hard_seeds)]
            for family in drawn[0]:
                values, supply, budgets = (
                    jnp.asarray(np.stack([one[family][part] for one in drawn])) for part in range(3)
                )
                found = solve(jax.vmap(Linear)(values), supply, budgets, cap=cap)
                good = np.asarray((found.status == Status.SOLVED) & (found.gap <= 1e-6))
                solved, tried = solved + int(good.sum()), tried + good.size
                worst = max(worst, int(found.iterations.max()))
                failed += [f"{family} {shape[0]} x {shape[1]}"] * int((~good).sum())
    note = "" if not failed else "not solved: " + ", ".join(sorted(set(failed)))
    return Finding("equilibria", f"hard instances solved to a gap of 1e-6, {type(cap).__name__}", f"{tried} of {tried}",
                   f"{solved} of {tried}; {worst} iterations at most", solved == tried, note)  # fmt: skip


def batch(config: Config, cap: AbstractCap) -> Finding:
    """Many markets in one vmap."""
    rng = np.random.default_rng(config.key)
    values, supply, budgets = (
        np.stack(part) for part in zip(*(instance("uniform", 100, 20, rng) for _ in range(config.batch)), strict=True)
    )
    with jax.enable_x64(True):
        markets = jax.vmap(Linear)(jnp.asarray(values)), jnp.asarray(supply), jnp.asarray(budgets)
        timed(lambda: solve(*markets, cap=cap))
        seconds, found = timed(lambda: solve(*markets, cap=cap))
    worst = float(np.asarray(found.gap).max())
    return Finding("equilibria", f"{config.batch:,} markets of 100 x 20 in one vmap, {type(cap).__name__}", "gap <= 1e-6 in each",
                   f"{seconds:.2f} s, {1e3 * seconds / config.batch:.2f} ms each, largest gap {worst:.1e}", worst <= 1e-6)  # fmt: skip
