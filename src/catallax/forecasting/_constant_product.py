"""The constant-product maker, and the pool of a play-money market."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from catallax.core import in_double
from catallax.forecasting._mechanism import AbstractMaker, Numbers, distribution
from catallax.forecasting._search import crossing, reached


class ConstantProduct(AbstractMaker):
    """Reserves with `prod_i R_i^pi_i` constant; prices `(pi_i / R_i) / sum_j (pi_j / R_j)`.

    Who spends M mints M of every share, puts the others into the reserves and takes the one out that keeps the product. A reserve is what
    the house gets if its outcome happens, so that it loses at most the largest. With two outcomes and fees this is the pool of Manifold's markets.

    Source: Chen and Pennock (2007), logarithmic utility; weights as in Martinelli and Mushegian (2019).

    >>> pool = ConstantProduct(np.array([100.0, 60.0]), weights=np.array([0.3, 0.7]))
    >>> trade = pool.quote(0, spend=10.0)
    >>> trade.before.round(7).tolist()[0], float(trade.shares[0].round(4)), trade.after.round(7).tolist()[0]
    (0.2045455, 40.2104, 0.3006325)
    """

    opening: Float[Numbers, " outcomes"]
    """Reserves at the opening, and what was added since."""
    reserves: Float[Numbers, " outcomes"]
    """`R`: shares that the pool holds."""
    weights: Float[Numbers, " outcomes"]
    """`pi`."""
    fee: Float[Numbers, ""]
    """Of a trade: so much times `p (1 - p)` credits for each share, at the price after it."""

    def __init__(
        self,
        reserves: Float[Numbers, " outcomes"],
        weights: Float[Numbers, " outcomes"] | None = None,
        fee: float | Numbers = 0.0,
    ) -> None:
        """A pool.

        Args:
            reserves: `R`, shares of each of at least 2 outcomes, above 0.
            weights: `pi`, above 0, adding up to 1; by default all alike.
            fee: taken by the house, a share of `p (1 - p)` credits for each share traded; Manifold's takes 0.07.

        Raises:
            ValueError: for anything else.
        """
        held = np.asarray(reserves, np.float64)
        if held.ndim != 1 or held.size < 2 or not np.all(np.isfinite(held) & (held > 0)):
            raise ValueError(
                f"ConstantProduct: reserves must be shares above 0 of at least 2 outcomes, got {reserves}."
            )
        if not (np.isfinite(fee) and fee >= 0):
            raise ValueError(f"ConstantProduct: the fee must be a finite number of at least 0, got {fee}.")
        self.opening = self.reserves = held
        self.weights = distribution("ConstantProduct", held.size, weights)
        self.fee = np.asarray(fee, np.float64)

    @property
    def prices(self) -> Float[Numbers, "*markets outcomes"]:
        """`(pi_i / R_i) / sum_j (pi_j / R_j)`."""
        return _prices(self)

    @property
    def state(self) -> Float[Numbers, "*markets outcomes"]:
        """The reserves."""
        return self.reserves

    @property
    def worst_case_loss(self) -> Float[Numbers, "*markets"]:
        """The largest reserve at the opening, credits."""
        return np.asarray(self.opening.max(-1)) if isinstance(self.opening, np.ndarray) else jnp.max(self.opening, -1)

    def cost(self, shares: Float[Numbers, " outcomes"]) -> Float[Numbers, ""]:
        """The credits `c` with `prod_i (R_i + c - x_i)^pi_i` as before, and the fee."""
        cash = self._minted(shares)
        after = self._moved(shares, cash).prices
        one = jnp.sum(jnp.abs(shares - jnp.min(shares)) * after * (1 - after))
        return cash + self.fee * one

    def after(self, shares: Float[Numbers, " outcomes"]) -> ConstantProduct:
        """Reserves `R_i + c - x_i`."""
        return self._moved(shares, self._minted(shares))

    def shares_to(self, outcome: Int[Numbers, ""], price: Float[Numbers, ""]) -> Float[Numbers, ""]:
        """The reserves at which the price is so, the others keeping their proportions of weight."""
        one = self._one(outcome)
        return reached(lambda x: jnp.sum(one * self.after(x * one).prices), price, jnp.min(self.reserves) / 100)

    def shares_for(self, outcome: Int[Numbers, ""], spend: Float[Numbers, ""]) -> Float[Numbers, ""]:
        """Found by halving; without a fee `M + R_i - (prod_j R_j^pi_j / prod_(j != i) (R_j + M)^pi_j)^(1 / pi_i)`."""
        one = self._one(outcome)
        return reached(lambda x: self.cost(x * one), spend, jnp.min(self.reserves) / 100, size=jnp.max(self.reserves))

    def with_liquidity(self, credits: float) -> ConstantProduct:
        """The pool with as many more shares of every outcome, its weights such that no price moves.

        Args:
            credits: from whoever adds them, above 0.

        Raises:
            ValueError: for another amount.
        """
        if not (np.isfinite(credits) and credits > 0):
            raise ValueError(f"ConstantProduct: liquidity that is added must be above 0 credits, got {credits}.")
        reserves = np.asarray(self.reserves) + credits
        weights = np.asarray(self.prices) * reserves
        more = (np.asarray(self.opening) + credits, reserves, weights / weights.sum())
        return eqx.tree_at(lambda pool: (pool.opening, pool.reserves, pool.weights), self, more)

    def _one(self, outcome: Int[Numbers, ""]) -> Array:
        return (jnp.arange(self.reserves.shape[0]) == outcome).astype(float)

    def _moved(self, shares: Numbers, cash: Numbers) -> ConstantProduct:
        return eqx.tree_at(lambda pool: pool.reserves, self, self.reserves + cash - shares)

    def _minted(self, shares: Numbers) -> Any:
        """By halving between what empties a reserve and what a share of everything would cost, then Newton for the last digits."""
        top = jnp.max(shares - self.reserves)

        def surplus(cash: Any) -> Any:
            return self.weights @ (jnp.log(self.reserves + cash - shares) - jnp.log(self.reserves))

        cash = crossing(lambda cash: surplus(cash) >= 0, top, jnp.max(shares))
        return cash - surplus(cash) / jax.grad(surplus)(cash)


@in_double
def _prices(pool: ConstantProduct) -> Numbers:
    pull = pool.weights / pool.reserves
    return pull / jnp.sum(pull, -1, keepdims=True)
