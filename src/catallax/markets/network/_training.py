"""What a way of training a network market is."""

# no postponed annotations here: equinox must see the abstract methods' owner itself

import abc

import equinox as eqx
from jaxtyping import Array, Float, Key, PyTree

from catallax.markets.network._market import NetworkMarket
from catallax.markets.network._plant import Table

Record = dict[str, Array]
"""What a period says of itself, by name; each training has names of its own, `loss` and `multiply_adds` are everybody's."""


class AbstractTraining(eqx.Module):
    """A way to train a market of firms on a table of labelled rows, one period after the other.

    Pure functions, so that seeds are a `vmap` and periods a scan.
    """

    @abc.abstractmethod
    def init(self, key: Key[Array, ""], table: Table) -> PyTree:
        """The state before the first period."""

    @abc.abstractmethod
    def period(self, key: Key[Array, ""], state: PyTree, table: Table) -> tuple[PyTree, Record]:
        """The state one period later, and what happened."""

    @abc.abstractmethod
    def cost(self, state: PyTree, table: Table) -> Float[Array, ""]:
        """Multiply-adds of the next period."""

    @abc.abstractmethod
    def outputs(self, state: PyTree, x: Float[Array, "samples features"]) -> Float[Array, "samples classes"]:
        """Logits of a batch."""

    @abc.abstractmethod
    def market(self, state: PyTree, features: int) -> NetworkMarket:
        """The living firms in the shapes that they need, on the host.

        Args:
            state: after any period, without a seeds axis.
            features: how many are real.
        """
