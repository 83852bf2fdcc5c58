"""What the marginal value mechanism leaves untold that the buyer would have wanted to know."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from catallax.language.worlds.marginal_value._case import Case, above
from catallax.language.worlds.marginal_value._kernel import solve

Bound = Callable[[Case], float]
"""Credits that a shortfall is said not to exceed."""


def shortfall(case: Case) -> float:
    """`W(K, K) - W(K, F)`, credits: how much worse the buyer decides, told what is told (`F`), than one who knows all that informers know (`K`)."""
    return float(case.worth(case.everything, case.everything) - case.worth(case.everything, solve(case).first))


def cost_of_the_rest(case: Case) -> float:
    """`p(K \\ F)`, credits: what telling all that is left would cost. No shortfall exceeds it.

    The set of everything is inextensible, as nothing contains it, and so is `F`: so no profitable edge joins them, `W(K, K) - W(K, F) <=
    p(K \\ F)`. (Derived here.)
    """
    costs = case.costs
    return float(costs[case.everything] - costs[solve(case).first])


def cost_of_defence(case: Case) -> float:
    """`min_T p(T \\ F)`, credits, over inextensible sets `T` that contain what is told and lead to the decision of who knows everything.

    What it costs to tell enough and have it stand. A conjecture, to be tried with `counterexample`.
    """
    solution, costs = solve(case), case.costs
    sets = above(solution.first, case.everything)
    good = solution.kernel[sets] & np.all(case.payoffs[sets] == case.payoffs[case.everything], axis=1)
    return float(np.min(costs[sets[good]])) - float(costs[solution.first])


def counterexample(bound: Bound, cases: Iterable[Case], tolerance: float = 1e-9) -> Case | None:
    """The first case whose shortfall exceeds a bound, or None.

    Args:
        bound: the conjecture.
        cases: where to try it.
        tolerance: credits by which it must be exceeded.
    """
    return next((case for case in cases if shortfall(case) > bound(case) + tolerance), None)
