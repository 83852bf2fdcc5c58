"""Traders that learn the model from what was seen before."""

from __future__ import annotations

import abc
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int

from catallax.forecasting.latent._model import MISSING, LatentModel

Codes = Int[np.ndarray, "samples indicators"]


class AbstractLearner(abc.ABC):
    """What a trader believes after past rounds of the same questions."""

    @abc.abstractmethod
    def step(self, model: LatentModel, codes: Codes) -> LatentModel:
        """A better model.

        Args:
            model: so far.
            codes: past rounds; -1 where an indicator was not seen. See `LatentModel.codes`.
        """

    def learned(self, model: LatentModel, codes: Codes, steps: int = 50) -> LatentModel:
        """Many steps; where no indicator depends on the latent variable yet, a tilt comes first, without which none ever would.

        Args:
            model: where learning begins.
            codes: past rounds.
            steps: number of them.

        Raises:
            ValueError: for codes that do not fit the model.
        """
        if codes.ndim != 2 or codes.shape[1] != len(model.names) or not len(codes):
            raise ValueError(
                f"{type(self).__name__}: expected rounds of {len(model.names)} codes, got the shape {codes.shape}."
            )
        if _is_flat(model):
            model = tilted(model, codes)
        for _ in range(steps):
            model = self.step(model, codes)
        return model


@dataclass(frozen=True)
class ExpectationMaximisation(AbstractLearner):
    """Each indicator is fitted to the values seen, shared out among the nodes by `P(z | x)`; the latent variable stays as it is.

    Source: Dempster, Laird and Rubin (1977); Bock and Aitkin (1981) for item responses.
    """

    def step(self, model: LatentModel, codes: Codes) -> LatentModel:
        fitted = {
            name: model.indicators[name].fitted(model.points, counts)
            for name, counts in expected_counts(model, codes).items()
        }
        return replace(model, indicators=fitted)


@dataclass(frozen=True)
class GradientAscent(AbstractLearner):
    """Each indicator climbs the mean log likelihood of what was seen: a trader that corrects the market a little after every round."""

    rate: float = 0.5

    def step(self, model: LatentModel, codes: Codes) -> LatentModel:
        counts = expected_counts(model, codes)
        climbed = {
            name: indicator.climbed(model.points, counts[name], self.rate)
            for name, indicator in model.indicators.items()
        }
        return replace(model, indicators=climbed)


def expected_counts(model: LatentModel, codes: Codes) -> dict[str, np.ndarray]:
    """How often each value of each indicator was seen at each node, expected given what was seen."""
    shares = model.responsibilities(codes)
    found = {}
    for name, column in zip(model.names, codes.T, strict=True):
        values = len(model.indicators[name].values)
        found[name] = np.stack([shares[column == value].sum(0) for value in range(values)], 1)
    return found


def tilted(model: LatentModel, codes: Codes) -> LatentModel:
    """Slopes along the first principal components of the correlations of what was seen; unseen values count as the mean."""
    numbers = np.where(codes == MISSING, np.nan, codes.astype(float))
    with np.errstate(invalid="ignore"):
        centred = np.nan_to_num(numbers - np.nanmean(numbers, 0))
    scaled = centred / np.maximum(centred.std(0), 1e-9)
    _, parts = np.linalg.eigh(scaled.T @ scaled)
    latents = model.points.shape[1]
    directions = parts[:, ::-1][:, :latents] * np.sqrt(len(model.names))
    indicators = {
        name: indicator.tilted(model.points, np.resize(direction, latents))
        for (name, indicator), direction in zip(model.indicators.items(), directions, strict=True)
    }
    return replace(model, indicators=indicators)


def _is_flat(model: LatentModel) -> bool:
    """Whether nothing depends on the latent variable."""
    return all(np.ptp(table, axis=0).max() < 1e-9 for table in model.tables)
