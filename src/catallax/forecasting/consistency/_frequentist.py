"""How unlikely a defect would be if forecasts were truths with sampling noise."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from catallax.forecasting.consistency._checks import Check, Defect, arity

LEAST_VARIANCE = 1e-3
"""Added to the variance, so that forecasts near 0 and 1 are not called inconsistent for a trifle."""


def frequentist(forecasts: Any, check: Check) -> Float[np.ndarray, "*tuples"]:
    """The frequentist metric, `v = max_d |d(F)| / sqrt(sum_i (dd / dF_i)^2 F_i (1 - F_i) + 1e-3)` over the defects of a check.

    If each forecast were its truth with independent noise of variance `sigma^2 F (1 - F)`, the defect would lie `v / sigma` standard
    deviations from 0. Defects that only may not be above 0 count where they are.

    Args:
        forecasts: strictly between 0 and 1; axes `*tuples questions`.
        check: one with defects, as all of `CHECKS` are.

    Raises:
        ValueError: for forecasts that are none, or a check that names no defect.

    Source: Paleka et al. (2024), "Consistency checks for language model forecasters".

    >>> from catallax.forecasting.consistency import NEGATION
    >>> frequentist([[0.5, 0.59], [0.5, 0.6]], NEGATION).round(6).tolist()
    [0.128193, 0.142712]
    """
    numbers = check.forecasts(forecasts)
    if not (check.equal or check.at_most):
        raise ValueError(f"frequentist: the check {check.name!r} names no defect; give it `equal` or `at_most`.")
    columns = tuple(np.moveaxis(numbers, -1, 0))
    sizes = [np.abs(_scaled(defect, columns)) for defect in check.equal]
    sizes += [np.maximum(_scaled(defect, columns), 0) for defect in check.at_most]
    return np.asarray(np.max(sizes, axis=0))


def _scaled(defect: Defect, columns: tuple[Any, ...]) -> np.ndarray:
    columns = columns[: arity(defect)]
    variance = sum((_slope(defect, columns, i) ** 2 * f * (1 - f) for i, f in enumerate(columns)), LEAST_VARIANCE)
    return np.asarray(defect(*columns) / np.sqrt(variance))


def _slope(defect: Defect, columns: tuple[Any, ...], place: int) -> np.ndarray:
    """A defect is affine in each forecast alone, so that its derivative is its difference from 0 to 1."""
    one, zero = ([np.full_like(f, end) if i == place else f for i, f in enumerate(columns)] for end in (1.0, 0.0))
    return np.asarray(defect(*one) - defect(*zero))
