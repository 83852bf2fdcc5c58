"""Machine time for sale: where jobs of one slot have prices, jobs of many have none, and what prices do for a job shop."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

import catallax as cx
from catallax.core import Status
from catallax.envs import JobShop, SlotJobs
from catallax.equilibria.indivisible import (
    AscendingAuction,
    AssignmentMarket,
    ConfigurationProgram,
    PricedAllocation,
    UnitDemand,
    WinnerDetermination,
    XorBids,
)
from catallax.lab import Context, Finding, Report
from catallax.markets import SlotAuction

ROW = "scheduling"
OPTIMUM = 55
"""Of ft06, read in two secondary sources."""


@dataclass(frozen=True)
class Config:
    """Settings."""

    clusters: int = 100
    """Random clusters of each sort."""
    jobs: int = 12
    """Of each cluster."""
    slots: int = 8
    """Of time in each cluster."""
    machines: int = 2
    """Of each cluster; half as many again for longer jobs."""
    longest: tuple[int, ...] = (2, 3, 4)
    """Slots that the longer jobs need at most."""
    rounds: int = 3_000
    """Of the auction of a job shop."""
    pace: float = 0.3
    """Of its steps."""
    shops: int = 10
    """Random job shops of six jobs and machines."""
    seconds: float = 60.0
    """Limit of each mixed-integer program."""
    key: int = 0
    """Seed of the first draw; the others follow."""


def run(config: Config, context: Context) -> Report:
    """One slot, many slots, job shops."""
    findings = [short_jobs(config), no_prices(), *(long_jobs(config, most) for most in config.longest)]
    return Report.joined([Report(findings), ft06(config), Report([drawn(config)])])


def short_jobs(config: Config) -> Finding:
    """The assignment market, an ascending auction, and a mixed-integer program that knows nothing of either."""
    solved, off, apart = 0, 0.0, 0.0
    for seed in range(config.key, config.key + config.clusters):
        jobs = SlotJobs.drawn(config.jobs, config.slots, config.machines, 1, seed)
        values = UnitDemand(jobs.values())
        market = AssignmentMarket().solve(values, jobs.supply)
        best = WinnerDetermination(config.seconds).allocate(values, jobs.supply).welfare
        solved += market.status is Status.SOLVED
        off = max(off, abs(market.welfare - best) / best)
        step = 0.01
        rising = AscendingAuction(step).solve(values, jobs.supply)
        apart = max(apart, float(np.abs(rising.prices - market.prices).max()) / (step * config.slots))
    return Finding(
        ROW, f"{config.clusters} clusters of {config.machines} machines and {config.slots} slots, {config.jobs} jobs of one slot", "prices in all, welfare of the optimum",
        f"prices in {solved}, welfare off by {off:.1e} at most; an ascending auction ends at the same prices, to {apart:.2f} of its bound `goods * step`",
        solved == config.clusters and off <= 1e-6 and apart <= 1,
    )  # fmt: skip


def no_prices() -> Finding:
    """Two long jobs and two short ones that compete for three slots."""
    jobs = SlotJobs([2, 2, 1, 1], [3.0, 3.0, 2.0, 2.0], [1.0] * 4, slots=3, machines=1)
    found = solved(jobs)
    return Finding(
        ROW, "one machine, 3 slots, two jobs of 2 slots worth 3, two of 1 slot worth 2", "",
        f"{found.status.name}: best {found.welfare:.2f}, bound of any prices {found.bound:.2f}, gap {found.gap:.2f}", None,
    )  # fmt: skip


def solved(jobs: SlotJobs) -> PricedAllocation:
    """Prices of slots, or the proof that there are none."""
    runs = jobs.runs()
    return ConfigurationProgram().solve(XorBids(runs.job, runs.slots, runs.value, len(jobs.length)), jobs.supply)


def bought(jobs: SlotJobs, prices: np.ndarray, rng: np.random.Generator) -> float:
    """Credits that jobs are worth that buy, one after the other, the run they like best of what is left at these prices."""
    runs, left, worth = jobs.runs(), jobs.supply.astype(float), 0.0
    for job in rng.permutation(len(jobs.length)):
        mine = np.flatnonzero((runs.job == job) & ~(runs.slots & (left < 1)).any(1))
        gain = runs.value[mine] - runs.slots[mine] @ prices
        if mine.size and gain.max() >= -1e-9:
            run = mine[gain.argmax()]
            left -= runs.slots[run]
            worth += runs.value[run]
    return worth


def long_jobs(config: Config, most: int) -> Finding:
    """How often complements leave no prices, how large the gap is, and what posted prices lose."""
    machines = config.machines + config.machines // 2
    gaps, reached, first = [], [], []
    for seed in range(config.key, config.key + config.clusters):
        jobs = SlotJobs.drawn(config.jobs, config.slots, machines, most, seed)
        found, rng = solved(jobs), np.random.default_rng(seed)
        gaps.append(found.gap / found.bound if found.status is Status.NO_WALRASIAN else 0.0)
        reached.append(bought(jobs, found.prices, rng) / found.welfare)
        first.append(bought(jobs, np.zeros(config.slots), rng) / found.welfare)
    none = int(np.sum(np.array(gaps) > 0))
    return Finding(
        ROW, f"{config.clusters} clusters of {machines} machines and {config.slots} slots, {config.jobs} jobs of 1 to {most} slots", "",
        f"NO_WALRASIAN in {none}, gap {100 * max(gaps):.2f} % of the bound at most; jobs that buy at the program's prices in random order "
        f"reach {np.mean(reached):.3f} of the optimum (lowest {min(reached):.3f}), first come first served {np.mean(first):.3f} (lowest {min(first):.3f})",
        None, "optimum by mixed-integer programming; also where prices exist, jobs that are indifferent may buy the wrong run",
    )  # fmt: skip


def by_chance(shop: JobShop, config: Config) -> int:
    """Length of the best of as many schedules in random order as the auction has rounds: what trying often does alone."""
    rng = np.random.default_rng(config.key)
    wishes = np.sort(rng.uniform(size=(config.rounds, *shop.duration.shape)), axis=2)
    return min(shop.makespan(shop.compact(wish)) for wish in wishes)


def ft06(config: Config) -> Report:
    """The classical job shop."""
    shop = JobShop.ft06()
    began = time.perf_counter()
    sale = SlotAuction(config.rounds, config.pace).run(shop)
    auction = time.perf_counter() - began
    began = time.perf_counter()
    planned, proved = shop.best(config.seconds)
    program, length = time.perf_counter() - began, shop.makespan(sale.start)
    found = np.flatnonzero(sale.makespans == length)
    when = f"first in round {found[0] + 1}" if found.size else "the jobs' first wishes"
    findings = [
        Finding(ROW, "ft06, 6 jobs on 6 machines: length of the schedule by mixed-integer programming", f"{OPTIMUM}",
                f"{shop.makespan(planned)}, none below {proved:.2f}, {program:.1f} s", shop.makespan(planned) == OPTIMUM),
        Finding(ROW, f"ft06: length of the best schedule of {config.rounds:,} rounds of an auction of machine time", f"{OPTIMUM}",
                f"{length}, {when}; median of all rounds {np.median(sale.makespans):.0f}; {auction:.1f} s; "
                f"best of as many random orders {by_chance(shop, config)}", length == OPTIMUM),
        Finding(ROW, "ft06: the shortest schedule that prices of slots leave possible", "",
                f"{sale.bound:.2f}; longest job or busiest machine {shop.least()}", None, "what is between this and 55 no prices of slots can prove: complements"),
    ]  # fmt: skip
    figure = cx.view.gantt(sale.start, shop.duration, shop.machine, sale.prices, OPTIMUM)
    return Report(
        findings,
        {"ft06": figure},
        "ft06 is from Fisher and Thompson (1963); its numbers and its optimum, 55, were read in secondary sources.",
    )


def drawn(config: Config) -> Finding:
    """Random shops beside their optimum."""
    longer, bound, chance = [], [], []
    for seed in range(config.key, config.key + config.shops):
        shop = JobShop.drawn(6, 6, seed)
        planned, proved = shop.best(config.seconds)
        sale = SlotAuction(config.rounds, config.pace).run(shop)
        longer.append(shop.makespan(sale.start) / shop.makespan(planned))
        chance.append(by_chance(shop, config) / shop.makespan(planned))
        bound.append(sale.bound / np.ceil(proved - 1e-6))
    return Finding(
        ROW, f"{config.shops} random job shops of 6 jobs and 6 machines: the auction's schedule beside the optimum", "",
        f"{np.mean(longer):.3f} times as long (longest {max(longer):.3f}), optimal in {sum(x == 1 for x in longer)}; best of as many random orders {np.mean(chance):.3f}; bound by prices {np.mean(bound):.3f} of the optimum",
        None, f"{config.rounds:,} rounds",
    )  # fmt: skip
