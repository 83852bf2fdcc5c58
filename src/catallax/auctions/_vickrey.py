"""Vickrey: the winner pays the second bid, the seller is told the highest."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from catallax.auctions._ranking import rank, settle
from catallax.core import AbstractAuction, Sale


def _check_reserve(part: str, reserve: Any) -> None:
    if isinstance(reserve, float | int) and not reserve >= 0:
        raise ValueError(f"{part}: reserve must be >= 0 credits, got {reserve}.")


class Vickrey(AbstractAuction):
    """Second price with the seller paid the highest bid: `pays = b_(2)`, `receives = b_(1)`.

    Truthful; does not conserve credit: the house adds `b_(1) - b_(2)`.

    Source: Vickrey (1961); Chang et al. (2020), payment rule `v`.
    """

    reserve: float = 0.0
    """Lowest price, credits; bids below it lose."""
    conserves: ClassVar[bool] = False
    truthful: ClassVar[bool] = True

    def __check_init__(self) -> None:
        _check_reserve("Vickrey", self.reserve)

    def clear(self, key: Key[Array, ""], bids: Float[Array, " agents"], alive: Bool[Array, " agents"]) -> Sale:
        """Sell one good; see `AbstractAuction.clear`."""
        ranking = rank(key, bids, alive & (bids >= self.reserve))
        return settle(ranking, jnp.maximum(ranking.second, self.reserve), ranking.highest)


class CreditConservingVickrey(AbstractAuction):
    """Second price paid on to the seller: `pays = receives = b_(2)`.

    Truthful and conserving. Prices equal values only if the two highest
    valuations agree, as between clones of one agent.

    Source: Chang et al. (2020), payment rule `ccv`.
    """

    reserve: float = 0.0
    """Lowest price, credits; bids below it lose."""
    conserves: ClassVar[bool] = True
    truthful: ClassVar[bool] = True

    def __check_init__(self) -> None:
        _check_reserve("CreditConservingVickrey", self.reserve)

    def clear(self, key: Key[Array, ""], bids: Float[Array, " agents"], alive: Bool[Array, " agents"]) -> Sale:
        """Sell one good; see `AbstractAuction.clear`."""
        ranking = rank(key, bids, alive & (bids >= self.reserve))
        price = jnp.maximum(ranking.second, self.reserve)
        return settle(ranking, price, price)
