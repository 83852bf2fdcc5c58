"""The logarithmic rule that grows deeper as more is traded."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from catallax.core import in_double
from catallax.forecasting._cost_function import AbstractCostFunction
from catallax.forecasting._mechanism import Numbers, doubled, require_positive


class LiquiditySensitiveLMSR(AbstractCostFunction):
    """`C(q) = b(q) ln sum_i exp(q_i / b(q))` with `b(q) = alpha sum_i q_i`.

    Prices add up to more than 1, at most `1 + alpha n ln n` (the vig): the house may profit, and loses at most `C(q0)`. Shares outstanding may
    not fall below 0: to sell more than that, buy all the others.

    Source: Othman, Pennock, Reeves and Sandholm (2013).

    >>> maker = LiquiditySensitiveLMSR(opening=np.full(2, 100.0), vig=0.1)
    >>> float(maker.prices.sum().round(6))
    1.1
    """

    alpha: Float[Numbers, ""]
    """Depth per share outstanding."""
    opening: Float[Numbers, " outcomes"]
    """`q0`: shares outstanding at the opening."""
    sold: Float[Numbers, " outcomes"]
    """`q`: shares outstanding."""

    def __init__(self, opening: Float[Numbers, " outcomes"], vig: float | Numbers = 0.05) -> None:
        """A maker of some depth.

        Args:
            opening: `q0`, shares of each outcome, above 0: how deep the market begins.
            vig: how far prices may add up to more than 1, at most; `alpha = vig / (n ln n)`.

        Raises:
            ValueError: for fewer than 2 outcomes, shares that are not above 0, or a vig that is not.
        """
        outstanding = np.asarray(opening, np.float64)
        if outstanding.ndim != 1 or outstanding.size < 2 or not np.all(np.isfinite(outstanding) & (outstanding > 0)):
            raise ValueError(
                f"LiquiditySensitiveLMSR: opening must be shares above 0 of at least 2 outcomes, got {opening}."
            )
        require_positive("LiquiditySensitiveLMSR", "vig", vig)
        n = outstanding.size
        self.alpha = doubled(vig / (n * np.log(n)))
        self.opening = self.sold = outstanding

    @property
    def scale(self) -> Float[Numbers, ""]:
        """A hundredth of what is outstanding."""
        return jnp.sum(self.sold) / 100

    @property
    def worst_case_loss(self) -> Float[Numbers, ""]:
        """`C(q0)`, less what is outstanding at the opening and belongs to nobody: `C(q0) - min_i q0_i`, credits.

        Selling an outcome's shares back is bounded by the orthant, and `C(q) >= max_i q_i`, so the house pays `max_i q_i - q0_i`
        and has taken `C(q) - C(q0)`.
        """
        return _loss(self.alpha, self.opening)

    def potential(self, sold: Float[Numbers, " outcomes"]) -> Float[Numbers, ""]:
        """`C(q)`; not a number outside of the orthant."""
        inside = jnp.all(sold >= 0) & (jnp.sum(sold) > 0)
        return jnp.where(inside, _potential(self.alpha, jnp.where(inside, sold, 1.0)), jnp.nan)


def _potential(alpha: Numbers, sold: Numbers) -> Numbers:
    depth = alpha * jnp.sum(sold)
    return depth * jax.nn.logsumexp(sold / depth)


@in_double
def _loss(alpha: Numbers, opening: Numbers) -> Numbers:
    return _potential(alpha, opening) - jnp.min(opening)
