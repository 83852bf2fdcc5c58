"""What can be seen of a latent variable: indicators and how they depend on it."""

from __future__ import annotations

import abc
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize
from scipy.special import log_ndtr

I = TypeVar("I", bound="AbstractIndicator")
Points = Float[np.ndarray, "nodes latents"]
Counts = Float[np.ndarray, "nodes values"]


@dataclass(frozen=True)
class AbstractIndicator(abc.ABC):
    """A quantity with finitely many values that will be seen, and the probability of each at every node of the latent variable."""

    @property
    @abc.abstractmethod
    def values(self) -> Float[np.ndarray, " values"]:
        """What can be seen, in rising order."""

    @abc.abstractmethod
    def log_table(self, points: Points) -> Float[np.ndarray, "nodes values"]:
        """`ln P(X = v | z)`."""

    @abc.abstractmethod
    def fitted(self: I, points: Points, counts: Counts) -> I:
        """The likeliest parameters.

        Args:
            points: nodes.
            counts: how often each value was seen at each node; of an expectation, so not whole.
        """

    @abc.abstractmethod
    def climbed(self: I, points: Points, counts: Counts, rate: float | int) -> I:
        """A step along the gradient of the mean log likelihood."""

    @abc.abstractmethod
    def tilted(self: I, points: Points, loading: Float[np.ndarray, " latents"]) -> I:
        """As it is, and a little dependent on the latent variable: where learning begins."""

    @abc.abstractmethod
    def blended(self: I, other: I, share: float | int) -> I:
        """Parameters on the way to another: 0 is here, 1 is there."""

    @property
    def loadings(self) -> Float[np.ndarray, " latents"] | None:
        """Slope in each latent variable; None without such a parameter."""
        return None

    def mapped(self: I, centre: Float[np.ndarray, " latents"], basis: Float[np.ndarray, "latents latents"]) -> I:
        """The same where the nodes have the coordinates `z'` of `z = centre + basis z'`."""
        return self

    def code(self, value: float | int) -> int:
        """Place of a value that was seen.

        Raises:
            ValueError: if it cannot be seen.
        """
        found = np.flatnonzero(self.values == value)
        if not found.size:
            raise ValueError(f"{type(self).__name__}: expected one of the values {self.values.tolist()}, got {value}.")
        return int(found[0])


@dataclass(frozen=True)
class Binary(AbstractIndicator):
    """Yes or no: `P(X=1 | z) = sigmoid(alpha + lambda . z)`, the two-parameter logistic model of item responses (Birnbaum 1968)."""

    alpha: float | int
    """Log odds at z = 0."""
    slopes: tuple[float | int, ...]
    """`lambda`, log odds per unit of each latent variable."""
    ridge: float | int = 1e-3
    """Weight of `-lambda^2 / 2` beside the log likelihood of a fit: keeps slopes finite where the data are separated."""

    def __post_init__(self) -> None:
        if not np.all(np.isfinite([self.alpha, *self.slopes])) or not self.slopes or not self.ridge > 0:
            raise ValueError(
                f"Binary: alpha and one slope for each latent variable must be finite and the ridge above 0, got {self}."
            )

    @property
    def values(self) -> Float[np.ndarray, " values"]:
        return np.array([0.0, 1.0])

    @property
    def loadings(self) -> Float[np.ndarray, " latents"]:
        return np.asarray(self.slopes)

    def log_table(self, points: Points) -> Float[np.ndarray, "nodes values"]:
        odds = self.alpha + points @ self.loadings
        return -np.logaddexp(0.0, np.stack([odds, -odds], 1))

    def fitted(self, points: Points, counts: Counts) -> Binary:
        """Newton's method, halving a step that would lead down."""
        design = np.column_stack([np.ones(len(points)), points])
        penalty = np.r_[1e-9, np.full(points.shape[1], self.ridge)]
        weights, found = counts.sum(1), np.r_[self.alpha, self.slopes]

        def score(parameters: np.ndarray) -> float:
            odds = design @ parameters
            return float(counts[:, 1] @ odds - weights @ np.logaddexp(0, odds) - penalty @ parameters**2 / 2)

        for _ in range(25):
            chance = np.exp(-np.logaddexp(0, -(design @ found)))
            slope = design.T @ (counts[:, 1] - weights * chance) - penalty * found
            curve = (design * (weights * chance * (1 - chance))[:, None]).T @ design + np.diag(penalty)
            step, size = np.linalg.solve(curve, slope), 1.0
            while score(found + size * step) < score(found) and size > 1e-6:
                size /= 2
            found = found + size * step
            if np.abs(size * step).max() < 1e-9:
                break
        return self._with(found)

    def climbed(self, points: Points, counts: Counts, rate: float | int) -> Binary:
        chance = np.exp(self.log_table(points)[:, 1])
        rest = (counts[:, 1] - counts.sum(1) * chance) / max(counts.sum(), 1e-12)
        return self._with(np.r_[self.alpha, self.slopes] + rate * np.r_[rest.sum(), rest @ points])

    def tilted(self, points: Points, loading: Float[np.ndarray, " latents"]) -> Binary:
        return self._with(np.r_[self.alpha, self.loadings + loading])

    def blended(self, other: Binary, share: float | int) -> Binary:
        return self._with((1 - share) * np.r_[self.alpha, self.slopes] + share * np.r_[other.alpha, other.slopes])

    def mapped(self, centre: Float[np.ndarray, " latents"], basis: Float[np.ndarray, "latents latents"]) -> Binary:
        return self._with(np.r_[self.alpha + self.loadings @ centre, basis.T @ self.loadings])

    def _with(self, parameters: Float[np.ndarray, " parameters"]) -> Binary:
        return replace(self, alpha=float(parameters[0]), slopes=tuple(parameters[1:].tolist()))


