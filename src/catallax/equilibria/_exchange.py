"""Nobody has money: agents own goods, and what these fetch is what they can spend (Arrow-Debreu exchange)."""

# no postponed annotations here: equinox must see the abstract methods' owner itself

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.core import Tracer
from jaxtyping import Array, Float, Int

from catallax.core import AbstractValuation, Equilibrium, Status
from catallax.equilibria._caps import FisherCap
from catallax.equilibria._certificate import bounds, clearing_error, unsold


class AbstractExchange(eqx.Module):
    """How goods are priced that the agents themselves own."""

    @abc.abstractmethod
    def exchange(self, valuation: AbstractValuation, endowments: Float[Array, "agents goods"]) -> Equilibrium:
        """Prices and bundles such that each bundle is the best one that the own goods pay for.

        Args:
            valuation: of bundles.
            endowments: units that each agent owns.
        """


def certify_exchange(
    valuation: AbstractValuation,
    endowments: Float[Array, "agents goods"],
    prices: Float[Array, " goods"],
    bundles: Float[Array, "agents goods"],
    *,
    tol: Float[Array, ""] | float,
    iterations: Int[Array, ""] | int = 0,
) -> Equilibrium:
    """The equilibrium of an exchange that prices and bundles are, with what is wrong with them.

    With incomes `w_a = p e_a` the gap adds up what everybody lacks, `w_a - e_a(p) v_a(x_a)` (of what is not homogeneous: a bound
    by its tangent), what is spent above the incomes and what is not sold, as a share of all incomes. It is 0 at an
    equilibrium alone, and grows in proportion to what is wrong.

    Args:
        valuation: of bundles.
        endowments: units that each agent owns.
        prices: credits per unit.
        bundles: units.
        tol: largest gap and clearing error that count as solved.
        iterations: told in the result.
    """
    supply, incomes, payments = jnp.sum(endowments, 0), endowments @ prices, bundles @ prices
    _, _, regret = bounds(valuation, supply, incomes, FisherCap(), prices, bundles, payments)
    money = jnp.sum(incomes)
    gap = (jnp.sum(regret) + unsold(supply, prices, bundles)) / money
    gap = jnp.where(jnp.any(prices < 0), jnp.inf, gap)
    error = clearing_error(supply, prices, bundles, money)
    good = (gap <= tol) & (error <= tol)
    return Equilibrium(
        prices, bundles, payments, gap, error, jnp.max(regret) / money,
        jnp.asarray(iterations), jnp.where(good, Status.SOLVED, Status.NOT_CONVERGED),
    )  # fmt: skip


def in_one_credit(found: Equilibrium, endowments: Float[Array, "agents goods"]) -> Equilibrium:
    """The same equilibrium at prices at which everything together is worth one credit: only ratios matter in an exchange."""
    scale = 1 / jnp.sum(endowments @ found.prices)
    return found._replace(prices=found.prices * scale, payments=found.payments * scale)


def is_traced(*trees: object) -> bool:
    """Whether a number in here is not known yet."""
    return any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(trees))
