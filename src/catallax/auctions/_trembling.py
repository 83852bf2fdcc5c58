"""Trembling: now and then the good goes to anybody, at the house's expense."""

from __future__ import annotations

from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Key

from catallax.auctions._ranking import draw, lots, taking_part
from catallax.core import NOBODY, AbstractAuction, Sale, split_by


class Trembling(AbstractAuction):
    """With probability `rate` a uniformly drawn bidder gets the good for its own bid.

    The seller still receives what the inner auction grants, and the house bears
    `receives - pays`. Exploration is thus paid in the open, prices stay those of
    the undisturbed market, and the society learns off-policy, as Q-learning with
    an epsilon-greedy behaviour does.
    """

    auction: AbstractAuction
    rate: float | Float[Array, ""]
    """Probability, per sale."""
    conserves: ClassVar[bool] = False
    truthful: ClassVar[bool] = False

    def __check_init__(self) -> None:
        if isinstance(self.rate, float | int) and not 0 <= self.rate <= 1:
            raise ValueError(f"Trembling: rate must lie in [0, 1], got {self.rate}.")

    def clear(self, key: Key[Array, ""], bids: Float[Array, " agents"], alive: Bool[Array, " agents"]) -> Sale:
        """Sell one good; see `AbstractAuction.clear`."""
        sale_key, whether_key, who_key = split_by(key, "sale", "whether", "who")
        calm = self.auction.clear(sale_key, bids, alive)
        offered = taking_part(bids, alive)
        drawn = draw(offered >= 0, lots(who_key, bids.shape[0]))
        trembles = (jax.random.uniform(whether_key) < self.rate) & (drawn != NOBODY) & (calm.winner != NOBODY)
        own_bid = offered[jnp.maximum(drawn, 0)]
        return Sale(
            winner=jnp.where(trembles, drawn, calm.winner),
            pays=jnp.where(trembles, own_bid, calm.pays),
            receives=calm.receives,
            # the tremble may hit the winner itself, which cannot come second as well
            runner_up=jnp.where(trembles & (drawn != calm.winner), calm.winner, calm.runner_up),
        )

    def without_exploration(self) -> AbstractAuction:
        """The inner auction."""
        return self.auction.without_exploration()
