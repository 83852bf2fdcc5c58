"""Kill a run again and again, resume it, and compare it bit for bit with one that was left alone."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np

import catallax as cx
from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    ticks: int = 1_024_000
    """Ticks, over all instances."""
    kills: int = 3
    """How often the run gets SIGKILL."""
    between: int = 200_000
    """Ticks from one kill to the next, at least."""
    patience: float = 300.0
    """Seconds to wait for them."""


def train(ticks: int, folder: Path | None, chunks: int, resume: bool = False) -> cx.lab.Run:
    """Rules that are born, taxed and die, so that the population changes all the time."""
    env = cx.envs.Multiplexer(2)
    market = cx.DeepMarket(
        cx.Cohort.empty(cx.agents.Rule.parse("######", 0, 0.0, novice=True), 200),
        cx.auctions.FirstPrice(),
        (cx.levies.Rent(0.001), cx.levies.WealthTax(1e-5)),
        entry=cx.agents.Enumeration(cx.agents.RuleFamily.build(6, 2), allowance=3.0),
        exits=(cx.agents.Bankrupt(0.05), cx.agents.Idle(2_000)),
        newcomers=cx.agents.Outbid(0.01),
    )
    key = jax.random.key(0)
    return cx.train(
        market, env, ticks=ticks, instances=16, key=key, folder=folder, chunks=chunks, resume=resume, tracked=1
    )


COUNTED = ("births", "deaths", "bankruptcies")
"""Columns of the trace that count events: their sums tell of the whole run, however it is cut into rows."""


def run(config: Config, context: Context) -> Report:
    """Kill, resume, compare."""
    folder = context.folder / "killed"
    shutil.rmtree(folder, ignore_errors=True)
    reached = [kill_once(config, folder) for _ in range(config.kills)]
    resumed = train(config.ticks, folder, chunks=20, resume=True)
    whole = train(config.ticks, None, chunks=20)
    pairs = list(zip(*(jax.tree.leaves(r.state._replace(tally=())) for r in (resumed, whole)), strict=True))
    differ = sum(not np.array_equal(np.asarray(a), np.asarray(b)) for a, b in pairs)
    counts = {name: [int(np.sum(r.trace[name])) for r in (resumed, whole)] for name in COUNTED}
    lost = sum(abs(one - other) for one, other in counts.values())
    return Report(
        [
            Finding("l", f"arrays of the final state (all but the sums of the last row of the trace) that differ after {config.kills} times SIGKILL and resume", "0, bit by bit",
                    f"{differ} of {len(pairs)}; killed at {', '.join(f'{t:,}' for t in reached)} of {resumed.ticks:,} ticks; "
                    f"{counts['births'][0]:,} born", differ == 0),
            Finding("l", f"{', '.join(COUNTED)} that the trace has lost or counted twice", "0", str(lost), lost == 0),
        ]
    )  # fmt: skip


def kill_once(config: Config, folder: Path) -> int:
    """Start or resume the run in a process of its own, kill it when it is far enough; ticks done by then."""
    before = done(folder)
    process = subprocess.Popen([sys.executable, __file__, str(config.ticks), str(folder)])
    deadline = time.monotonic() + config.patience
    try:
        while done(folder) < before + config.between:
            if process.poll() is not None:
                raise RuntimeError(f"resume: the run ended before it could be killed (status {process.returncode}).")
            if time.monotonic() > deadline:
                raise RuntimeError(f"resume: {config.between:,} ticks took more than {config.patience:g} s.")
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    return done(folder)


def done(folder: Path) -> int:
    """Ticks that the folder's trace tells of."""
    if not list(folder.glob("checkpoint/*")):
        return 0
    return int(cx.lab.RunFolder.open(folder).read_trace()["tick"][-1])


if __name__ == "__main__":
    train(int(sys.argv[1]), Path(sys.argv[2]), chunks=200, resume=Path(sys.argv[2]).exists())
