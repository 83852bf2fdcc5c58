"""Weighted: prices anywhere between nothing and the highest bid, so that a sweep covers all classical rules."""

from __future__ import annotations

from typing import ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from catallax.auctions._ranking import rank, settle
from catallax.core import AbstractAuction, Sale


class Weighted(AbstractAuction):
    """Both prices weigh the two highest bids: `pays = p1 b_(1) + p2 b_(2)`, `receives = r1 b_(1) + r2 b_(2)`.

    The corners are the named rules, and as weights are leaves, one compiled
    program serves them all if they are given as arrays:
    `FirstPrice` is (1, 0, 1, 0), `Vickrey` (0, 1, 1, 0), `CreditConservingVickrey`
    (0, 1, 0, 1), `Unpaid` (0, 0, 0, 0). Where `pays` and `receives` differ the house
    makes up the difference.

    Args:
        p1, p2: weights of the price, not negative, together at most 1.
        r1, r2: weights of the seller's revenue, likewise.

    Raises:
        ValueError: if weights are negative or add up to more than 1.
    """

    p1: float | Float[Array, ""]
    p2: float | Float[Array, ""]
    r1: float | Float[Array, ""]
    r2: float | Float[Array, ""]
    conserves: ClassVar[bool] = False
    truthful: ClassVar[bool] = False

    def __check_init__(self) -> None:
        for first, second in ((self.p1, self.p2), (self.r1, self.r2)):
            known = isinstance(first, float | int) and isinstance(second, float | int)
            if known and (min(first, second) < 0 or first + second > 1):
                raise ValueError(
                    f"Weighted: weights of one price must be >= 0 and add up to 1 at most, got {first} and {second}."
                )

    def clear(self, key: Key[Array, ""], bids: Float[Array, " agents"], alive: Bool[Array, " agents"]) -> Sale:
        """Sell one good; see `AbstractAuction.clear`."""
        ranking = rank(key, bids, alive)
        highest, second = ranking.highest, ranking.second
        return settle(
            ranking,
            jnp.minimum(self.p1 * highest + self.p2 * second, highest),
            jnp.minimum(self.r1 * highest + self.r2 * second, highest),
        )
