"""The rivals of the logarithmic market scoring rule: a plain loop of our own, and somebody else's program."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Sequence
from pathlib import Path

Order = tuple[int, float]
"""Outcome and shares."""


def plain_loop(outcomes: int, liquidity: float, orders: Sequence[Order]) -> tuple[list[float], list[float]]:
    """`C(q) = b ln sum_i exp(q_i / b)` trade by trade with `math` alone; costs, and prices at the end.

    The cost function is taken once a trade, since the last value is kept.
    """
    exp, log = math.exp, math.log
    sold = [0.0] * outcomes
    before, costs, prices = liquidity * log(outcomes), [], [1 / outcomes] * outcomes
    for outcome, shares in orders:
        sold[outcome] += shares
        top = max(sold)
        weights = [exp((q - top) / liquidity) for q in sold]
        total = sum(weights)
        after = top + liquidity * log(total)
        costs.append(after - before)
        before = after
        prices = [weight / total for weight in weights]
    return costs, prices


def load_mechanisms(folder: str) -> Callable[[int, float, Sequence[Order]], tuple[list[float], list[float]]]:
    """The class `LMSR` of microprediction/mechanisms (MIT licence, not shipped) in the form of `plain_loop`.

    Args:
        folder: a copy of the repository.

    Raises:
        ValueError: if the folder has no `mechanisms/lmsr.py`.
    """
    path = Path(folder) / "mechanisms" / "lmsr.py"
    spec = importlib.util.spec_from_file_location("mechanisms_lmsr", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ValueError(
            f"speed_forecasting: {path} is not there; --mechanisms takes a copy of microprediction/mechanisms."
        )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def run(outcomes: int, liquidity: float, orders: Sequence[Order]) -> tuple[list[float], list[float]]:
        maker = module.LMSR(outcomes, liquidity)
        costs = []
        for outcome, shares in orders:
            costs.append(maker.buy(outcome, shares))
            prices = maker.prices()
        return costs, prices.tolist()

    return run
