"""What every call market can do: all traders at once, one price, nobody left over."""

from __future__ import annotations

import abc
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Float

from catallax.forecasting._mechanism import Numbers


class Bets(NamedTuple):
    """What each trader holds once the market has cleared: a share pays a credit if its outcome happens."""

    shares: Float[Numbers, "*questions traders outcomes"]
    """Who sells an outcome is written as a buyer of all the others."""
    paid: Float[Numbers, "*questions traders"]
    """Credits for all of them."""


class AbstractCallMarket(eqx.Module):
    """Traders with beliefs `h_i` and wealth `w_i` meet at the prices where demand is supply: for every outcome what they gain adds up to 0.

    The methods are for traced code, one question at a time (`vmap` over questions); `call` and `play` are the way in from the host.
    """

    @abc.abstractmethod
    def clear(
        self, wealth: Float[Numbers, " traders"], beliefs: Float[Numbers, "traders outcomes"]
    ) -> Float[Numbers, " outcomes"]:
        """The prices, credits per share; they add up to 1."""

    @abc.abstractmethod
    def bets(
        self,
        wealth: Float[Numbers, " traders"],
        beliefs: Float[Numbers, "traders outcomes"],
        prices: Float[Numbers, " outcomes"],
    ) -> Bets:
        """What each trader holds at the prices."""

    def profits(
        self,
        wealth: Float[Numbers, " traders"],
        beliefs: Float[Numbers, "traders outcomes"],
        prices: Float[Numbers, " outcomes"],
    ) -> Float[Numbers, "traders outcomes"]:
        """Credits that each trader gains in each outcome; none in an outcome at price 0, where the question is called off."""
        shares, paid = self.bets(wealth, beliefs, prices)
        return jnp.where(prices[None] > 0, shares - paid[:, None], 0.0)


def per_price(
    stakes: Float[Numbers, "traders outcomes"], prices: Float[Numbers, " outcomes"]
) -> Float[Numbers, "traders outcomes"]:
    """Shares for credits put on each outcome; none where the price is 0."""
    open_ = (prices > 0)[None]
    return jnp.where(open_, stakes / jnp.where(open_, prices[None], 1.0), 0.0)


def as_bought(profits: Float[Numbers, "traders outcomes"]) -> Bets:
    """Gains as shares bought: what is paid is the loss in the worst outcome."""
    worst = jnp.min(profits, 1)
    return Bets(jnp.maximum(profits - worst[:, None], 0.0), -worst)
