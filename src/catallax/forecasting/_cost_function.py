"""Makers whose prices are the gradient of a cost function of the shares sold."""

from __future__ import annotations

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from catallax.core import in_double
from catallax.forecasting._mechanism import AbstractMaker, Numbers
from catallax.forecasting._search import reached


class AbstractCostFunction(AbstractMaker):
    """A maker that asks `C(q + x) - C(q)` for a bundle x, with prices `dC / dq_i`: write `potential` and the worst case.

    Where `C(q) = sup_x <x, q> - R(x)` over the simplex, the prices are what follow-the-regularised-leader plays with regulariser R
    against the bundles sold, and the loss of the house is its regret.

    Source: Abernethy, Chen and Wortman Vaughan (2013).
    """

    sold: eqx.AbstractVar[Float[Numbers, " outcomes"]]
    """`q`: shares of each outcome that traders hold, from where the maker opened."""

    @abc.abstractmethod
    def potential(self, sold: Float[Numbers, " outcomes"]) -> Float[Numbers, ""]:
        """`C(q)`, credits; convex, and rising in every share."""

    @property
    def scale(self) -> Float[Numbers, ""]:
        """Shares that change prices a little: where searches begin."""
        return jnp.ones(())

    @property
    def prices(self) -> Float[Numbers, "*markets outcomes"]:
        """`dC / dq_i`, credits per share."""
        return _gradient(self)

    @property
    def state(self) -> Float[Numbers, "*markets outcomes"]:
        """Shares sold."""
        return self.sold

    def cost(self, shares: Float[Numbers, " outcomes"]) -> Float[Numbers, ""]:
        """`C(q + x) - C(q)`."""
        return self.potential(self.sold + shares) - self.potential(self.sold)

    def after(self, shares: Float[Numbers, " outcomes"]) -> AbstractCostFunction:
        """The maker with more shares sold."""
        return eqx.tree_at(lambda maker: maker.sold, self, self.sold + shares)

    def shares_to(self, outcome: Int[Numbers, ""], price: Float[Numbers, ""]) -> Float[Numbers, ""]:
        """Found by halving: the price of an outcome rises with its shares."""
        one = self._one(outcome)
        gradient = jax.grad(self.potential)
        return reached(lambda x: jnp.sum(one * gradient(self.sold + x * one)), price, jnp.asarray(self.scale, float))

    def shares_for(self, outcome: Int[Numbers, ""], spend: Float[Numbers, ""]) -> Float[Numbers, ""]:
        """Found by halving: the cost rises with the shares."""
        one = self._one(outcome)
        size = jnp.abs(self.potential(self.sold))
        return reached(lambda x: self.cost(x * one), spend, jnp.asarray(self.scale, float), size)

    def _one(self, outcome: Int[Numbers, ""]) -> Array:
        return (jnp.arange(self.sold.shape[0]) == outcome).astype(float)


@in_double
def _gradient(maker: AbstractCostFunction) -> Numbers:
    if maker.sold.ndim > 1:  # many makers
        return jax.vmap(lambda one: one.prices)(maker)
    return jax.grad(maker.potential)(jnp.asarray(maker.sold, float))
