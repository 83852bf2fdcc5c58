"""What the tests of sweeps measure; other processes import it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import catallax as cx


def market(rent: float, agents: int = 2, bid: float = 0.25) -> tuple[cx.DeepMarket, cx.AbstractEnv]:
    """Fixed bidders who pay a rent; below 0 there is none."""
    society = cx.Cohort.stack([cx.agents.Constant(bid, action % 2) for action in range(agents)])
    return cx.DeepMarket(society, cx.auctions.FirstPrice(), levies=(cx.levies.Rent(rent),)), cx.envs.Multiplexer()


def number(way: str, seed: int) -> dict[str, float]:
    """A number, an error, no number, or the end of the process."""
    if way == "raises":
        raise ValueError("a bad point\nand more")
    if way == "dies":
        print("last words", flush=True)
        os._exit(3)
    return {"score": float("nan") if way == "nan" else 1 / 3 + seed}


def slow(folder: str, name: int, wait: float, seed: int) -> dict[str, float]:
    """Tell that it was begun, and by whom; then take its time."""
    place = Path(folder) / f"{name}-{os.getpid()}"
    place.touch()
    time.sleep(wait)
    return {"measured": name}
