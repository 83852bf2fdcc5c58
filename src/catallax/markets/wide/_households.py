"""Households: each wants one good and has an income to spend on it."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from catallax.core import AbstractHouseholds
from catallax.equilibria.valuations import Leontief


class Households(AbstractHouseholds):
    """One good each, worth so much that all of the income is spent on it: `v(x) = worth x_g`.

    >>> Households.wanting([1, 2], income=[3.0, 1.0], goods=3).valuation().shape
    (2, 3)
    """

    units: Float[Array, "consumers goods"]
    """Units of each good that a credit of value takes; 0 for goods not wanted."""
    income: Float[Array, " consumers"]
    """Credits each gets every tick."""

    @classmethod
    def wanting(cls, wanted: Any, income: Any, goods: int, *, worth: float = 1e3) -> Households:
        """Households by the good they want.

        Args:
            wanted: the good of each, an index.
            income: credits of each, every tick.
            goods: how many goods there are.
            worth: credits per unit up to which a household buys; far above any price for one that spends all it has.

        Raises:
            ValueError: for a good that is not there, or an income or worth that is not above 0.
        """
        given, income = jnp.asarray(wanted), jnp.asarray(income, float)
        if not jnp.issubdtype(given.dtype, jnp.integer):
            raise ValueError(f"Households.wanting: goods are whole numbers, got {wanted}.")
        wanted = given.astype(jnp.int32)
        if wanted.shape != income.shape or not bool(jnp.all((wanted >= 0) & (wanted < goods))):
            raise ValueError(
                f"Households.wanting: expected one income for each good in 0..{goods - 1}, got {wanted} and {income}."
            )
        if not (bool(jnp.all(income > 0)) and worth > 0):
            raise ValueError(
                f"Households.wanting: incomes and worth must be above 0 credits, got {income} and {worth}."
            )
        columns = jnp.arange(goods, dtype=jnp.int32)
        return cls(jnp.where(columns[None, :] == wanted[:, None], 1.0 / worth, 0.0), income)

    @property
    def wanted(self) -> Int[Array, " consumers"]:
        """The good of each."""
        return jnp.argmax(self.units, axis=1)

    def valuation(self) -> Leontief:
        """What bundles are worth, credits."""
        return Leontief(self.units)
