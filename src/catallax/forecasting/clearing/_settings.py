"""What traders may be: their settings, beliefs and wealth."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from catallax.forecasting._mechanism import Numbers, doubled


def within(part: str, name: str, value: float | Numbers, most: float = float("inf")) -> Numbers:
    """A setting above 0, one for all or one a trader, in double precision on the host.

    Raises:
        ValueError: naming part and setting.
    """
    found = doubled(value)
    if isinstance(found, np.ndarray) and not (found.ndim < 2 and np.all((found > 0) & (found <= most))):
        upper = "" if most == float("inf") else f" and at most {most:g}"
        raise ValueError(f"{part}: {name} must be above 0{upper}, one number or one for each trader; got {value}.")
    return found


def require_beliefs(part: str, name: str, beliefs: Any, positive: bool = False) -> None:
    """Refuse what is no distribution over the last axis.

    Raises:
        ValueError: naming part, place and the fix.
    """
    found = np.asarray(beliefs, np.float64)
    if found.ndim < 1 or found.shape[-1] < 2 or found.size == 0:
        raise ValueError(f"{part}: {name} need at least 2 outcomes along the last axis, got the shape {found.shape}.")
    least = found > 0 if positive else found >= 0
    wrong = ~(np.all(np.isfinite(found) & least, -1) & (np.abs(found.sum(-1) - 1) < 1e-6))
    if np.any(wrong):
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        above = "above 0" if positive else "at least 0"
        raise ValueError(
            f"{part}: {name} must be {above} and add up to 1 over the outcomes; at {where} there is {found[where]}. "
            "A trader without a belief does not come to the market: leave it out, or give it the wealth 0 and any belief."
        )


def require_wealth(part: str, wealth: Any) -> None:
    """Refuse wealth that is negative, not finite, or nobody's.

    Raises:
        ValueError: naming part and what was given.
    """
    found = np.asarray(wealth, np.float64)
    if not (found.size and np.all(np.isfinite(found)) and np.all(found >= 0)):
        raise ValueError(f"{part}: wealth must be finite and at least 0, credits, one for each trader; got {wealth}.")
    if found.ndim and not found.sum() > 0:
        raise ValueError(f"{part}: nobody has anything to bet; some wealth must be above 0, got {wealth}.")


def require_settings(part: str, rule: Any, traders: int) -> None:
    """Refuse a rule whose settings are those of another number of traders.

    Raises:
        ValueError: naming the rule and both numbers.
    """
    for leaf in jax.tree.leaves(rule):
        if np.ndim(leaf) and len(leaf) != traders:
            raise ValueError(
                f"{part}: {type(rule).__name__} has a setting for each of {len(leaf)} traders, and there are {traders}; "
                "give one number for all or one for each trader."
            )
