"""Where the genetic algorithm breeds."""

from __future__ import annotations

import abc

import equinox as eqx
from jaxtyping import Array, Bool


class AbstractNiche(eqx.Module):
    """The rules among which parents are sought."""

    @abc.abstractmethod
    def of(self, matched: Bool[Array, " rows"], chosen: Bool[Array, " rows"]) -> Bool[Array, " rows"]:
        """The niche.

        Args:
            matched: the match set.
            chosen: the action set.
        """


class ActionSet(AbstractNiche):
    """The action set.

    Source: Wilson (1998).
    """

    def of(self, matched: Bool[Array, " rows"], chosen: Bool[Array, " rows"]) -> Bool[Array, " rows"]:
        """The action set."""
        return chosen


class MatchSet(AbstractNiche):
    """The match set, whatever its rules do.

    Source: Wilson (1995), "niches defined by the match sets".
    """

    def of(self, matched: Bool[Array, " rows"], chosen: Bool[Array, " rows"]) -> Bool[Array, " rows"]:
        """The match set."""
        return matched
