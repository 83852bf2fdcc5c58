"""What a system does when it explores."""

from __future__ import annotations

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, Key


class AbstractExploration(eqx.Module):
    """Chooses between an action drawn beforehand and the best one."""

    @abc.abstractmethod
    def random(self, key: Key[Array, ""]) -> Bool[Array, ""]:
        """Whether this action of an explore problem is the drawn one, and not the best.

        Args:
            key: consumed.
        """


class Uniform(AbstractExploration):
    """Every action of an explore problem is drawn, all alike.

    Source: Wilson (1995), section 4.
    """

    def random(self, key: Key[Array, ""]) -> Bool[Array, ""]:
        """Always."""
        return jnp.ones((), bool)


class Biased(AbstractExploration):
    """An action of an explore problem is drawn with probability `share`, else it is the best.

    Source: suggested by Wilson, described in Lanzi (1999), section 4.3; 0.5 there, as recalled.
    """

    share: float = 0.5

    def __check_init__(self) -> None:
        if isinstance(self.share, float | int) and not 0 <= self.share <= 1:
            raise ValueError(f"Biased: share must be a probability, got {self.share}.")

    def random(self, key: Key[Array, ""]) -> Bool[Array, ""]:
        """With probability `share`."""
        return jax.random.bernoulli(key, self.share)


def chosen_action(
    drawn: Int[Array, ""], best: Int[Array, ""], explores: Bool[Array, ""], at_random: Bool[Array, ""]
) -> Int[Array, ""]:
    """The drawn action where an explore problem asks for it, else the best.

    Args:
        drawn: action drawn at random, its index.
        best: action of the highest prediction, its index.
        explores: whether this is a problem to explore in.
        at_random: whether exploring takes the drawn action.
    """
    return jnp.where(explores & at_random, drawn, best)
