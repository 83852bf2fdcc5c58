"""How a number becomes questions that can be traded, and their prices a distribution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import numpy as np
from scipy.special import ndtr

from catallax.forecasting.clearing import Kelly, SequentialLMSR
from catallax.forecasting.learning._densities import ROOT, Bins, Mixture
from catallax.forecasting.learning._gaussian import GaussianCARA
from catallax.forecasting.learning._rules import LIQUIDITY
from catallax.forecasting.learning._wealth import everybody, explained

LEAST = 1e-6
"""Of a bin's probability and, in deviations of the target, of a trader's deviation."""
NODES = np.polynomial.hermite.hermgauss(16)


class Model(Protocol):
    """What is read of a market of regressors."""

    rule_: Any
    wealth_: np.ndarray
    kernel: str
    bandwidth: float
    grid: int
    risk: float
    _ends: tuple[float, float]


class Table(NamedTuple):
    """Traders' normal beliefs about rows, in deviations of the target."""

    means: np.ndarray
    deviations: np.ndarray
    number: np.ndarray
    """What the target was."""


class NumberMarket(NamedTuple):
    """A way to trade on a number."""

    rule: Callable
    questions: Callable
    """Beliefs and resolutions of a table."""
    distribution: Callable


def _densities(table: Table, at: np.ndarray) -> np.ndarray:
    """Axes `rows`, `traders`, `nodes`."""
    width = table.deviations[:, None]
    return np.exp(-0.5 * ((at[:, None] - table.means[..., None]) / width) ** 2) / (ROOT * width)


def _at_number(model: Model, table: Table) -> tuple[np.ndarray, np.ndarray]:
    return table.number[:, None], np.ones((len(table.number), 1))


def _around_number(model: Model, table: Table) -> tuple[np.ndarray, np.ndarray]:
    nodes, weights = NODES
    at = table.number[:, None] + np.sqrt(2) * model.bandwidth * nodes
    return at, np.broadcast_to(weights / np.sqrt(np.pi), at.shape)


KERNELS = {"delta": _at_number, "gaussian": _around_number}


def _density_questions(model: Model, table: Table) -> tuple[np.ndarray, np.ndarray]:
    at, resolution = KERNELS[model.kernel](model, table)
    return _densities(table, at), resolution


def _density(model: Model, table: Table) -> Mixture:
    return Mixture(model.wealth_, table.means, table.deviations)


def _edges(model: Model) -> np.ndarray:
    return np.linspace(model._ends[0], model._ends[1], model.grid + 1)


def _bin_questions(model: Model, table: Table) -> tuple[np.ndarray, np.ndarray]:
    inner = _edges(model)[1:-1]
    below = ndtr((inner - table.means[..., None]) / table.deviations[:, None])
    ends = np.zeros((*table.means.shape, 1))
    mass = np.maximum(np.diff(np.concatenate([ends, below, ends + 1], 2), axis=2), LEAST)
    happened = np.searchsorted(inner, table.number, side="right")
    return mass / mass.sum(2, keepdims=True), np.eye(model.grid)[happened]


def _bins(model: Model, table: Table) -> Bins:
    questions = everybody(_bin_questions(model, table)[0])
    return Bins(_edges(model), explained(model.rule_, model.wealth_, questions).prices)


def _moment_questions(model: Model, table: Table) -> tuple[np.ndarray, np.ndarray]:
    precision = np.broadcast_to(table.deviations**-2.0, table.means.shape)
    beliefs = np.stack([table.means * precision, -0.5 * precision, np.zeros_like(precision)], 2)
    number = np.clip(table.number, *model._ends)
    return beliefs, np.stack([number, number**2, np.ones_like(number)], 1)


def _normal(model: Model, table: Table) -> Mixture:
    precision = table.deviations**-2.0
    share = model.wealth_ * precision / (model.wealth_ @ precision)
    means = (table.means @ share)[:, None]
    return Mixture(np.ones(1), means, np.sqrt(1 / (model.wealth_ @ precision)) * np.ones(1))


MECHANISMS = {
    "density": NumberMarket(lambda model: Kelly(), _density_questions, _density),
    "interval": NumberMarket(lambda model: SequentialLMSR(LIQUIDITY), _bin_questions, _bins),
    "gaussian": NumberMarket(lambda model: GaussianCARA(model.risk, model._ends), _moment_questions, _normal),
}
