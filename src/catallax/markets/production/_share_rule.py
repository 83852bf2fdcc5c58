"""The exchangeable part that moves shares towards higher welfare."""

# no postponed annotations here: equinox must see the abstract methods' owner itself

import abc
from collections.abc import Callable
from typing import Any

import equinox as eqx
from jaxtyping import Array, Float

from catallax.markets.production._economy import Shares
from catallax.markets.production._simplices import Simplices

Welfare = Callable[[Array], Array]


def positive(part: str, tau: Any = 0.0, **fields: Any) -> None:
    """Refuse rates that are not above 0, and a temperature below 0, as far as they are known.

    Raises:
        ValueError: naming the field.
    """
    for name, value in fields.items():
        if isinstance(value, float | int) and not value > 0:
            raise ValueError(f"{part}: {name} must be above 0, got {value}.")
    if isinstance(tau, float | int) and not tau >= 0:
        raise ValueError(f"{part}: tau must be at least 0, got {tau}.")


class AbstractShareRule(eqx.Module):
    """One step of shares along the gradient `c`; the same rule serves the planner, and firms that see their own revenue alone.

    A rule reads nothing but each distribution's own shares and revenues, unless it asks for welfare.
    """

    @abc.abstractmethod
    def init(self, splits: Simplices, shares: Shares) -> Any:
        """The rule's state at some shares."""

    @abc.abstractmethod
    def shares(self, splits: Simplices, state: Any) -> Float[Array, "edges goods"]:
        """Where the state stands; 0 outside the distributions."""

    @abc.abstractmethod
    def update(self, splits: Simplices, state: Any, gradient: Shares, welfare: Welfare) -> Any:
        """The state after a step.

        Args:
            splits: the distributions that are chosen.
            state: before.
            gradient: `c_ij`, credits.
            welfare: of shares, credits; for rules that look before they leap.
        """
