"""Markets in which a latent variable, never seen itself, explains what many indicators have in common."""

from catallax.forecasting.latent._indicators import AbstractIndicator, Binary, Numeric, Table
from catallax.forecasting.latent._learn import (
    AbstractLearner,
    ExpectationMaximisation,
    GradientAscent,
    expected_counts,
    tilted,
)
from catallax.forecasting.latent._market import LatentMarket, Position, log_bound, log_least, log_worst
from catallax.forecasting.latent._model import MISSING, LatentModel, gauss_hermite

__all__ = [
    "AbstractIndicator",
    "AbstractLearner",
    "Binary",
    "ExpectationMaximisation",
    "GradientAscent",
    "LatentMarket",
    "LatentModel",
    "MISSING",
    "Numeric",
    "Position",
    "Table",
    "expected_counts",
    "gauss_hermite",
    "log_bound",
    "log_least",
    "log_worst",
    "tilted",
]
