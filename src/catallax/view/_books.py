"""Do the books close: the accounts over time, and the light."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from catallax.view._style import figure, style, tick_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from catallax.view._source import Source

_ACCOUNTS = {
    "wealth_total": "agents",
    "house": "house",
    "world": "world",
    "consumers": "consumers",
    "default": "losses nobody could bear",
}


def light(imbalance: Float[np.ndarray, " time"]) -> tuple[bool, str]:
    """Whether the books closed at every reading, and the sentence that says so.

    Args:
        imbalance: grains at each reading, axis `[time]`.

    >>> light(np.zeros(3))
    (True, 'Books close: imbalance exactly 0 at all 3 readings')
    """
    wrong = np.flatnonzero(~(np.asarray(imbalance, float) == 0))
    if not wrong.size:
        return True, f"Books close: imbalance exactly 0 at all {len(imbalance)} readings"
    worst = np.nanmax(np.abs(imbalance), initial=0.0)
    return False, (f"Books do not close: up to {worst:.0f} grains, from reading {wrong[0] + 1} on")


def books(
    ticks: Float[np.ndarray, " time"],
    accounts: Mapping[str, Float[np.ndarray, " time"]],
    imbalance: Float[np.ndarray, " time"],
) -> Figure:
    """Balance of every account over time, credits; together they are 0 at every moment.

    Args:
        ticks: axis `[time]`.
        accounts: balances by the account's name, credits, axis `[time]` each.
        imbalance: grains, axis `[time]`.
    """
    with style() as t:
        fig = figure(2.9)
        axes = fig.subplots()
        for color, (name, values) in zip(t.series, accounts.items(), strict=False):
            axes.plot(ticks, values, color=color, label=name)
        axes.axhline(0, color=t.faint, lw=0.8)
        closed, sentence = light(imbalance)
        mark = "✓" if closed else "✗"
        axes.set_title(f"{mark} {sentence}", color=t.green if closed else t.orange, pad=24, fontsize=9)
        if accounts:
            axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, borderaxespad=0.1)
        axes.set_ylabel("balance, credits")
        tick_axis(axes)
        return fig


def books_of(source: Source) -> Figure:
    """Accounts of a stored run; accounts that never moved are left out."""
    accounts = {title: source.column(name) for name, title in _ACCOUNTS.items()}
    moved = {title: values for title, values in accounts.items() if np.nansum(np.abs(values)) > 0}
    return books(source.ticks, moved, source.column("imbalance"))
