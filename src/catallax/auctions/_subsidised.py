"""Subsidised sales: the house pays part of every price."""

from __future__ import annotations

from typing import Any, ClassVar

from jaxtyping import Array, Bool, Float, Key

from catallax.core import AbstractAuction, Sale


class Subsidised(AbstractAuction):
    """Another rule, but the winner pays only `(1 - share)` of its price and the house the rest: `receives` is unchanged.

    With `share = 1` buying costs nothing and selling still pays: money is not conserved among the agents,
    which is what systems do that reward without charging. (The books close: the house goes into debt.)

    Source: the counterpart of Baum's (1996) principle that money is conserved.
    """

    conserves: ClassVar[bool] = False
    truthful: ClassVar[bool] = False

    rule: AbstractAuction
    share: Any = 1.0

    def __check_init__(self) -> None:
        if isinstance(self.share, float | int) and not 0 <= self.share <= 1:
            raise ValueError(f"Subsidised: share must lie in [0, 1], got {self.share}.")

    def clear(self, key: Key[Array, ""], bids: Float[Array, " agents"], alive: Bool[Array, " agents"]) -> Sale:
        """Sell one good; see `AbstractAuction.clear`."""
        sale = self.rule.clear(key, bids, alive)
        return sale._replace(pays=(1.0 - self.share) * sale.pays)

    def without_exploration(self) -> AbstractAuction:
        """The inner rule's, subsidised."""
        return Subsidised(self.rule.without_exploration(), self.share)
