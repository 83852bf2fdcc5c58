"""Many goods at once: what bundles are worth, and prices at which everybody gets the best bundle."""

# no postponed annotations here: equinox must see the abstract methods' owner itself

import abc
import enum
from typing import Any, NamedTuple

import equinox as eqx
from jaxtyping import Array, Float, Int


class Status(enum.IntEnum):
    """How an equilibrium solver ended."""

    SOLVED = 0
    """The certificate is within the tolerance."""
    NOT_CONVERGED = 1
    """It is not; prices and bundles are the best found, and `gap` says how good."""
    NO_WALRASIAN = 2
    """No prices support any allocation."""
    NOT_CONCAVE = 3
    """A valuation curves upwards somewhere, so that nothing certifies the result; `gap` is infinite."""


class AbstractValuation(eqx.Module):
    """What bundles are worth to agents, all agents stacked."""

    @property
    @abc.abstractmethod
    def shape(self) -> tuple[int, int]:
        """Numbers of agents and goods."""

    @abc.abstractmethod
    def value(self, bundles: Float[Array, "agents goods"]) -> Float[Array, " agents"]:
        """Credits that each agent's bundle is worth to it."""


class Equilibrium(NamedTuple):
    """Prices and bundles, with a certificate that does not ask how they were found."""

    prices: Float[Array, " goods"]
    """Credits per unit."""
    bundles: Float[Array, "agents goods"]
    """Units; they add up to the supply."""
    payments: Float[Array, " agents"]
    """Credits: prices times bundle."""
    gap: Float[Array, ""]
    """Upper bound of how far the allocation is from the best one, as a share of what is at stake; at least 0 up to rounding."""
    clearing_error: Float[Array, ""]
    """Largest excess demand, amount below 0 or unsold priced supply of any good, as a share of its supply or of what is at stake."""
    regret: Float[Array, ""]
    """The most that any agent could gain by another bundle at these prices, or spends above its budget, as a share of what is at stake."""
    iterations: Int[Array, ""]
    status: Int[Array, ""]
    """A `Status`."""


class AbstractEquilibrium(eqx.Module):
    """How goods are priced together."""

    @abc.abstractmethod
    def solve(
        self, valuation: AbstractValuation, supply: Float[Array, " goods"], budgets: Float[Array, " agents"], cap: Any
    ) -> Equilibrium:
        """Prices and bundles such that the supply is sold and each bundle is a best one.

        Args:
            valuation: of bundles.
            supply: units of each good, at least 0.
            budgets: credits of each agent, at least 0.
            cap: what a budget means.
        """
