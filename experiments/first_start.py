"""How long `make demo` takes on a fresh clone: installing, the first start, the second start."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from catallax.lab import Context, Finding, Report


@dataclass(frozen=True)
class Config:
    """Settings."""

    second: float = 60.0
    """Seconds the second start may take."""
    first: float = 180.0
    """Seconds the first start may take once everything is downloaded and installed."""


def run(config: Config, context: Context) -> Report:
    """Clone this repository, install, start twice; what the programs cache lies in the clone."""
    clone = Path(tempfile.mkdtemp(prefix="catallax-"))
    try:
        subprocess.run(["git", "clone", "--quiet", str(Path.cwd()), str(clone)], check=True)
        install, first, second = (timed(clone, target) for target in (".venv/made-demo", "demo", "demo"))
    finally:
        shutil.rmtree(clone, ignore_errors=True)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Report(
        [
            Finding("k", f"second start of `make demo`, {cores} cores", f"< {config.second:g} s", f"{second:.0f} s",
                    second < config.second),
            Finding("k", "first start, after download", f"< {config.first:g} s", f"{first:.0f} s", first < config.first),
            Finding("k", "making the virtual environment, downloads included as far as pip has not kept them", "", f"{install:.0f} s"),
        ],
        text="Wall-clock seconds of the committed state in a fresh clone, start of Python, compilation and report included.",
    )  # fmt: skip


def timed(clone: Path, target: str) -> float:
    """Seconds that `make TARGET` takes in the clone."""
    began = time.perf_counter()
    # settings of this process must not reach the clone: it starts as a newcomer's shell would
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("JAX_", "PYTHON", "VIRTUAL_ENV"))}
    subprocess.run(["make", target], cwd=clone, env=clean, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began
