"""Distributions of a number, one for each row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import ndtr

ROOT = np.sqrt(2 * np.pi)


@dataclass(frozen=True)
class Mixture:
    """Normal distributions, weighted."""

    weights: Float[np.ndarray, " parts"]
    means: Float[np.ndarray, "rows parts"]
    deviations: Float[np.ndarray, "*rows parts"]

    def mean(self) -> Float[np.ndarray, " rows"]:
        """Expected number."""
        return self.means @ self.weights

    def cdf(self, values: Float[np.ndarray, "rows values"]) -> Float[np.ndarray, "rows values"]:
        """Probability of at most a value."""
        return np.einsum("rvp,p->rv", ndtr(self._scaled(values)), self.weights)

    def density(self, values: Float[np.ndarray, "rows values"]) -> Float[np.ndarray, "rows values"]:
        """Probability per unit."""
        spread = np.broadcast_to(self.deviations, self.means.shape)[:, None]
        return np.einsum("rvp,p->rv", np.exp(-0.5 * self._scaled(values) ** 2) / (ROOT * spread), self.weights)

    def quantile(self, level: float) -> Float[np.ndarray, " rows"]:
        """By halving, between the means less and plus ten deviations."""
        low = (self.means - 10 * self.deviations).min(1)
        high = (self.means + 10 * self.deviations).max(1)
        for _ in range(60):
            middle = (low + high) / 2
            under = self.cdf(middle[:, None])[:, 0] < level
            low, high = np.where(under, middle, low), np.where(under, high, middle)
        return (low + high) / 2

    def _scaled(self, values: np.ndarray) -> np.ndarray:
        spread = np.broadcast_to(self.deviations, self.means.shape)[:, None]
        return (values[..., None] - self.means[:, None]) / spread


@dataclass(frozen=True)
class Bins:
    """Probabilities of bins, spread evenly within each."""

    edges: Float[np.ndarray, " edges"]
    mass: Float[np.ndarray, "rows bins"]

    def mean(self) -> Float[np.ndarray, " rows"]:
        """Expected number."""
        return self.mass @ (self.edges[1:] + self.edges[:-1]) / 2

    def cdf(self, values: Float[np.ndarray, "rows values"]) -> Float[np.ndarray, "rows values"]:
        """Probability of at most a value."""
        return np.stack([np.interp(v, self.edges, upto) for v, upto in zip(values, self._upto(), strict=True)])

    def density(self, values: Float[np.ndarray, "rows values"]) -> Float[np.ndarray, "rows values"]:
        """Probability per unit; 0 outside."""
        place = np.clip(np.searchsorted(self.edges, values, side="right") - 1, 0, self.mass.shape[1] - 1)
        inside = (values >= self.edges[0]) & (values <= self.edges[-1])
        return np.where(inside, np.take_along_axis(self.mass, place, 1) / np.diff(self.edges)[place], 0.0)

    def quantile(self, level: float) -> Float[np.ndarray, " rows"]:
        """Where the probability below is the level."""
        return np.array([np.interp(level, upto, self.edges) for upto in self._upto()])

    def _upto(self) -> np.ndarray:
        return np.concatenate([np.zeros((len(self.mass), 1)), np.cumsum(self.mass, 1)], 1)
