"""Do goods replace each other for an agent?"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool

from catallax.equilibria.indivisible._valuation import AbstractBundleValuation


def gross_substitutes(valuation: AbstractBundleValuation, tolerance: float = 1e-9) -> Bool[np.ndarray, " agents"]:
    """Whether a higher price of one good never lowers an agent's demand for another one.

    For all bundles S and goods i, j, k outside it:
    `v(S+i) + v(S+j) >= v(S+i+j) + v(S)` and `v(S+i+j) + v(S+k) <= max(v(S+i+k) + v(S+j), v(S+j+k) + v(S+i))`.

    Args:
        valuation: of all agents.
        tolerance: rounding that is let pass, as a share of the highest value.

    Raises:
        ValueError: if there are too many goods to list their bundles.

    Source: the local conditions of Reijnierse, van Gellekom and Potters (2002) for Kelso and Crawford's (1982) property.

    >>> from catallax.equilibria.indivisible import Additive, Capped
    >>> gross_substitutes(Additive([[2, 1, 1]])).item(), gross_substitutes(Capped(Additive([[2, 1, 1]]), [2])).item()
    (True, False)
    """
    v, every, bit = valuation.table(), np.arange(2**valuation.goods), 1 << np.arange(valuation.goods)
    slack = tolerance * v.max(initial=0.0)
    holds = np.ones(valuation.agents, bool)
    for i in range(valuation.goods):
        for j in range(i):
            s = every[(every & (bit[i] | bit[j])) == 0]
            both, neither = v[:, s | bit[i] | bit[j]], v[:, s]
            holds &= (both + neither <= v[:, s | bit[i]] + v[:, s | bit[j]] + slack).all(1)
            # of the three pairings of i, j and k the largest must be reached twice: each is tried as the largest
            for k in (k for k in range(valuation.goods) if k not in (i, j)):
                t = s[(s & bit[k]) == 0]
                others = np.maximum(
                    v[:, t | bit[i] | bit[k]] + v[:, t | bit[j]], v[:, t | bit[j] | bit[k]] + v[:, t | bit[i]]
                )
                holds &= (v[:, t | bit[i] | bit[j]] + v[:, t | bit[k]] <= others + slack).all(1)
    return holds
