"""Betting functions: what part of a budget goes on a class at its price, and the prices that follow."""

from __future__ import annotations

import abc

import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.forecasting._mechanism import Numbers
from catallax.forecasting._search import crossing
from catallax.forecasting.clearing._call_market import AbstractCallMarket, Bets, per_price


class AbstractBetting(AbstractCallMarket):
    """An artificial prediction market: trader i puts the part `phi_ik(p_k)` of its budget on outcome k.

    Budgets are conserved in every outcome where `sum_i w_i phi_ik = p_k sum_ij w_i phi_ij`. As no part rises with its price, these prices are
    found by two nested bisections: for a given sum over all bets each price on its own, and the sum such that the prices add up to 1.

    Source: Barbu and Lay (2012); the solver is derived. Constant betting functions are `Kelly(fraction)`.
    """

    @abc.abstractmethod
    def parts(
        self, beliefs: Float[Numbers, "traders outcomes"], prices: Float[Numbers, " outcomes"]
    ) -> Float[Numbers, "traders outcomes"]:
        """`phi`, parts of the budget: those of an outcome depend on its own price alone, never rise with it, and are at most the belief."""

    def clear(
        self, wealth: Float[Numbers, " traders"], beliefs: Float[Numbers, "traders outcomes"]
    ) -> Float[Numbers, " outcomes"]:
        """See `AbstractCallMarket.clear`."""
        weights, none = wealth / jnp.sum(wealth), jnp.zeros_like(beliefs[0])

        def at(total: Array) -> Array:
            return crossing(lambda p: weights @ self.parts(beliefs, p) <= total * p, none, none + 1)

        total = crossing(lambda total: jnp.sum(at(total)) <= 1, none[0], none[0] + 1)
        prices = at(total)
        return prices / jnp.sum(prices)

    def bets(
        self,
        wealth: Float[Numbers, " traders"],
        beliefs: Float[Numbers, "traders outcomes"],
        prices: Float[Numbers, " outcomes"],
    ) -> Bets:
        """See `AbstractCallMarket.bets`."""
        stakes = wealth[:, None] * self.parts(beliefs, prices)
        return Bets(per_price(stakes, prices), jnp.sum(stakes, 1))
