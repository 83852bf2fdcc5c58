"""The joint distribution of indicators that one latent variable, or two, explains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from jaxtyping import Float, Int

from catallax.forecasting.latent._indicators import AbstractIndicator, Binary

Seen = Mapping[str, float | int]
"""What was seen of indicators, by their names."""
MISSING = -1
"""Code of an indicator that was not seen."""


@dataclass(frozen=True, eq=False)
class LatentModel:
    """`P(x_O) = sum_g pi_g prod_{i in O} P(x_i | z_g)`, for any set O of indicators that are seen.

    What cannot be seen is not in the payments either: the same joint distribution has many coordinates `z`. `gauged` gives those to look at.

    Source: tailcalled (2023), "Latent variables for prediction markets"; the equations here are our own.

    >>> model = LatentModel.independent({"rain": 0.3, "wind": 0.5})
    >>> model = model.with_indicator("wind", Binary(0.0, (1.0,))).with_indicator("rain", Binary(-1.0, (2.0,)))
    >>> model.probability("rain").round(3).tolist(), model.probability("rain", {"wind": 1}).round(3).tolist()
    ([0.648, 0.352], [0.528, 0.472])
    """

    points: Float[np.ndarray, "nodes latents"]
    """`z_g`."""
    log_weights: Float[np.ndarray, " nodes"]
    """`ln pi_g`, adding up to 1 in `pi`."""
    indicators: Mapping[str, AbstractIndicator]

    def __post_init__(self) -> None:
        """Check that all fit together.

        Raises:
            ValueError: without indicators, or if slopes or tables do not fit the nodes.
        """
        if not self.indicators:
            raise ValueError("LatentModel: expected at least one indicator.")
        for name, indicator in self.indicators.items():
            if indicator.loadings is not None and indicator.loadings.shape != self.points.shape[1:]:
                raise ValueError(
                    f"LatentModel: {name!r} needs {self.points.shape[1]} slopes, one for each latent variable."
                )
        logs = np.asarray(self.log_weights, np.float64)
        if logs.shape != (len(self.points),) or not np.all(np.isfinite(logs)):
            raise ValueError(f"LatentModel: expected {len(self.points)} finite logarithms of weights.")
        object.__setattr__(self, "log_weights", logs - _log_sum(logs))
        padded = [np.pad(indicator.log_table(self.points), ((0, 0), (0, 1))) for indicator in self.indicators.values()]
        # a last column of zeros: what was not seen has the likelihood 1 everywhere
        object.__setattr__(self, "_tables", tuple(padded))

    @classmethod
    def normal(cls, indicators: Mapping[str, AbstractIndicator], nodes: int = 31, latents: int = 1) -> LatentModel:
        """A standard normal latent variable, on the nodes of Gauss and Hermite.

        Args:
            indicators: by name.
            nodes: in each direction.
            latents: number of latent variables, 1 or 2.

        Raises:
            ValueError: for fewer than 2 nodes, or another number of latent variables.
        """
        points, log_weights = gauss_hermite(nodes, latents)
        return cls(points, log_weights, dict(indicators))

    @classmethod
    def independent(cls, chances: Seen, nodes: int = 31, latents: int = 1) -> LatentModel:
        """Yes-or-no indicators that do not depend on the latent variable: as many markets of their own.

        Raises:
            ValueError: for chances that are not above 0 and below 1.
        """
        for name, chance in chances.items():
            if not 0 < chance < 1:
                raise ValueError(f"LatentModel: the chance of {name!r} must be above 0 and below 1, got {chance}.")
        flat = (0.0,) * latents
        return cls.normal({k: Binary(float(np.log(p / (1 - p))), flat) for k, p in chances.items()}, nodes, latents)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the indicators."""
        return tuple(self.indicators)

    def codes(self, seen: Seen) -> Int[np.ndarray, " indicators"]:
        """Places of what was seen among the values of each indicator; -1 for the others.

        Raises:
            ValueError: for an indicator or a value that does not exist.
        """
        for name in seen:
            self.require(name)
        return np.array([self.indicators[k].code(seen[k]) if k in seen else MISSING for k in self.names])

    def require(self, name: str) -> AbstractIndicator:
        """An indicator.

        Raises:
            ValueError: if there is none of this name.
        """
        if name not in self.indicators:
            raise ValueError(f"LatentModel: there is no indicator {name!r}; there are {list(self.names)[:12]}.")
        return self.indicators[name]

    def log_likelihood(self, codes: Int[np.ndarray, "samples indicators"]) -> Float[np.ndarray, "samples nodes"]:
        """`ln pi_g + sum_{i in O} ln P(x_i | z_g)`."""
        found = np.broadcast_to(self.log_weights, (len(codes), len(self.log_weights))).copy()
        for column, table in zip(codes.T, self.tables, strict=True):
            found += table.T[column]
        return found

    def log_joint(self, codes: Int[np.ndarray, "samples indicators"]) -> Float[np.ndarray, " samples"]:
        """`ln P(x_O)`, nats; see `codes`."""
        return _log_sum(self.log_likelihood(codes))

    def responsibilities(self, codes: Int[np.ndarray, "samples indicators"]) -> Float[np.ndarray, "samples nodes"]:
        """`P(z_g | x_O)`."""
        logs = self.log_likelihood(codes)
        return np.exp(logs - _log_sum(logs)[:, None])

    def probability(self, name: str, given: Seen | None = None) -> Float[np.ndarray, " values"]:
        """`P(X = v | given)` for every value of an indicator.

        Raises:
            ValueError: for an indicator or a value that does not exist.
        """
        self.require(name)
        given = dict(given or {})
        if name in given:
            return (np.arange(len(self.indicators[name].values)) == self.indicators[name].code(given[name])).astype(
                float
            )
        weights = self.responsibilities(self.codes(given)[None])[0]
        return weights @ np.exp(self.tables[self.names.index(name)][:, :-1])

    def latent(self, given: Seen | None = None) -> tuple[Float[np.ndarray, " latents"], Float[np.ndarray, " latents"]]:
        """Mean and standard deviation of each latent variable."""
        weights = self.responsibilities(self.codes(given or {})[None])[0]
        mean = weights @ self.points
        return mean, np.sqrt(weights @ (self.points - mean) ** 2)

    def shifted(self, amount: float | int, latent: int = 0) -> LatentModel:
        """`pi_g' ~ pi_g exp(s z_g)`: on a standard normal variable its mean moves by s.

        Raises:
            ValueError: for an amount that is not finite, or a latent variable that does not exist.
        """
        return replace(self, log_weights=self.log_weights + _finite(amount) * self._points_of(latent))

    def narrowed(self, amount: float | int, around: float | int | None = None, latent: int = 0) -> LatentModel:
        """`pi_g' ~ pi_g exp(-k (z_g - m)^2)`, around the mean if nothing is said; a negative amount widens.

        Raises:
            ValueError: for an amount or a middle that is not finite, or a latent variable that does not exist.
        """
        places = self._points_of(latent)
        middle = float(self.latent()[0][latent]) if around is None else _finite(around)
        return replace(self, log_weights=self.log_weights - _finite(amount) * (places - middle) ** 2)

    def _points_of(self, latent: int) -> Float[np.ndarray, " nodes"]:
        if latent not in range(self.points.shape[1]):
            raise ValueError(
                f"LatentModel: there are the latent variables 0 to {self.points.shape[1] - 1}, got {latent!r}."
            )
        return self.points[:, latent]

    def with_indicator(self, name: str, indicator: AbstractIndicator) -> LatentModel:
        """Another dependence of one indicator on the latent variable.

        Raises:
            ValueError: if there is no such indicator, or the new one has other values.
        """
        if not np.array_equal(self.require(name).values, indicator.values):
            raise ValueError(
                f"LatentModel: {name!r} has the values {self.indicators[name].values.tolist()}; the new one has others."
            )
        return replace(self, indicators={**self.indicators, name: indicator})

    def blended(self, other: LatentModel, share: float | int) -> LatentModel:
        """Parameters on the way to another model on the same nodes: 0 is here, 1 is there."""
        indicators = {name: mine.blended(other.indicators[name], share) for name, mine in self.indicators.items()}
        return LatentModel(self.points, (1 - share) * self.log_weights + share * other.log_weights, indicators)

    def gauged(self) -> LatentModel:
        """The same distribution in coordinates to look at: mean 0, variance 1, uncorrelated; the first slope is positive, and the first has none in the second latent variable.

        Raises:
            ValueError: if all weight lies on so few nodes that nothing varies.
        """
        weights = np.exp(self.log_weights)
        centre = weights @ self.points
        spread = (self.points - centre) * np.sqrt(weights)[:, None]
        try:
            basis = np.linalg.cholesky(spread.T @ spread)
        except np.linalg.LinAlgError as error:
            raise ValueError(
                "LatentModel: the latent variable has no spread left that could be scaled to 1; widen it, `narrowed` by a negative amount."
            ) from error
        slopes = [found for indicator in self.indicators.values() if (found := indicator.loadings) is not None]
        latents = self.points.shape[1]
        if len(slopes) >= latents:
            turn, rest = np.linalg.qr((np.stack(slopes[:latents]) @ basis).T)
            basis = basis @ (turn * np.where(np.diag(rest) < 0, -1.0, 1.0))
        indicators = {name: indicator.mapped(centre, basis) for name, indicator in self.indicators.items()}
        return LatentModel(np.linalg.solve(basis, (self.points - centre).T).T, self.log_weights, indicators)

    @property
    def loadings(self) -> dict[str, Float[np.ndarray, " latents"]]:
        """Slopes in gauged coordinates, of the indicators that have such."""
        gauged = self.gauged().indicators
        return {name: slopes for name, indicator in gauged.items() if (slopes := indicator.loadings) is not None}

    def outcomes(self, seen: Int[np.ndarray, " indicators"]) -> Int[np.ndarray, "outcomes indicators"]:
        """Codes of everything that can still be seen."""
        ranges = [
            range(len(i.values)) if code == MISSING else (int(code),)
            for i, code in zip(self.indicators.values(), seen, strict=True)
        ]
        return np.array(list(product(*ranges)))

    @property
    def tables(self) -> tuple[np.ndarray, ...]:
        """`ln P(X_i = v | z_g)` of each indicator, and a last column of zeros."""
        return self._tables  # pyright: ignore[reportAttributeAccessIssue] - set once, when checked