@dataclass(frozen=True, eq=False)
class Table(AbstractIndicator):
    """Any probabilities: a row of `theta` for each node, a column for each value."""

    theta: Float[np.ndarray, "nodes values"]
    """Positive, rows add up to 1."""
    smoothing: float | int = 1.0
    """Observations that a fit adds at each node, spread as in the whole sample."""

    def __post_init__(self) -> None:
        theta = np.asarray(self.theta, np.float64)
        if theta.ndim != 2 or theta.shape[1] < 2 or not np.all(theta > 0) or np.abs(theta.sum(1) - 1).max() > 1e-6:
            raise ValueError(
                "Table: theta needs a row of at least 2 positive probabilities for each node, adding up to 1."
            )
        object.__setattr__(self, "theta", theta / theta.sum(1, keepdims=True))

    @property
    def values(self) -> Float[np.ndarray, " values"]:
        return np.arange(self.theta.shape[1], dtype=float)

    def log_table(self, points: Points) -> Float[np.ndarray, "nodes values"]:
        if len(points) != len(self.theta):
            raise ValueError(f"Table: theta has {len(self.theta)} rows, the latent variable {len(points)} nodes.")
        return np.log(self.theta)

    def fitted(self, points: Points, counts: Counts) -> Table:
        overall = (counts.sum(0) + 1) / (counts.sum() + counts.shape[1])
        full = counts + self.smoothing * overall
        return replace(self, theta=full / full.sum(1, keepdims=True))

    def climbed(self, points: Points, counts: Counts, rate: float | int) -> Table:
        rest = (counts - counts.sum(1, keepdims=True) * self.theta) / max(counts.sum(), 1e-12)
        return self._with(np.log(self.theta) + rate * rest)

    def tilted(self, points: Points, loading: Float[np.ndarray, " latents"]) -> Table:
        spread = self.values - self.values.mean()
        return self._with(np.log(self.theta) + np.outer(points @ loading, spread / np.abs(spread).max()))

    def blended(self, other: Table, share: float | int) -> Table:
        return self._with((1 - share) * np.log(self.theta) + share * np.log(other.theta))

    def _with(self, logs: Float[np.ndarray, "nodes values"]) -> Table:
        odds = np.exp(logs - logs.max(1, keepdims=True))
        return replace(self, theta=np.maximum(odds / odds.sum(1, keepdims=True), 1e-300))


