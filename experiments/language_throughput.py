"""Ten thousand market steps at once with a model that takes 100 ms: what the market adds to waiting, and its memory."""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import numpy as np

import catallax as cx
from catallax.lab import Context, Finding, Report
from catallax.language import reasoning as r
from catallax.language.models import AbstractModel, Finish, Request, Response, Usage


@dataclass(frozen=True)
class Config:
    """Settings."""

    steps: int = 10_000
    """Market steps, all open at once: a sale, a call and its settlement each."""
    latency: float = 0.1
    """Seconds a call takes."""
    at_once: tuple[int, ...] = (64, 128, 256, 320, 384, 512, 1_024, 4_096)
    """Calls that the model's server takes at the same time."""
    required: int = 128
    """Of them, the one at which the market has to keep up."""
    thinkers: int = 4
    """Bidders."""
    repeats: int = 3
    """Runs; the median counts."""


class Server(AbstractModel):
    """A model that answers `ANSWER: 4` after a while, some calls at a time."""

    def __init__(self, latency: float, at_once: int) -> None:
        self.latency, self.room = latency, asyncio.Semaphore(at_once)

    @property
    def name(self) -> str:
        return "server"

    async def complete(self, request: Request) -> Response:
        async with self.room:
            await asyncio.sleep(self.latency)
        return Response(f"{r.ANSWER} 4", Usage(), Finish.STOP, "", cost=100)


def run(config: Config, context: Context) -> Report:
    """Measure at each width of the server, and with no limit at all."""
    widths = sorted({*config.at_once, config.required})
    rows = {width: measured(config, width) for width in widths}
    findings = []
    for width, (wall, bare, busy, _) in rows.items():
        ideal = -(-config.steps // width) * config.latency
        asked = width == config.required
        findings.append(
            Finding("throughput", f"{config.steps:,} open steps, server of {width:,} at a time: time over ideal",
                    "<= 1.3" if asked else "", f"{wall / ideal:.2f} ({wall:.2f} s; ideal {ideal:.2f} s)",
                    bool(wall / ideal <= 1.3) if asked else None, f"the same calls without a market {bare / ideal:.2f}; processor busy for {busy:.2f} s")
        )  # fmt: skip
    within = [width for width, (wall, *_) in rows.items() if wall <= 1.3 * -(-config.steps // width) * config.latency]
    findings.append(
        Finding("throughput", "widest server measured with a time within 1.3 of the ideal", "",
                f"{max(within):,} calls at a time" if within else "none", note=f"of {widths}")
    )  # fmt: skip
    wall, bare, _, added = measured(config, config.steps)
    findings += [
        Finding("throughput", "no limit, every call at once: time over that of the same calls without a market", "",
                f"{wall / bare:.2f} ({wall:.2f} s beside {bare:.2f} s)",
                note=f"one core runs market and calls; latency alone is {config.latency} s"),
        Finding("throughput", "processor time that the market adds to a step", "<= 1 ms", f"{1e3 * added:.3f} ms",
                bool(added <= 1e-3), f"{config.thinkers} bidders with learned bids, one call, two postings and two for the bounty"),
        memory(config),
    ]  # fmt: skip
    lines = {
        "market": {width: rows[width][0] for width in widths},
        "the same calls alone": {width: rows[width][1] for width in widths},
        "ideal": {width: -(-config.steps // width) * config.latency for width in widths},
    }
    figure = cx.view.scaling(lines, size="calls at a time", unit="seconds for all steps")
    return Report(findings, {"language_throughput": figure}, text=TEXT)


def society(server: Server, config: Config) -> r.ReasoningMarket:
    """Prompted thinkers with learned bids on one model."""
    thinkers = [
        r.PromptedThinker(f"thinker {n}", r.ValueRegression(), server, f"You are number {n}.", most=0.001)
        for n in range(config.thinkers)
    ]
    # who wins one step in 10,000 open ones pays for all before the first is paid back
    return r.ReasoningMarket(thinkers, endowment=2.0 * config.steps, funds=2.0 * config.steps, depth=1)


async def with_market(server: Server, config: Config) -> int:
    """All steps open at once; how many delivered."""
    market = society(server, config)
    task = r.Task.of("2 + 2", lambda answer: float(answer == "4"))
    episodes = await market.arun_all([task] * config.steps, at_once=config.steps)
    if market.journal.audit() or market.journal.held:
        raise AssertionError("the books do not close")
    return sum(episode.score == 1.0 for episode in episodes)


async def alone(server: Server, config: Config) -> int:
    """The same requests, and nothing else."""
    thinker = next(iter(society(server, config).thinkers.values()))
    view = r.View(r.Question("2 + 2", 1), (), "", "", 0, 0)
    acts = await asyncio.gather(*(thinker.act(view) for _ in range(config.steps)))
    return len(acts)


Work = Callable[[Server, Config], Coroutine[Any, Any, int]]


def timed(config: Config, width: int, work: Work) -> tuple[float, float]:
    """Seconds on the clock and of the processor, medians."""
    walls, busy = [], []
    for _ in range(config.repeats):
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        done = asyncio.run(work(Server(config.latency, width), config))
        walls.append(time.perf_counter() - wall)
        busy.append(time.process_time() - cpu)
        if done != config.steps:
            raise AssertionError(f"{config.steps - done} steps were lost")
    return float(np.median(walls)), float(np.median(busy))


def measured(config: Config, width: int) -> tuple[float, float, float, float]:
    """Seconds with a market, without, processor seconds with a market, and those that the market adds to a step."""
    wall, busy = timed(config, width, with_market)
    bare, idle = timed(config, width, alone)
    return wall, bare, busy, (busy - idle) / config.steps


def memory(config: Config) -> Finding:
    """What an open step takes, all of them open, and what stays of it in journal and log."""
    tracemalloc.start()

    async def run() -> tuple[int, int]:
        market = society(Server(config.latency, config.steps), config)
        task = r.Task.of("2 + 2", lambda answer: float(answer == "4"))
        before, _ = tracemalloc.get_traced_memory()
        kept = await market.arun_all([task] * config.steps, at_once=config.steps)
        gc.collect()
        after, peak = tracemalloc.get_traced_memory()
        return (after - before) // len(kept), (peak - before) // len(kept)

    stays, peak = asyncio.run(run())
    tracemalloc.stop()
    return Finding("throughput", "memory of an open step at the peak; what is kept of it", "",
                   f"{peak / 1e3:.1f} kB; {stays / 1e3:.1f} kB", note="Python objects, by tracemalloc")  # fmt: skip


TEXT = (
    "A step is an auction among the bidders, the hold and payment of the winner, a call to the model, its bill, and the "
    "consumer's bounty put aside and paid. The ideal is what the server alone would take: steps / calls at a time, rounded "
    "up, times latency. One Python process does all of it on one core, so the wider the server, the more the processor "
    "counts: calls end in waves, and a wave waits until the one before it is settled: about width * processor time of a step is added to each latency."
)
