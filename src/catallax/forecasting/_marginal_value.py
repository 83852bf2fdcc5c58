"""What each of several pieces of information was worth, once all of them are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from catallax.forecasting.scoring._forecasts import finite


def marginal_values(
    joint: Any, shown: Sequence[tuple[int, int]], liquidity: float = 1.0, paid: Sequence[float] | None = None
) -> Float[np.ndarray, " signals"]:
    """Rewards of the marginal value mechanism, `R^n = b sum_y P(y | all) ln(P(y | first n) / P(y | first n-1)) - paid_n`.

    Who shows a true but misleading signal is charged for it once the next one corrects it, and who corrects it is paid: fact-checkers
    earn, and the rewards add up to what all signals together were worth to a trader at an `LMSR`.

    Args:
        joint: probabilities, axes `outcomes`, then one of the values of each signal.
        shown: the number of a signal and its value, in the order in which they were shown.
        liquidity: `b`, credits per nat.
        paid: what the buyer paid for each, credits; by default nothing.

    Returns:
        Credits for each signal shown.

    Raises:
        ValueError: for numbers that are no distribution, a liquidity that is not above 0, a signal or a value that does not exist, a signal shown twice, or values that
            cannot occur together.

    Source: the mechanism in "Extrapolating Volition with Recursive Information Markets" (2026), arXiv 2604.08606; exact here.

    >>> weights = np.array([[15 / 32, 15 / 32], [1 / 24, 1 / 48]])
    >>> event = np.array([[0.08, 0.08], [0.5, 0.2]])
    >>> marginal_values([weights * event, weights * (1 - event)], [(0, 1), (1, 1)]).round(4).tolist()
    [-0.0471, 0.0915]
    """
    table = finite("marginal_values", "joint", joint)
    if not 0 < liquidity < np.inf:
        raise ValueError(f"marginal_values: liquidity must be a finite number above 0, got {liquidity}.")
    if table.ndim < 2 or not np.all(table >= 0) or abs(table.sum() - 1) > 1e-6:
        raise ValueError(
            "marginal_values: joint should be probabilities over outcomes and signals that add up to 1, got the shape "
            f"{table.shape} with the sum {table.sum():g}."
        )
    signals = [signal for signal, _ in shown]
    if not shown or len(set(signals)) < len(signals):
        raise ValueError(f"marginal_values: expected each signal at most once and at least one, got {signals}.")
    beliefs = [_belief(table, shown[:n]) for n in range(len(shown) + 1)]
    costs = np.zeros(len(shown)) if paid is None else finite("marginal_values", "paid", paid)
    if costs.shape != (len(shown),):
        raise ValueError(f"marginal_values: {len(shown)} signals were shown, and {costs.size} payments given.")
    final = beliefs[-1] > 0
    steps = np.diff(np.log([belief[final] for belief in beliefs]), axis=0)
    return liquidity * steps @ beliefs[-1][final] - costs


def _belief(table: np.ndarray, shown: Sequence[tuple[int, int]]) -> np.ndarray:
    where: list[Any] = [slice(None)] * table.ndim
    for signal, value in shown:
        if not (0 <= signal < table.ndim - 1 and 0 <= value < table.shape[1 + signal]):
            raise ValueError(
                f"marginal_values: there is no value {value} of signal {signal}; the signals have {table.shape[1:]}."
            )
        where[1 + signal] = value
    mass = table[tuple(where)].reshape(len(table), -1).sum(1)
    if not mass.sum() > 0:
        raise ValueError(f"marginal_values: the signals {list(shown)} cannot occur together.")
    return mass / mass.sum()
