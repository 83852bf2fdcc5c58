"""What a strength-based classifier system did and has learned, seed by seed, and its books."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from catallax.classics._moving_mean import moving_mean
from catallax.classics._per_seed import PerSeed


def earned(part: str, rewards: np.ndarray) -> np.ndarray:
    """The rewards, if strengths can live on them."""
    if not rewards.min() >= 0:
        raise ValueError(
            f"{part}: rewards must be at least 0 credits, as rules are drawn by strength; got {rewards.min()}; "
            "shift or scale them."
        )
    return rewards


@dataclass(frozen=True)
class StrengthResult:
    """What the seeds have learned."""

    system: Any
    bits: int
    """Length of the conditions."""
    populations: Any
    """Rules, leading axis `seeds`."""
    rewards: np.ndarray
    """Credits; axes `seeds`, `ticks`."""
    ended: np.ndarray
    """Whether an episode ended; axes `seeds`, `ticks`."""
    strength: np.ndarray
    """Of all rules together at the start and after every block of ticks, credits; axes `seeds`, `blocks + 1`."""
    flows: dict[str, np.ndarray]
    """Credits that entered (positive) or left (negative) the strengths by name; axes `seeds`, `blocks`."""

    def population(self, seed: int) -> Any:
        """The rules of one seed."""
        return jax.tree.map(lambda x: x[seed], self.populations)

    def steps(self, window: int = 50) -> list[np.ndarray]:
        """Mean ticks of the last `window` episodes, from the `window`-th episode on; one array per seed."""
        return [moving_mean(np.diff(np.flatnonzero(row), prepend=-1), window) for row in self.ended]

    def right(self, payoff: float, window: int = 50) -> np.ndarray:
        """Share of ticks with the full payoff among the last `window`; axes `seeds`, `ticks` from the `window`-th on."""
        return moving_mean(self.rewards >= payoff, window)

    def final_steps(self, episodes: int = 500) -> PerSeed:
        """Mean ticks of the last episodes of each seed; all its ticks where none has ended."""
        lengths = [np.diff(np.flatnonzero(row), prepend=-1)[-episodes:] for row in self.ended]
        return PerSeed([float(x.mean()) if x.size else float(self.ended.shape[1]) for x in lengths])

    def final_right(self, payoff: float, ticks: int = 1_000) -> PerSeed:
        """Share of the last ticks of each seed with the full payoff."""
        return PerSeed((self.rewards[:, -ticks:] >= payoff).mean(axis=1))

    def gap(self) -> float:
        """The largest sum, over seeds and blocks, that the flows do not explain, relative to the credits that moved."""
        change = np.diff(self.strength, axis=1)
        moved = self.strength[:, :-1] + sum(np.abs(x) for x in self.flows.values())
        return float(np.max(np.abs(change - sum(self.flows.values())) / moved))

    def books(self) -> str:
        """Where strength came from and went, mean over the seeds, credits in all and per tick."""
        ticks = self.rewards.shape[1]
        lines = [f"{'':<28}{'credits':>14}  per tick"]
        entries = {
            "strength at the start": self.strength[:, :1],
            **self.flows,
            "strength at the end": self.strength[:, -1:],
        }
        for name, values in entries.items():
            mean = float(values.sum(1).mean())
            lines.append(f"{name:<28}{mean:14,.1f}  {'' if name.startswith('strength at') else f'{mean / ticks:8.3f}'}")
        return "\n".join(line.rstrip() for line in lines)
