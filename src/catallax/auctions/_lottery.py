"""Lottery: higher bids are likelier to win."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from catallax.auctions._ranking import Ranking, best, settle, taking_part
from catallax.core import ABSTAIN, AbstractAuction, Sale, split_by


class Lottery(AbstractAuction):
    """The winner is drawn with `P(i) ~ exp(b_i / temperature)` and pays its bid.

    Conserves credit: `pays = receives = b_winner`.
    """

    temperature: float
    """Credits; towards 0 the highest bidder always wins."""
    conserves: ClassVar[bool] = True
    truthful: ClassVar[bool] = False

    def __check_init__(self) -> None:
        if isinstance(self.temperature, float | int) and not self.temperature > 0:
            raise ValueError(f"Lottery: temperature must be > 0 credits, got {self.temperature}.")

    def clear(self, key: Key[Array, ""], bids: Float[Array, " agents"], alive: Bool[Array, " agents"]) -> Sale:
        """Sell one good; see `AbstractAuction.clear`."""
        luck_key, tie_key = split_by(key, "luck", "ties")
        offered = taking_part(bids, alive)
        # the largest of bid / temperature + Gumbel noise is a softmax draw
        luck = offered / self.temperature + jax.random.gumbel(luck_key, bids.shape)
        score = jnp.where(offered >= 0, luck - jnp.min(luck), ABSTAIN)
        winner, _ = best(tie_key, score)
        runner_up, _ = best(tie_key, jnp.where(jnp.arange(bids.shape[0]) == winner, ABSTAIN, score))
        price = offered[jnp.maximum(winner, 0)]
        return settle(Ranking(winner, price, runner_up, price), price, price)

    def without_exploration(self) -> AbstractAuction:
        """First price among the same bids."""
        from catallax.auctions._first_price import FirstPrice

        return FirstPrice()
