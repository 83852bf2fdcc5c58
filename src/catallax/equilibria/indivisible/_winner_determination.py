"""The best allocation, by mixed-integer programming."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from scipy.optimize import milp
from scipy.sparse import block_array, eye_array, vstack

from catallax.equilibria.indivisible._allocation import AbstractAllocator, Allocation
from catallax.equilibria.indivisible._bids import Bids
from catallax.equilibria.indivisible._input import units
from catallax.equilibria.indivisible._valuation import AbstractBundleValuation


class WinnerDetermination(AbstractAllocator):
    """The optimum by mixed-integer programming; NP-hard in general, quick for the usual sizes.

    `max sum_b value_b x_b` with `x_b` in {0, 1}, one accepted bid a group, supply of every good, and caps on what an agent's
    accepted bids count for. No list of bundles is needed, so 30 goods are no obstacle. The optimum is proved up to the solver's
    tolerance, 1e-6 of the highest value.

    Args:
        seconds: after which it gives up.

    Raises:
        ValueError: if supply is negative or not whole.
        TimeoutError: if the optimum was not proved in time.

    Source: Sandholm (2002); solved with HiGHS.

    >>> from catallax.equilibria.indivisible import XorBids
    >>> bids = XorBids([0, 1, 2], [[1, 1], [1, 0], [0, 1]], [5, 3, 3])
    >>> WinnerDetermination().allocate(bids).values.tolist()
    [0.0, 3.0, 3.0]
    """

    seconds: float = 60.0

    def allocate(self, valuation: AbstractBundleValuation, supply: Any = None, absent: int | None = None) -> Allocation:
        bids = valuation.bids()
        bids = bids.chosen(bids.agent != absent)
        accepted = self.accepted(bids, units("WinnerDetermination", supply, valuation.goods))
        bundles = bids.bundles(accepted)
        return Allocation(bundles, valuation.value(bundles))

    def accepted(self, bids: Bids, supply: Float[np.ndarray, " goods"]) -> Bool[np.ndarray, " bids"]:
        """Which bids are accepted."""
        count, agents = len(bids.value), len(bids.cap)
        if count == 0:
            return np.zeros(0, bool)
        # values up to 1, since the solver's tolerances are absolute
        scale = bids.value.max()
        worth = bids.of_agents() * (bids.value / scale)[None, :]
        # unknowns are the bids accepted, 0 or 1, and what each agent's count for: no more than their sum, nor than the cap
        limits = block_array(
            [[vstack([bids.in_groups(), bids.bundle.T.astype(float)]), None], [-worth, eye_array(agents)]]
        )
        result = milp(
            np.concatenate([np.zeros(count), -np.ones(agents)]),
            integrality=np.concatenate([np.ones(count), np.zeros(agents)]),
            bounds=(0, np.concatenate([np.ones(count), bids.cap / scale])),
            constraints=(limits, -np.inf, np.concatenate([np.ones(bids.groups), supply, np.zeros(agents)])),
            options={"mip_rel_gap": 0.0, "time_limit": self.seconds},
        )
        if result.status != 0:
            raise TimeoutError(
                f"WinnerDetermination: no proved optimum of {count} bids on {len(supply)} goods within {self.seconds} "
                f"seconds ({result.message}); give it more, or fewer bids."
            )
        return result.x[:count] > 0.5
