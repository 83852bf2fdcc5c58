"""What a user hands over, turned into arrays or refused with a reason."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

MOST_LISTED = 2**20
"""Entries of a list of all bundles that are still computed with: agents times `2**goods`."""


def credits(part: str, name: str, amounts: Any, *axes: str, unlimited: bool = False) -> Float[np.ndarray, ...]:
    """Amounts as float64, refused if the axes are wrong or an amount is negative or no number.

    Args:
        part: who asks, for the message.
        name: of the argument, for the message.
        amounts: credits.
        axes: their names.
        unlimited: whether infinity is an amount.
    """
    found = np.asarray(amounts, np.float64)
    wanted = f"{part}: {name} must be credits with axes [{' '.join(axes)}]"
    if found.ndim != len(axes):
        raise ValueError(f"{wanted}, got axes {found.shape}.")
    if np.isnan(found).any() or (found < 0).any():
        raise ValueError(
            f"{wanted}, none NaN or negative (what nobody wants is left with its owner: give it the value 0); got {found[~(found >= 0)][:3]}."
        )
    if not unlimited and np.isinf(found).any():
        raise ValueError(f"{wanted}, all finite; prices would have no bound.")
    return found


def units(part: str, supply: Any, goods: int) -> Float[np.ndarray, " goods"]:
    """Whole units of each good, one of each if nothing is said."""
    found = np.ones(goods) if supply is None else np.asarray(supply, np.float64)
    if found.shape != (goods,) or not np.all((found >= 0) & (found == np.floor(found)) & np.isfinite(found)):
        raise ValueError(
            f"{part}: supply must be whole units >= 0 of each of the {goods} goods, got {found.tolist()}; divisible goods "
            "need a solver for divisible goods."
        )
    return found


def few_enough(part: str, agents: int, goods: int) -> None:
    """Refuse to list more bundles than memory and time allow."""
    if goods > 60 or agents * 2**goods > MOST_LISTED:
        raise ValueError(
            f"{part}: a list of all bundles has {agents} agents x 2^{goods} entries, the limit is {MOST_LISTED} "
            f"({int(np.log2(MOST_LISTED / max(agents, 1)))} goods for {agents} agents). Sell fewer goods at once, name the wanted "
            "bundles with XorBids, or ask WinnerDetermination for the allocation alone: it needs no list."
        )


def all_bundles(goods: int) -> np.ndarray:
    """Every bundle, axes `bundles goods`; bundle b holds good j if bit j of b is set.

    >>> all_bundles(2).astype(int).tolist()
    [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    return (np.arange(2**goods)[:, None] >> np.arange(goods) & 1).astype(bool)
