"""How the marginal value mechanism is played: the kernel of the graph of profitable rebuttals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from catallax.language.worlds.marginal_value._case import Case, above


class Solution(NamedTuple):
    """Equilibrium play of a case."""

    kernel: Bool[np.ndarray, " sets"]
    """Which sets are inextensible: no rebuttal of them is profitable and itself inextensible."""
    moves: Int[np.ndarray, " sets"]
    """To which set play goes on from each, in one move; to itself where nothing is added."""
    gains: Float[np.ndarray, " sets"]
    """What that move earns, credits."""

    @property
    def first(self) -> int:
        """What is told first, and last: every later move is null."""
        return int(self.moves[0])


def solve(case: Case) -> Solution:
    """Who moves tells the inextensible set that earns most, `argmax_{T in kernel} W(T, T) - W(T, S) - p(T \\ S)`, if that is positive.

    An edge goes from `S` to each larger `T` with `W(T, T) - W(T, S) > p(T \\ S)`: a rebuttal that pays, judged by who knows `T`. `S` is in
    the kernel if no edge leads from it into the kernel. The inequality is strict, or the null move would extend every set for ever.
    By telescoping, a move that will be rebutted earns less than a jump to where play ends. `O(3^k)` for `k` atoms.

    Args:
        case: what the informers know.

    Returns:
        The kernel, the moves, what they earn.

    Source: the mechanism is of "Extrapolating Volition with Recursive Information Markets" (2026), arXiv 2604.08606; the kernel is ours.
    """
    sets, costs = len(case.beliefs), case.costs
    own = case.worth(np.arange(sets), np.arange(sets))
    kernel, moves, gains = np.zeros(sets, bool), np.arange(sets), np.zeros(sets)
    for chosen in reversed(range(sets)):  # what contains a set has the larger number
        larger = above(chosen, case.everything)[1:]
        larger = larger[kernel[larger]]
        profits = own[larger] - case.worth(larger, chosen) - costs[larger] + costs[chosen]
        kernel[chosen] = not np.any(profits > 0)
        if not kernel[chosen]:
            best = profits.argmax()
            moves[chosen], gains[chosen] = larger[best], profits[best]
    return Solution(kernel, moves, gains)
