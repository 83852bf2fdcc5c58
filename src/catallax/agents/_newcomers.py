"""How a newcomer's bid is set."""

from __future__ import annotations

import equinox as eqx
import jax
from jaxtyping import Array, Float, Key

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

    def price(self, key: Key[Array, ""], best: Float[Array, ""]) -> Float[Array, ""]:
        """The newcomer's bid for life, credits."""
        return best + self.epsilon


class OutbidByChance(eqx.Module):
    """The same, more or less: `b = max b_others + epsilon * U(0.5, 1.5)`.

    No two newcomers bid the same then. Where they do, as those of `Outbid` soon do, a draw decides which of them
    acts, and a society that solved a world yesterday may fail in it today.

    Source: ours.
    """

    epsilon: float
    """Credits, on average."""

    def __check_init__(self) -> None:
        at_least("OutbidByChance", 0, epsilon=self.epsilon)

    def price(self, key: Key[Array, ""], best: Float[Array, ""]) -> Float[Array, ""]:
        """The newcomer's bid for life, credits."""
        return best + self.epsilon * jax.random.uniform(key, minval=0.5, maxval=1.5)
