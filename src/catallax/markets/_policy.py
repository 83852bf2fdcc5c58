"""A trained market as a policy: the highest bidder acts, nothing is learned or paid."""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key, PyTree

from catallax.core import AbstractAuction, Cohort, Sale
from catallax.markets._deep import DeepMarket
from catallax.markets._sales import capped
from catallax.markets._state import MarketState
from catallax.markets._tick import act


class MarketPolicy(eqx.Module):
    """Maps observations to actions by one auction among expected bids, capped by wealth.

    The auction is the market's own without its exploration.
    """

    cohorts: tuple[Cohort, ...]
    auction: AbstractAuction
    caps: Float[Array, " agents"]
    """What each agent may bid, credits, as on the last tick of training."""
    coin: float = eqx.field(static=True)

    @property
    def alive(self) -> Bool[Array, " agents"]:
        """Who takes part."""
        return jnp.concatenate([c.alive for c in self.cohorts])

    def bids(self, obs: PyTree) -> Float[Array, " agents"]:
        """Expected bids at one observation, credits, capped by wealth."""
        return capped(jnp.concatenate([c.expected_bids(obs) for c in self.cohorts]), self.caps, self.coin)

    def sale(self, key: Key[Array, ""], obs: PyTree) -> Sale:
        """The sale of one world; its price is `receives`, credits."""
        return self.auction.clear(key, self.bids(obs), self.alive)

    def __call__(self, key: Key[Array, ""], obs: PyTree) -> PyTree:
        """The action of the winner (of a fixed agent when nobody bids).

        Args:
            key: consumed; breaks ties.
            obs: one observation, no instances axis.
        """
        sale_key, act_key = jax.random.split(key)
        winner = jnp.maximum(self.sale(sale_key, obs).winner, 0)
        return act(self.cohorts, act_key, obs, winner)


def policy_of(market: DeepMarket, state: MarketState) -> MarketPolicy:
    """The policy a market has learned so far (a leading seeds axis is kept).

    Where instances may be undone, what the one under way has done, and who is on trial in it, does not count yet.
    """
    instances = state.owner.shape[-1]
    state = state.instance.start if state.instance else state
    return MarketPolicy(state.cohorts, market.auction.without_exploration(), state.ledger.caps(instances), market.coin)