@dataclass(frozen=True)
class Numeric(AbstractIndicator):
    """A number, `N(mu + lambda . z, s^2)`, read to the nearest step between two ends, beyond which it counts as the end.

    Reading to a step makes densities probabilities: what the house and a trader can lose then has a bound.
    """

    mu: float | int
    slopes: tuple[float | int, ...]
    """`lambda`, per unit of each latent variable."""
    scale: float | int
    """`s`."""
    low: float | int
    high: float | int
    step: float | int

    def __post_init__(self) -> None:
        numbers = [self.mu, *self.slopes, self.scale, self.low, self.high, self.step]
        if (
            not np.all(np.isfinite(numbers))
            or not self.slopes
            or self.scale <= 0
            or self.step <= 0
            or self.high <= self.low
        ):
            raise ValueError(
                f"Numeric: expected finite numbers, one slope for each latent variable, scale and step above 0 and low < high, got {self}."
            )

    @property
    def values(self) -> Float[np.ndarray, " values"]:
        return self.low + self.step * np.arange(round((self.high - self.low) / self.step) + 1)

    @property
    def loadings(self) -> Float[np.ndarray, " latents"]:
        return np.asarray(self.slopes)

    def log_table(self, points: Points) -> Float[np.ndarray, "nodes values"]:
        below, above = self._edges(points)
        # both ends on the side of the normal distribution where its tail keeps its digits
        flip = np.where(np.isfinite(below), below, 0) + np.where(np.isfinite(above), above, 0) > 0
        most = log_ndtr(np.where(flip, -below, above))
        least = log_ndtr(np.where(flip, -above, below))
        return most + np.log1p(-np.exp(np.minimum(least - most, -1e-15)))

    def _edges(self, points: Points) -> tuple[Float[np.ndarray, "nodes values"], Float[np.ndarray, "nodes values"]]:
        """Between which standardised numbers each value is read."""
        middle = self.mu + points @ self.loadings
        inner = (self.values[:-1] + self.step / 2 - middle[:, None]) / self.scale
        ends = np.full((len(points), 1), np.inf)
        return np.hstack([-ends, inner]), np.hstack([inner, ends])

    def code(self, value: float | int) -> int:
        if not np.isfinite(value):
            raise ValueError(f"Numeric: expected a finite number, got {value}.")
        return int(np.clip(round((value - self.low) / self.step), 0, len(self.values) - 1))

    def fitted(self, points: Points, counts: Counts) -> Numeric:
        """Quasi-Newton steps on the probabilities of what is read."""

        def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
            tried = self._with(parameters[:-1], np.exp(parameters[-1]))
            slope, wider = tried._gradient(points, counts)
            # a weak pull keeps slopes finite where nothing was seen
            pull = 1e-6 * parameters
            return 0.5 * float(pull @ parameters) - float((counts * tried.log_table(points)).sum()), pull - np.r_[
                slope, wider
            ]

        limits = [(None, None)] * (1 + len(self.slopes)) + [(np.log(self.step / 10), None)]
        start = np.r_[self.mu, self.slopes, np.log(max(self.scale, self.step / 10))]
        found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=limits).x
        return self._with(found[:-1], np.exp(found[-1]))

    def climbed(self, points: Points, counts: Counts, rate: float | int) -> Numeric:
        """In units of the scale, which itself moves by its logarithm."""
        slope, wider = self._gradient(points, counts)
        size = rate / max(float(counts.sum()), 1e-12)
        moved = np.r_[self.mu, self.slopes] + size * self.scale**2 * slope
        return self._with(moved, max(self.scale * np.exp(size * wider), self.step / 10))

    def _gradient(self, points: Points, counts: Counts) -> tuple[Float[np.ndarray, " parameters"], float]:
        """Of the log likelihood: in mu and the slopes, and in the logarithm of the scale."""
        logs = self.log_table(points)
        edges = [(np.where(np.isfinite(at), at, 0.0), np.isfinite(at)) for at in self._edges(points)]
        (low, high), (up, down) = (
            (at for at, _ in edges),
            (np.where(inside, np.exp(-(at**2) / 2 - logs) / np.sqrt(2 * np.pi), 0.0) for at, inside in edges),
        )
        moved = (counts * (up - down)).sum(1) / self.scale
        return np.r_[moved.sum(), moved @ points], float((counts * (low * up - high * down)).sum())

    def tilted(self, points: Points, loading: Float[np.ndarray, " latents"]) -> Numeric:
        return self._with(np.r_[self.mu, self.loadings + self.scale * loading / 2], self.scale)

    def blended(self, other: Numeric, share: float | int) -> Numeric:
        middle = (1 - share) * np.r_[self.mu, self.slopes] + share * np.r_[other.mu, other.slopes]
        return self._with(middle, self.scale ** (1 - share) * other.scale**share)

    def mapped(self, centre: Float[np.ndarray, " latents"], basis: Float[np.ndarray, "latents latents"]) -> Numeric:
        return self._with(np.r_[self.mu + self.loadings @ centre, basis.T @ self.loadings], self.scale)

    def _with(self, parameters: Float[np.ndarray, " parameters"], scale: float) -> Numeric:
        return replace(self, mu=float(parameters[0]), slopes=tuple(parameters[1:].tolist()), scale=float(scale))
