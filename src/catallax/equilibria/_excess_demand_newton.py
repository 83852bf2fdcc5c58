"""Exchange with Cobb-Douglas, CES and Leontief valuations: Newton's method on the excess demand, goods by goods."""

from __future__ import annotations

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from catallax.core import AbstractValuation, Equilibrium
from catallax.equilibria._certificate import cleared
from catallax.equilibria._exchange import AbstractExchange, certify_exchange
from catallax.equilibria._mehrotra import slopes_alone
from catallax.equilibria.valuations import AbstractSmooth


class ExcessDemandNewton(AbstractExchange):
    """Newton's method on the logarithms of the prices, in `O(agents goods^2)` an iteration.

    With incomes `w_a = p e_a`, shares of spending `b_aj = p_j d_aj(p) / e_a(p)` and supplies of 1 it solves
    `f_j = sum_a w_a b_aj - p_j = 0`, whose slopes with respect to `log p_k` are

        sum_a (b_aj e_ak p_k - (1 - s_a) w_a b_aj b_ak) + ((1 - s_a) w_a b_aj - p_j) [j = k].

    Where goods are gross substitutes (elasticities `s_a` of at least 1) minus the slopes are a weighted graph's Laplacian, so that each
    step leads down until the only equilibrium is reached. With complements it may end where no step leads down, and the
    certificate tells; `EquilibriumPath` goes further.

    Source: Arrow and Hahn (1971), excess demand; the slopes follow from those of the shares.
    """

    tol: float = 1e-6
    """Largest gap and clearing error, a share of all incomes."""
    steps: int = eqx.field(static=True, default=100)
    """Iterations at most, from equal prices."""

    def exchange(self, valuation: AbstractValuation, endowments: Float[Array, "agents goods"]) -> Equilibrium:
        """See `AbstractExchange.exchange`; needs `Leontief`, `CobbDouglas` or `CES`.

        Raises:
            TypeError: for another valuation.
        """
        if not isinstance(valuation, AbstractSmooth):
            raise TypeError(
                f"ExcessDemandNewton: expected valuations.Leontief, CobbDouglas or CES, got {type(valuation).__name__}; leave "
                "`method` out to get one that fits."
            )
        economy = Economy(valuation, endowments)
        held = jax.lax.stop_gradient(economy)
        # far below the tolerance, since the last steps square the error, but not below what can be counted
        goal = jnp.maximum(1e-4 * self.tol, 8 * jnp.finfo(endowments.dtype).eps)
        found = descended(held, jnp.zeros_like(economy.supply), goal, self.steps)
        # one more step would change nothing; its derivatives are those of the implicit function theorem
        step = direction(held, found.logs, economy.excess(found.logs))
        prices = economy.prices(found.logs + slopes_alone(step))
        incomes = endowments @ prices
        bundles = (incomes / valuation.unit_cost(prices))[:, None] * valuation.unit_demand(prices)
        bundles = cleared(bundles, economy.supply)
        return certify_exchange(valuation, endowments, prices, bundles, tol=self.tol, iterations=found.count)


class Economy(eqx.Module):
    """The exchange in logarithms of the worth of whole supplies, which adds up to 1."""

    valuation: AbstractSmooth
    endowments: Float[Array, "agents goods"]

    @property
    def supply(self) -> Float[Array, " goods"]:
        """Units."""
        return jnp.sum(self.endowments, 0)

    def prices(self, logs: Float[Array, " goods"]) -> Float[Array, " goods"]:
        """Credits per unit."""
        return jax.nn.softmax(logs) / self.supply

    def shares(self, logs: Float[Array, " goods"]) -> Float[Array, "agents goods"]:
        """Of its income that each agent spends on each good."""
        prices = self.prices(logs)
        return prices[None, :] * self.valuation.unit_demand(prices) / self.valuation.unit_cost(prices)[:, None]

    def excess(self, logs: Float[Array, " goods"]) -> Float[Array, " goods"]:
        """What is bid for each good less what it costs, as a share of all incomes; adds up to 0 (Walras' law)."""
        return (self.endowments @ self.prices(logs)) @ self.shares(logs) - jax.nn.softmax(logs)

    def slopes(self, logs: Float[Array, " goods"]) -> Float[Array, "goods goods"]:
        """Of the excess, by the logarithms."""
        prices, shares = self.prices(logs), self.shares(logs)
        weight = (1 - self.valuation.substitution()) * (self.endowments @ prices)
        earned = shares.T @ (self.endowments * prices[None, :])
        return earned - shares.T @ (weight[:, None] * shares) + jnp.diag(weight @ shares - jax.nn.softmax(logs))


class Search(NamedTuple):
    """Where the search stands."""

    logs: Float[Array, " goods"]
    error: Float[Array, ""]
    """Sum of the absolute excess, money."""
    stuck: Array
    count: Int[Array, ""]


def direction(economy: Economy, logs: Float[Array, " goods"], excess: Float[Array, " goods"]) -> Float[Array, " goods"]:
    """Newton's step; the level of all prices, of which there is one too many, stays."""
    prices = jax.nn.softmax(logs)
    # good by good as a share of its price: the row of a good that is nearly free must not drown
    return jnp.linalg.solve(prices[None, :] - economy.slopes(logs) / prices[:, None], excess / prices)


def advance(economy: Economy, at: Search) -> Search:
    """One step, as long as it leads down."""
    excess = economy.excess(at.logs)
    step = direction(economy, at.logs, excess)
    # where the slopes say nothing: towards what is asked for
    step = jnp.where(jnp.all(jnp.isfinite(step)), step, excess / jax.nn.softmax(at.logs))
    longest = 2 / jnp.maximum(jnp.max(jnp.abs(step)), 2.0)  # at most a factor of e^2

    def error(length: Array) -> Array:
        return jnp.sum(jnp.abs(economy.excess(at.logs + length * step)))

    def uphill(length: Array) -> Array:
        return ~(error(length) <= (1 - 1e-4 * length) * at.error) & (length > 1e-8)

    length = jax.lax.while_loop(uphill, lambda length: length / 2, longest)
    now = error(length)
    better = now < at.error
    logs = jnp.where(better, at.logs + length * step, at.logs)
    return Search(logs, jnp.where(better, now, at.error), ~better, at.count + 1)


def descended(economy: Economy, logs: Float[Array, " goods"], goal: Any, steps: int) -> Search:
    """Where the steps lead from some prices."""
    begin = Search(logs, jnp.sum(jnp.abs(economy.excess(logs))), jnp.asarray(False), jnp.asarray(0))
    return jax.lax.while_loop(
        lambda at: (at.error > goal) & ~at.stuck & (at.count < steps), lambda at: advance(economy, at), begin
    )


def unsold(economy: Economy, logs: Float[Array, " goods"]) -> Float[Array, ""]:
    """Clearing error: where a price is all but 0 its good may be left over, but not be missing."""
    excess = economy.excess(logs)
    return jnp.max(jnp.maximum(excess / jax.nn.softmax(logs), -excess))
