"""Unpaid: the highest bidder gets the good for nothing."""

from __future__ import annotations

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from catallax.auctions._ranking import rank, settle
from catallax.core import AbstractAuction, Sale


class Unpaid(AbstractAuction):
    """The highest bidder wins and no money moves: `pays = receives = 0`.

    Nobody is paid for a state that others can use, so all an agent earns is the
    world's reward for its own action: the society without its economy.

    Source: Chang et al. (2020), payment rule `env`.
    """

    conserves: ClassVar[bool] = True
    truthful: ClassVar[bool] = False

    def clear(self, key: Key[Array, ""], bids: Float[Array, " agents"], alive: Bool[Array, " agents"]) -> Sale:
        """Sell one good; see `AbstractAuction.clear`."""
        nothing = jnp.zeros(())
        return settle(rank(key, bids, alive), nothing, nothing)
