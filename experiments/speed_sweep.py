"""Points of a sweep per CPU second: a market at many rents, in one program, in processes that stay, and in a process each."""

from __future__ import annotations

import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np

import catallax as cx
from catallax.lab import Context, Finding, Here, MarketTask, Processes, Report, grid, sweep

ALONE = """
import sys
import jax
jax.config.update("jax_compilation_cache_dir", None)
import catallax as cx
from catallax.lab import MarketTask, load_experiment, sweep
build = sys.modules[load_experiment("speed_sweep").run.__module__].build
found = sweep(MarketTask(build, int(sys.argv[2]), int(sys.argv[3])), [dict(rent=float(sys.argv[1]))])
print(found["price_mean"].item().hex())
"""
"""What a loop in a shell starts for every point."""


@dataclass(frozen=True)
class Config:
    """Settings."""

    points: int = 64
    """Rents."""
    ticks: int = 65_536
    """Budget of each."""
    instances: int = 16
    """Parallel worlds of each."""
    jobs: int = 2
    """Processes, where there are several."""
    alone: int = 4
    """Points that get a process of their own, one after the other."""


def build(rent: float) -> tuple[cx.DeepMarket, cx.envs.GridWorld]:
    """Two clones of every primitive on a small grid; the winner pays the rent."""
    env = cx.envs.GridWorld(rows=8, cols=8, goal=(7, 7))
    agents = cx.agents.Tabular.society(env, clones=2)
    return cx.DeepMarket(agents, cx.auctions.CreditConservingVickrey(), levies=(cx.levies.Rent(rent),)), env


def run(config: Config, context: Context) -> Report:
    """The same points by each way, without compiled programs from earlier starts."""
    rents = np.linspace(0.0, 0.1, config.points).tolist()
    task = MarketTask(build, config.ticks, config.instances)
    cached = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", None)
    try:
        began = spent()
        together = sweep(task, grid(rent=rents))
        first = config.points / (spent() - began)
        began = spent()
        sweep(task, grid(rent=rents), executor=Here())
        again = config.points / (spent() - began)
        began = spent()
        single = MarketTask(build, config.ticks, config.instances, together=1)
        staying = sweep(single, grid(rent=rents), executor=Processes(config.jobs))
        processes = config.points / (spent() - began)
    finally:
        jax.config.update("jax_compilation_cache_dir", cached)
    chosen = np.linspace(0, config.points - 1, config.alone).astype(int)
    began = spent()
    alone = [price_alone(rents[index], config) for index in chosen]
    each = config.alone / (spent() - began)
    same = (
        np.array_equal(together["price_mean"], staying["price_mean"])
        and alone == together["price_mean"][chosen].tolist()
    )
    case = f"{config.points} rents, {config.ticks:,} ticks each, 8 x 8 grid, compiling included: points per CPU second"
    return Report(
        [
            Finding("i", f"{case}, all in one program", f">= 10 x a process each, {each:.2f}",
                    f"{first:.1f} = {first / each:.0f} x {each:.2f}; {again:.1f} when compiled", first >= 10 * each),
            Finding("i", f"{case}, {config.jobs} processes that stay", "", f"{processes:.2f} = {processes / each:.1f} x {each:.2f}"),
            Finding("i", "mean prices of the same points by all three ways", "the same to the last digit",
                    "the same" if same else "not the same", same),
        ],
        text=f"A process each was measured on {config.alone} of the points, one after the other, as a loop in a shell would; "
        "Python, JAX and the compiler start anew for each. CPU seconds of this process and those that it started.",
        values={"together": first, "compiled": again, "processes": processes, "process_each": each},
    )  # fmt: skip


def spent() -> float:
    """CPU seconds so far, of this process and of those that it started and that ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def price_alone(rent: float, config: Config) -> float:
    """Mean price, found by a process of its own."""
    words = [sys.executable, "-c", ALONE, repr(rent), str(config.ticks), str(config.instances)]
    folder = Path(__file__).resolve().parent.parent
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, check=True)
    return float.fromhex(done.stdout.split()[-1])
