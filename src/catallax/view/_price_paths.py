"""Prices from trade to trade, one panel for each market."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from catallax.view._style import WIDTH, figure, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def price_paths(
    panels: Mapping[str, Mapping[str, Float[np.ndarray, "periods trades"]]],
    competitive: Mapping[str, tuple[float, float]],
) -> Figure:
    """Mean price of every trade in order, periods one after the other, beside the competitive prices.

    Args:
        panels: for each market, for each kind of trader, prices in ticks; NaN where there was no trade.
        competitive: for each market, the lowest and highest competitive price, ticks.

    Raises:
        ValueError: if there is no panel.
    """
    if not panels:
        raise ValueError("price_paths: expected at least one panel.")
    with style() as t:
        fig = figure(2.1 * len(panels), WIDTH)
        for axes, (market, kinds) in zip(fig.subplots(len(panels), squeeze=False)[:, 0], panels.items(), strict=True):
            low, high = competitive[market]
            for color, (kind, prices) in zip(cycle(t.series), kinds.items(), strict=False):
                _path(axes, prices, color, kind)
            axes.axhspan(low, max(high, low + 0.8), color=t.ink, alpha=0.3, lw=0)
            said = f"{low:g}" if low == high else f"{low:g} to {high:g}"
            axes.set_title(f"{market}: competitive price {said}")
            axes.set_ylabel("ticks")
            axes.set_xlabel("period")
            axes.legend(loc="upper right", ncols=len(kinds))
            axes.margins(y=0.25)
        return fig


def _path(axes, prices: np.ndarray, color: str, label: str) -> None:
    """A period is one unit wide; trades are spread evenly over it, with a gap before the next."""
    for period, path in enumerate(prices):
        path = path[np.isfinite(path)]
        where = period + 0.9 * np.arange(path.size) / max(path.size, 1)
        axes.plot(where, path, color=color, lw=1.3, label=label if period == 0 else None)