def gauss_hermite(
    nodes: int, latents: int = 1
) -> tuple[Float[np.ndarray, "nodes latents"], Float[np.ndarray, " nodes"]]:
    """Nodes of Gauss and Hermite for a standard normal variable, and the logarithms of their weights; with two variables all pairs.

    Raises:
        ValueError: for fewer than 2 nodes or more than 200, or another number of latent variables than 1 or 2.
    """
    if not 2 <= nodes <= 200 or latents not in (1, 2):
        raise ValueError(
            f"LatentModel: expected 2 to 200 nodes and 1 or 2 latent variables, got {nodes} and {latents}."
        )
    at, weights = np.polynomial.hermite_e.hermegauss(nodes)
    logs = np.log(np.maximum(weights, 1e-300)) - np.log(weights.sum())
    if latents == 1:
        return at[:, None], logs
    return np.array(list(product(at, at))), np.add.outer(logs, logs).ravel()


def _log_sum(logs: np.ndarray) -> np.ndarray:
    """Along the last axis."""
    top = logs.max(-1, keepdims=True)
    return np.asarray(top[..., 0] + np.log(np.exp(logs - top).sum(-1)))


def _finite(amount: float | int) -> float:
    if not np.isfinite(amount):
        raise ValueError(f"LatentModel: expected a finite number, got {amount}.")
    return float(amount)
