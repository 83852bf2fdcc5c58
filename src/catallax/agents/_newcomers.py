"""How a newcomer's bid is set."""

from __future__ import annotations

import equinox as eqx
from jaxtyping import Array, Float

from catallax.agents._settings import at_least


class Outbid(eqx.Module):
    """A newcomer bids a little more than the best competing bid: `b = max b_others + epsilon`.

    It is tried once, and goes broke if it is not worth its bid.

    Source: Baum (1996), as implemented by Qi et al. (2026).
    """

    epsilon: float
    """Credits."""

    def __check_init__(self) -> None:
        at_least("Outbid", 0, epsilon=self.epsilon)

    def price(self, best: Float[Array, "*instances"]) -> Float[Array, "*instances"]:
        """The newcomer's bid for life, credits."""
        return best + self.epsilon
