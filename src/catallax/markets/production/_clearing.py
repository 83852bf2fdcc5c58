"""How sellers split what they have among those who bid for it."""

from __future__ import annotations

import abc

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from catallax.markets.production._economy import Shares
from catallax.markets.production._share_rule import positive
from catallax.markets.production._simplices import LEAST, Simplices


class AbstractClearing(eqx.Module):
    """Shares from bids."""

    @abc.abstractmethod
    def split(
        self, splits: Simplices, shares: Shares, bids: Shares, stock: Float[Array, "edges goods"]
    ) -> Float[Array, "edges goods"]:
        """The shares of the next sale.

        Args:
            splits: the distributions that are chosen.
            shares: of the last sale.
            bids: less transport, credits per unit.
            stock: of the seller at each edge, units.
        """


class SoftmaxClearing(AbstractClearing):
    """`s_ij ~ exp(beta p_j)`: higher bids get more, the highest all as `beta` grows.

    At rest it is the planner with entropy: `beta = y_i / tau`. Where `beta` is large the split swings; let posts move slowly then.
    """

    beta: float | Float[Array, ""] = 1.0
    """Per credit per unit."""

    def __check_init__(self) -> None:
        positive("SoftmaxClearing", beta=self.beta)

    def split(
        self, splits: Simplices, shares: Shares, bids: Shares, stock: Float[Array, "edges goods"]
    ) -> Float[Array, "edges goods"]:
        """See `AbstractClearing.split`."""
        return splits.softmax(self.beta * bids)


class LearningSellers(AbstractClearing):
    """`s_ij <- s_ij exp(eta y_i p_j) / Z`: sellers move to those who paid more, by multiplicative weights on their own revenue."""

    rate: float | Float[Array, ""] = 0.1
    """`eta`, per credit."""

    def __check_init__(self) -> None:
        positive("LearningSellers", rate=self.rate)

    def split(
        self, splits: Simplices, shares: Shares, bids: Shares, stock: Float[Array, "edges goods"]
    ) -> Float[Array, "edges goods"]:
        """See `AbstractClearing.split`."""
        return splits.softmax(jnp.log(jnp.maximum(shares, LEAST)) + self.rate * stock * bids)
