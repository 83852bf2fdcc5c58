"""To whom rules listen and whom they speak to: what is fixed in the first letter of their parts."""

from __future__ import annotations

import abc

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, UInt32

from catallax.agents.classifiers._messages import MessageRules


class AbstractWiring(eqx.Module):
    """What every rule has in common."""

    @abc.abstractmethod
    def dress(self, rules: MessageRules) -> MessageRules:
        """Random rules, made to fit."""

    @abc.abstractmethod
    def open(self, length: int) -> UInt32[Array, ""]:
        """The letters that mutation may change."""


class Reflexes(AbstractWiring):
    """Every rule reads the detectors and speaks to the effector, as in the classifier system of Goldberg (1989)."""

    def dress(self, rules: MessageRules) -> MessageRules:
        """See `AbstractWiring.dress`."""
        return rules._replace(value=rules.value | 1, care=rules.care | 1)

    def open(self, length: int) -> UInt32[Array, ""]:
        """All but the first."""
        return jnp.asarray((1 << length) - 2, jnp.uint32)


class Free(AbstractWiring):
    """Rules may also read and write messages to each other, as in Holland (1986)."""

    def dress(self, rules: MessageRules) -> MessageRules:
        """See `AbstractWiring.dress`."""
        return rules

    def open(self, length: int) -> UInt32[Array, ""]:
        """All."""
        return jnp.asarray((1 << length) - 1, jnp.uint32)
