"""Posted price: take it or leave it."""

from __future__ import annotations

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from catallax.auctions._ranking import draw, lots
from catallax.core import NOBODY, AbstractAuction, Sale


class PostedPrice(AbstractAuction):
    """A random agent willing to pay the price gets the good: `pays = receives = price`.

    Truthful: no bid changes the price.
    """

    price: float
    """Credits; it should lie on the grain of the market's money."""
    conserves: ClassVar[bool] = True
    truthful: ClassVar[bool] = True

    def __check_init__(self) -> None:
        if isinstance(self.price, float | int) and not self.price >= 0:
            raise ValueError(f"PostedPrice: price must be >= 0 credits, got {self.price}.")

    def clear(self, key: Key[Array, ""], bids: Float[Array, " agents"], alive: Bool[Array, " agents"]) -> Sale:
        """Sell one good; see `AbstractAuction.clear`."""
        willing = alive & (bids >= self.price)
        lot = lots(key, bids.shape[0])
        winner = draw(willing, lot)
        runner_up = draw(willing & (jnp.arange(bids.shape[0]) != winner), lot)
        price = jnp.where(winner == NOBODY, 0.0, self.price)
        return Sale(winner, price, price, runner_up)
