"""How unequal amounts are."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def gini(wealth: Float[np.ndarray, " agents"]) -> float:
    """Gini coefficient, `sum_i (2 i - n - 1) w_(i) / (n sum w)`: 0 equal, towards 1 unequal.

    Args:
        wealth: credits, axis `[agents]`.

    >>> gini(np.array([1.0, 1.0, 1.0])), gini(np.array([0.0, 0.0, 3.0]))
    (0.0, 0.6666666666666666)
    """
    total, n = float(wealth.sum()), wealth.size
    if n == 0 or total <= 0:
        return 0.0
    return float((2 * np.arange(1, n + 1) - n - 1) @ np.sort(wealth) / (n * total))
