"""Mechanisms by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from catallax.forecasting.clearing import (
    AbstractCallMarket,
    AggressiveBetting,
    Isoelastic,
    Kelly,
    LinearBetting,
    ProportionalCARA,
    SequentialLMSR,
)

LIQUIDITY = 0.1
"""`b` of the maker of "lmsr" and "interval", in parts of all wealth: it loses at most `b ln n` on a question of `n` outcomes."""

RULES: dict[str, Callable[[float], AbstractCallMarket]] = {
    "kelly": lambda risk: Kelly(),
    "constant": lambda risk: Kelly(),
    "cara": ProportionalCARA,
    "isoelastic": Isoelastic,
    "linear": lambda risk: LinearBetting(),
    "aggressive": lambda risk: AggressiveBetting(),
    "lmsr": lambda risk: SequentialLMSR(LIQUIDITY),
}
"""By the risk aversion, which only CARA and isoelastic traders have. Kelly traders and constant bets differ by nothing but the part `eta`."""


def rule_of(part: str, mechanism: str | AbstractCallMarket, risk: float) -> AbstractCallMarket:
    """The rule that a mechanism's name stands for, or the rule itself.

    Raises:
        ValueError: for another name.
    """
    if isinstance(mechanism, AbstractCallMarket):
        return mechanism
    if mechanism not in RULES:
        raise ValueError(f"{part}: mechanism must be one of {', '.join(RULES)}, or a call market; got {mechanism!r}.")
    return RULES[mechanism](risk)


def require_answers(part: str, answers: Any, rows: int) -> np.ndarray:
    """What came out, one a row.

    Raises:
        ValueError: naming the part and both numbers.
    """
    found = np.asarray(answers)
    if found.shape != (rows,):
        raise ValueError(
            f"{part}: y needs one answer for each of {rows} rows of X; got the shape {found.shape}. Pass y of these rows, as one axis."
        )
    return found


def require_part(part: str, name: str, value: float, least: float = 0.0, open_: bool = True) -> None:
    """Refuse what is no number between 0 and 1.

    Raises:
        ValueError: naming the setting.
    """
    if not ((value > least if open_ else value >= least) and value <= 1):
        raise ValueError(
            f"{part}: {name} must be {'above' if open_ else 'at least'} {least:g} and at most 1, got {value}."
        )
