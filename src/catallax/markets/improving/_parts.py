"""What attributions and adjustments have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

Objective = Callable[[Float[Array, "nodes knobs"], Float[Array, " nodes"]], Float[Array, ""]]
"""From influences, and who is present (1) or away (0), to what is to grow; differentiable if its gradient is asked for."""


class Credit(NamedTuple):
    """What the nodes of a network are held to have contributed."""

    worth: Float[Array, " nodes"]
    """Units of the objective."""
    rate: Float[Array, "nodes knobs"]
    """Units of the objective for a unit of influence: a price, `worth = sum_k rate_k influence_k`, if the attribution has one."""


ROUNDING = 1e-6
"""Squared influence below which a price fades to 0: a worth found as a difference is rounded, and would be divided by nearly nothing."""


def implied(worth: Float[Array, " nodes"], influence: Float[Array, "nodes knobs"]) -> Float[Array, "nodes knobs"]:
    """The least prices at which influences are worth that much: `rate = worth w / (|w|^2 + 1e-6)`.

    Args:
        worth: of every node, in units of the objective.
        influence: knobs of every node.

    Returns:
        Price of a unit of each knob.

    >>> implied(jnp.array([2.0]), jnp.array([[1.0, 1.0]])).round(4).tolist()
    [[1.0, 1.0]]
    """
    return (worth / (jnp.sum(influence**2, axis=1) + ROUNDING))[:, None] * influence


class AbstractAttribution(eqx.Module):
    """Measures what every node contributes to the objective."""

    def init(self, influence: Float[Array, "nodes knobs"]) -> Any:
        """What is remembered from step to step; nothing, unless a kind says otherwise."""
        return ()

    @abstractmethod
    def attribute(
        self, key: Key[Array, ""], objective: Objective, influence: Float[Array, "nodes knobs"], memory: Any
    ) -> tuple[Credit, Any]:
        """Credits, and what is remembered.

        Args:
            key: consumed.
            objective: what is to grow.
            influence: of the nodes.
            memory: from the step before.
        """

    @abstractmethod
    def cost(self, nodes: int) -> int:
        """Evaluations of the objective that an attribution takes; a gradient counts as three."""


class AbstractAdjustment(eqx.Module):
    """Gives nodes more or less influence, by their credit."""

    @abstractmethod
    def adjust(
        self, key: Key[Array, ""], influence: Float[Array, "nodes knobs"], credit: Credit
    ) -> Float[Array, "nodes knobs"]:
        """The new influences.

        Args:
            key: consumed.
            influence: until now.
            credit: of the nodes.
        """
