"""Births and deaths in a wide market: a village of wasteful firms, where newcomers draw other techniques, beside its planner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from _wide_economy import INCOME, ROW, books, eaten, interval, welfare, windows

import catallax as cx
from catallax.agents import Crowded, Idle, InvestAndRepay, MutateTheRich
from catallax.classics import PerSeed
from catallax.envs import SupplyChain
from catallax.lab import Context, Finding, Report, wide_trace
from catallax.markets import Firms, Households, Turnover, WideRun, retooled


@dataclass(frozen=True)
class Config:
    """Settings."""

    seeds: int = 10
    """Runs of each way of being born."""
    ticks: int = 3_000
    """Of each run; the last quarter is judged."""
    waste: float = 1.25
    """What the founders use of everything, times what the best techniques use."""
    room: int = 26
    """Free rows for newcomers."""
    key: int = 10
    """Seed of the first run; the others follow. The rules were chosen on the seeds 0 to 9."""


def run(config: Config, context: Context) -> Report:
    """Nobody born; mutants endowed by the house; children endowed by their parents, who are repaid; the idle leave all at once."""
    village = SupplyChain.village()
    needs, makes = np.asarray(village.inputs), np.asarray(village.outputs)
    crude = SupplyChain(config.waste * needs, makes, village.gift, village.keeps, village.names)
    both = np.vstack([crude.inputs, needs]), np.vstack([makes, makes])
    world = SupplyChain(*both, village.gift, village.keeps, village.names).with_storage()
    known = len(both[0])
    another = retooled(world.inputs[:known], world.outputs[:known])
    invest = InvestAndRepay(another, 2.0, threshold=2.0)
    ways = {
        "by the house": Turnover(MutateTheRich(another, 5.0), (Crowded(),)),
        "by parents": Turnover(invest, (Crowded(),)),
        "by parents, Idle": Turnover(invest, (Idle(300),)),
    }
    best, bound = (each.steady_state(INCOME).consumed for each in (village, crude))
    alone = economy(world, len(needs), None, config, config.key)
    findings = [
        Finding(ROW, f"wasteful village, {config.ticks:,} ticks, nobody is born: consumption beside the planner's", "",
                f"{reached(alone, best):.3f}", None,
                f"a planner with the founders' techniques reaches {welfare(bound, best, INCOME):.3f}")
    ]  # fmt: skip
    curves, last = {"nobody born": [windows(alone.record, best, INCOME, 40)]}, alone
    for name, turnover in ways.items():
        ran = [economy(world, len(needs), turnover, config, config.key + seed) for seed in range(config.seeds)]
        shares = PerSeed(np.asarray([reached(one, best) for one in ran]))
        findings.append(
            Finding(ROW, f"wasteful village, newcomers endowed {name}, {config.seeds} seeds: consumption beside the planner's", ">= 0.95",
                    f"{shares.mean():.3f} {interval(shares)}, lowest {shares.values.min():.3f}, {int(np.sum(shares.values == 0))} died out",
                    bool(shares.mean() >= 0.95), f"of the mean; {meters(ran)}")
        )  # fmt: skip
        curves[name] = [windows(one.record, best, INCOME, 40) for one in ran]
        findings += books(f"wasteful village, newcomers endowed {name}", ran)
        last = ran[0]
    figure = cx.view.seed_curves(curves, target=1.0, unit="consumption beside the planner's", goal="planner")
    figure.axes[0].set_xlabel("ticks")
    figure.axes[0].set_ylim(0, 1.08)
    pictures = {name: cx.view.plot(name, last) for name in ("population", "wealth", "equilibrium")}
    return Report(findings, {"consumption": figure, **pictures})


def economy(world: SupplyChain, founders: int, turnover: Turnover | None, config: Config, key: int) -> WideRun:
    """Two firms for each of the first techniques, whose kind may change, and two merchants for each good that keeps."""
    stores = np.flatnonzero(
        np.arange(len(world.inputs)) >= len(world.inputs) - int(np.sum(np.asarray(world.keeps) > 0))
    )
    makers = Firms.of(
        world.inputs, world.outputs, copies=2, rate=0.01, outlay=0.02, endowment=5.0,
        techniques=range(founders), room=config.room,
    )  # fmt: skip
    merchants = Firms.of(
        world.inputs, world.outputs, copies=2, rate=0.01, outlay=0.2, endowment=5.0, techniques=stores.tolist()
    )
    wanted = np.flatnonzero(INCOME)
    market = cx.WideMarket(
        world,
        producers=(makers, merchants),
        consumers=Households.wanting(wanted, INCOME[wanted], world.goods),
        turnover=(turnover, None),
    )
    return market.run(config.ticks, key)


def reached(ran: WideRun, best: np.ndarray) -> float:
    """Consumption beside the planner's in the last quarter."""
    consumed = eaten(ran.record)
    return welfare(consumed[-len(consumed) // 4 :].mean(0), best, INCOME)


def meters(ran: list[WideRun]) -> str:
    """Means over the runs: who came and went, and how wealth and prices stand at the end."""
    traces = [wide_trace(one.record, 20) for one in ran]

    def mean(name: str, how: str) -> float:
        return float(np.mean([each[name].sum() if how == "sum" else each[name][-1] for each in traces]))

    return (
        f"{mean('births', 'sum'):.0f} births, {mean('deaths', 'sum'):.0f} deaths, {mean('alive', 'last'):.0f} alive, Gini "
        f"{mean('wealth_gini', 'last'):.2f}, the richest owns {mean('wealth_top', 'last'):.2f}, budgets bind for "
        f"{mean('capped', 'last'):.2f} of the buyers, {mean('near_zero', 'last'):.2f} of the goods cost next to nothing"
    )
