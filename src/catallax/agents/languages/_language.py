"""What a language of agents must offer."""

from __future__ import annotations

import abc

import equinox as eqx
from jaxtyping import Array, Key

from catallax.core import AbstractAgent


class AbstractLanguage(eqx.Module):
    """Programs of one kind: drawn at random, mutated, read."""

    @abc.abstractmethod
    def random(self, key: Key[Array, ""]) -> AbstractAgent:
        """A random individual, a novice; traceable."""

    @abc.abstractmethod
    def mutate(self, key: Key[Array, ""], individual: AbstractAgent) -> AbstractAgent:
        """A changed copy, a novice; traceable."""

    @abc.abstractmethod
    def readable(self, individual: AbstractAgent) -> str:
        """The individual as text."""
