"""First price: the highest bidder pays its own bid."""

from __future__ import annotations

from typing import ClassVar

from jaxtyping import Array, Bool, Float, Key

from catallax.auctions._ranking import rank, settle
from catallax.core import AbstractAuction, Sale


class FirstPrice(AbstractAuction):
    """The highest bidder pays its bid and the seller gets it: `pays = receives = b_(1)`.

    Conserves credit; bidding one's valuation is not optimal.

    Source: Pallavi Sudhir and Tran-Thanh (2025), Algorithm 1.
    """

    conserves: ClassVar[bool] = True
    truthful: ClassVar[bool] = False

    def clear(self, key: Key[Array, ""], bids: Float[Array, " agents"], alive: Bool[Array, " agents"]) -> Sale:
        """Sell one good; see `AbstractAuction.clear`."""
        ranking = rank(key, bids, alive)
        return settle(ranking, ranking.highest, ranking.highest)


class BucketBrigade(FirstPrice):
    """First price under the name the literature gives to paying one's bid to the previous owner.

    In a deep market the payment chain of Holland's bucket brigade and of `bb`
    in Chang et al. is the first-price sale, so there is nothing to add.

    Source: Holland (1985); Chang et al. (2020), payment rule `bb`.
    """
