"""Who gets what."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, NamedTuple

import equinox as eqx
import numpy as np
from jaxtyping import Bool, Float

from catallax.equilibria.indivisible._valuation import AbstractBundleValuation


class Allocation(NamedTuple):
    """Who gets what; goods that nobody got stay with their owner."""

    bundles: Bool[np.ndarray, "agents goods"]
    values: Float[np.ndarray, " agents"]
    """What each agent's bundle is worth to it, credits."""

    @property
    def welfare(self) -> float:
        """The sum of all values, credits."""
        return float(self.values.sum())


class AbstractAllocator(eqx.Module):
    """A method that finds the allocation with the highest sum of values."""

    @abstractmethod
    def allocate(self, valuation: AbstractBundleValuation, supply: Any = None, absent: int | None = None) -> Allocation:
        """Maximise `sum over a of v_a(S_a)` over bundles that supply allows.

        Args:
            valuation: of all agents.
            supply: whole units of each good, one of each if nothing is said.
            absent: an agent that gets nothing.
        """
