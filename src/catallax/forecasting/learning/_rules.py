"""Mechanisms by name."""

from __future__ import annotations

from collections.abc import Callable

from catallax.forecasting.clearing import (
    AbstractCallMarket,
    AggressiveBetting,
    Isoelastic,
    Kelly,
    LinearBetting,
    ProportionalCARA,
    SequentialLMSR,
)

RULES: dict[str, Callable[[float], AbstractCallMarket]] = {
    "kelly": lambda risk: Kelly(),
    "constant": lambda risk: Kelly(),
    "cara": ProportionalCARA,
    "isoelastic": Isoelastic,
    "linear": lambda risk: LinearBetting(),
    "aggressive": lambda risk: AggressiveBetting(),
    "lmsr": lambda risk: SequentialLMSR(0.1),
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


def require_part(part: str, name: str, value: float, least: float = 0.0, open_: bool = True) -> None:
    """Refuse what is no number between 0 and 1.

    Raises:
        ValueError: naming the setting.
    """
    if not ((value > least if open_ else value >= least) and value <= 1):
        raise ValueError(
            f"{part}: {name} must be {'above' if open_ else 'at least'} {least:g} and at most 1, got {value}."
        )
