"""Tâtonnement: an auctioneer raises the prices of what is asked for too much and lowers the others."""

# no postponed annotations here: equinox must see the fields' types itself

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from catallax.core import AbstractEquilibrium, AbstractValuation, Equilibrium
from catallax.equilibria._adjustments import AbstractAdjustment, MultiplicativeAdjustment
from catallax.equilibria._caps import AbstractCap, FisherCap
from catallax.equilibria._certificate import certify, cleared
from catallax.equilibria._demand import demand
from catallax.equilibria._exchange import AbstractExchange, certify_exchange

Excess = Callable[[Float[Array, " goods"]], Float[Array, " goods"]]
"""From prices to excess demand, as a share of the supply."""


class Tatonnement(AbstractEquilibrium, AbstractExchange):
    """Prices follow the excess demand in rounds in which nobody trades, until markets clear.

    Reaches the equilibrium with a small enough step where goods are gross substitutes, and with complements too where incomes
    do not depend on prices, since then it descends the convex dual of the planner's problem. In an exchange of complements it may go
    round for ever (Scarf 1960). For the valuations that `demand` knows. For small steps and many rounds: a model of how prices come
    about, not a fast method.

    Source: Walras (1874); Arrow, Block and Hurwicz (1959), gross substitutes.
    """

    adjustment: AbstractAdjustment = MultiplicativeAdjustment()
    """How prices follow."""
    tol: float = 1e-6
    """Largest gap; the search ends at a quarter of it in excess demand."""
    steps: int = eqx.field(static=True, default=20_000)
    """Rounds at most."""

    def solve(
        self,
        valuation: AbstractValuation,
        supply: Float[Array, " goods"],
        budgets: Float[Array, " agents"],
        cap: AbstractCap,
    ) -> Equilibrium:
        """See `AbstractEquilibrium.solve`; begins with prices at which the money would buy everything.

        Raises:
            TypeError: for a valuation that `demand` does not know.
        """

        def asked(prices: Array) -> Array:
            return demand(valuation, prices, budgets, cap)

        begin = jnp.sum(budgets) / supply.size / supply
        prices, rounds = self.search(lambda prices: jnp.sum(asked(prices), 0) / supply - 1, begin)
        bundles = cleared(asked(prices), supply)
        return certify(valuation, supply, budgets, cap, prices, bundles, tol=self.tol, iterations=rounds)

    def exchange(self, valuation: AbstractValuation, endowments: Float[Array, "agents goods"]) -> Equilibrium:
        """See `AbstractExchange.exchange`; begins with prices at which all supplies cost the same.

        Raises:
            TypeError: for a valuation that `demand` does not know.
        """
        supply = jnp.sum(endowments, 0)
        prices, rounds = self.search(
            lambda prices: exchange_excess(valuation, endowments, prices), 1 / supply / supply.size
        )
        bundles = cleared(demand(valuation, prices, endowments @ prices, FisherCap()), supply)
        return certify_exchange(valuation, endowments, prices, bundles, tol=self.tol, iterations=rounds)

    def search(self, excess: Excess, begin: Float[Array, " goods"]) -> tuple[Float[Array, " goods"], Int[Array, ""]]:
        """Prices at which markets clear, or those after the last round, and the rounds."""

        def unsold(carry: tuple[Array, Array, Array]) -> Array:
            prices, excess, count = carry
            # what is left over may be, where it costs nothing
            worth = prices / jnp.sum(prices)
            return (jnp.max(jnp.maximum(excess, -excess * worth)) > self.tol / 4) & (count < self.steps)

        def follow(carry: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
            prices, now, count = carry
            prices = self.adjustment.adjust(prices, now)
            return prices, excess(prices), count + 1

        prices, _, rounds = jax.lax.while_loop(unsold, follow, (begin, excess(begin), jnp.asarray(0)))
        return prices, rounds

    def path(self, excess: Excess, begin: Float[Array, " goods"], rounds: int) -> Float[Array, "rounds goods"]:
        """Prices round by round, the first ones included.

        Args:
            excess: of the demand, as a share of the supply; of an exchange: `exchange_excess`.
            begin: credits per unit.
            rounds: how many follow.

        >>> import jax.numpy as jnp
        >>> Tatonnement(MultiplicativeAdjustment(0.5)).path(lambda p: 1 / p - 1, jnp.array([2.0]), 2).round(2).tolist()
        [[2.0], [1.5], [1.25]]
        """

        def follow(prices: Array, _: Any) -> tuple[Array, Array]:
            prices = self.adjustment.adjust(prices, excess(prices))
            return prices, prices

        begin = jnp.asarray(begin)
        _, after = jax.lax.scan(follow, begin, None, length=rounds)
        return jnp.concatenate([begin[None], after])


def exchange_excess(
    valuation: AbstractValuation, endowments: Float[Array, "agents goods"], prices: Float[Array, " goods"]
) -> Float[Array, " goods"]:
    """What an exchange asks for at the prices beyond what there is, as a share of it.

    Args:
        valuation: one that `demand` knows.
        endowments: units that each agent owns.
        prices: credits per unit.

    >>> import jax.numpy as jnp, catallax as cx
    >>> halves = cx.valuations.CobbDouglas(jnp.ones((2, 2)))
    >>> exchange_excess(halves, jnp.eye(2), jnp.array([2.0, 1.0])).round(3).tolist()
    [-0.25, 0.5]
    """
    asked = demand(valuation, prices, endowments @ prices, FisherCap())
    return jnp.sum(asked, 0) / jnp.sum(endowments, 0) - 1
