"""Electricity for a day, all hours traded at once: the market beside the planner, and what start-up costs break."""

from __future__ import annotations

import time
from dataclasses import dataclass

import equinox as eqx
import numpy as np

import catallax as cx
from catallax.core import ActivityPlan
from catallax.envs import Dispatch
from catallax.equilibria import ActivityMarket
from catallax.lab import Context, Finding, Report

ROW = "energy dispatch"


@dataclass(frozen=True)
class Config:
    """Settings."""

    tol: float = 1e-7
    """Gap at which the market stops."""
    rounds: int = 400_000
    """Rounds of the market at most."""
    days: int = 5
    """Random days: capacities and loads of the named one, each scaled by a factor of its own."""
    spread: float = 0.3
    """Standard deviation of the logarithms of these factors."""
    commitments: int = 5
    """Random days on which starting costs something, too."""
    steps: int = 4
    """Steps of each cost curve where starting costs something."""
    seconds: float = 120.0
    """Limit of the mixed-integer program of a day."""
    key: int = 0
    """Seed of the random days."""


def run(config: Config, context: Context) -> Report:
    """The named day, random days, start-up costs."""
    return Report.joined([named(config), drawn(config), started(config)])


def named(config: Config) -> Report:
    """The day of `Dispatch.day`."""
    day = Dispatch.day()
    planner, market, seconds = both(day, config)
    without = cx.planning.best_activities(eqx.tree_at(lambda d: (d.power, d.room), day, (0.0, 0.0)).activities())
    hours = day.hours
    energy, theirs = market.prices[:hours], planner.prices[:hours]
    off, ratio = float(np.abs(energy - theirs).max()), market.welfare / planner.welfare
    charged, given = day.amounts(market.levels)[-3:-1]
    earned = float(energy @ (given - charged))
    case = f"a day of {day.plants} plants, {day.loads} loads, a battery: {market.levels.size} activities, {market.prices.size} goods"
    findings = [
        Finding(ROW, f"{case}: welfare beside the planner's", "1.0000, to 1e-6; nothing short by more than 1e-5 MWh", f"{ratio:.8f}, gap {market.gap:.1e}, largest shortage {market.shortage:.1e} MWh, {seconds:.1f} s",
                abs(ratio - 1) <= 1e-6 and market.gap <= 1e-6 and market.shortage <= 1e-5),
        Finding(ROW, f"{case}: prices by hour beside the planner's duals", "equal to 0.01 credits per MWh",
                f"largest difference {off:.4f}; from {energy.min():.2f} to {energy.max():.2f}", off <= 0.01),
        Finding(ROW, f"{case}: what the battery adds to welfare, and earns", "",
                f"adds {planner.welfare - without.welfare:.1f} credits, earns {earned:.1f} by {charged.sum():.1f} MWh in, {given.sum():.1f} out", None),
    ]  # fmt: skip
    made, used = ledger(day, market)
    figure = cx.view.dispatch_stack(made, used, {"market": energy, "planner's duals": theirs})
    return Report(findings, {"day": figure})


def both(day: Dispatch, config: Config) -> tuple[ActivityPlan, ActivityPlan, float]:
    """The planner's plan, the market's, and the seconds of the market."""
    economy = day.activities()
    planner = cx.planning.best_activities(economy)
    began = time.perf_counter()
    found = ActivityMarket(tol=config.tol, rounds=config.rounds).solve(economy)
    return planner, found, time.perf_counter() - began


def ledger(day: Dispatch, plan: ActivityPlan) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """What each made and used, MWh by hour."""
    rows = day.amounts(plan.levels)
    made = dict(zip(day.names[: day.plants], rows[: day.plants], strict=True))
    used = dict(zip(day.names[day.plants :], rows[day.plants : -3], strict=True))
    return made | {"battery": day.kept * rows[-2]}, used | {"charging": rows[-3]}


def scaled(config: Config, number: int) -> Dispatch:
    """A random day."""
    day, rng = Dispatch.day(), np.random.default_rng((config.key, number))
    plants, loads = (np.exp(config.spread * rng.normal(size=(n, 1))) for n in (day.plants, day.loads))
    return eqx.tree_at(lambda d: (d.capacity, d.most), day, (day.capacity * plants, day.most * loads))


def drawn(config: Config) -> Report:
    """The worst of random days."""
    ratios, gaps, off = [], [], []
    for number in range(config.days):
        day = scaled(config, number)
        planner, market, _ = both(day, config)
        ratios.append(market.welfare / planner.welfare)
        gaps.append(market.gap)
        off.append(float(np.abs(market.prices[: day.hours] - planner.prices[: day.hours]).max()))
    worst = float(np.abs(np.array(ratios) - 1).max())
    return Report(
        [
            Finding(ROW, f"{config.days} random days: welfare beside the planner's, worst day", "1.0000, to 1e-6",
                    f"off by {worst:.1e}, largest gap {max(gaps):.1e}", worst <= 1e-6 and max(gaps) <= 1e-6),
            Finding(ROW, f"{config.days} random days: prices beside the planner's duals, largest difference of a day", "",
                    f"{', '.join(f'{x:.4f}' for x in off)} credits per MWh", None, "duals need not be unique"),
        ]
    )  # fmt: skip


def started(config: Config) -> Report:
    """Start-up costs and least outputs: how far the best plan is from what any prices support."""
    findings = []
    for number in range(config.commitments + 1):
        day = Dispatch.day() if number == 0 else scaled(config, number - 1)
        found = day.commitment(config.steps, config.seconds)
        gap, name = max(found.bound - found.welfare, 0.0), "the named day" if number == 0 else f"random day {number}"
        starts = int((found.on & ~np.roll(found.on, 1, axis=1)).sum())
        told = ", ".join(f"{plant} {amount:.1f}" for plant, amount in zip(day.names, found.uplift) if amount > 0.05)
        findings.append(
            Finding(ROW, f"start-up costs and least outputs, {name}: what no prices support", "",
                    f"gap {gap:.1f} credits, {100 * gap / found.bound:.3f} % of the bound {found.bound:.0f}; {starts} starts; "
                    f"plants that another schedule would earn more: {told or 'none'}", None,
                    "mixed-integer optimum beside its bound by prices; 0 would mean Walrasian prices")
        )  # fmt: skip
    return Report(
        findings,
        text="Welfare is what energy is worth to its users less what it costs to make. Of the start-up rows the costs are stepped and ramps left out, in "
        "the plan and in the bound alike.",
    )
