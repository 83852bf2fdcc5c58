"""How prices follow what is asked for: one rule a class."""

# no postponed annotations here: equinox must see the abstract methods' owner itself

import abc

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float


class AbstractAdjustment(eqx.Module):
    """From prices and excess demand to the prices of the next round."""

    @abc.abstractmethod
    def adjust(self, prices: Float[Array, " goods"], excess: Float[Array, " goods"]) -> Float[Array, " goods"]:
        """The next prices.

        Args:
            prices: credits per unit.
            excess: what is asked for beyond the supply, as a share of the supply.
        """


class AdditiveAdjustment(AbstractAdjustment):
    """`p_j <- p_j + step z_j`, with `z_j` the excess demand as a share of the supply.

    No price falls by more than nine tenths in a round, so that all stay above 0.

    Source: Samuelson (1941), Walras' tâtonnement in rounds.

    >>> import jax.numpy as jnp
    >>> AdditiveAdjustment(0.5).adjust(jnp.array([1.0, 1.0]), jnp.array([1.0, -1.0])).tolist()
    [1.5, 0.5]
    """

    step: float = 0.05
    """Credits per unit, for an excess of the whole supply."""

    def adjust(self, prices: Float[Array, " goods"], excess: Float[Array, " goods"]) -> Float[Array, " goods"]:
        return jnp.maximum(prices + self.step * excess, prices / 10)


class MultiplicativeAdjustment(AbstractAdjustment):
    """`p_j <- p_j (1 + step min(1, z_j))`, with `z_j` the excess demand as a share of the supply.

    Source: Cole and Fleischer (2008).

    >>> import jax.numpy as jnp
    >>> MultiplicativeAdjustment(0.5).adjust(jnp.array([1.0, 2.0]), jnp.array([9.0, -0.5])).tolist()
    [1.5, 1.5]
    """

    step: float = 0.2
    """Share of the price, for an excess of the whole supply or more."""

    def adjust(self, prices: Float[Array, " goods"], excess: Float[Array, " goods"]) -> Float[Array, " goods"]:
        return prices * (1 + self.step * jnp.minimum(excess, 1))
